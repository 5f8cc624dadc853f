#include "queue/job_record.h"

#include "base/enum_names.h"

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

}  // namespace

std::string_view queue_state_name(QueueState state) { return kStateNames.name(state); }

std::optional<QueueState> parse_queue_state(std::string_view name) {
  return kStateNames.parse(name);
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
