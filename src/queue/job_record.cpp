#include "queue/job_record.h"

#include <algorithm>

#include "base/enum_names.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

constexpr auto kStateNames = enum_names<QueueState>({{QueueState::Queued, "queued"},
                                                     {QueueState::Loading, "loading"},
                                                     {QueueState::Drawing, "drawing"},
                                                     {QueueState::Assembling, "assembling"},
                                                     {QueueState::Done, "done"},
                                                     {QueueState::Cancelled, "cancelled"},
                                                     {QueueState::Failed, "failed"},
                                                     {QueueState::Interrupted, "interrupted"}});

constexpr std::size_t kShortestId = 8;
constexpr std::size_t kLongestId = 64;

bool is_id_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

std::string_view queue_state_name(QueueState state) { return kStateNames.name(state); }

std::optional<QueueState> parse_queue_state(std::string_view name) {
  return kStateNames.parse(name);
}

bool is_job_id(std::string_view id) {
  return id.size() >= kShortestId && id.size() <= kLongestId &&
         std::all_of(id.begin(), id.end(), is_id_character);
}

std::optional<std::string> job_name_problem(std::string_view name) {
  const std::size_t length = decode_utf8(name).size();
  if (length <= kLongestJobName) {
    return std::nullopt;
  }
  return std::to_string(length) + " characters, expected at most " +
         std::to_string(kLongestJobName);
}

bool is_over(QueueState state) { return !is_waiting(state) && !is_in_work(state); }

bool is_waiting(QueueState state) {
  return state == QueueState::Queued || state == QueueState::Interrupted;
}

bool is_in_work(QueueState state) {
  return state == QueueState::Loading || state == QueueState::Drawing ||
         state == QueueState::Assembling;
}

}  // namespace ptravel
