#include "queue/job_rows.h"

#include <nlohmann/json.hpp>

#include "base/error_codes.h"
#include "base/json_number.h"
#include "ptravel/job.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

using nlohmann::json;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Error> parse_error(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) {
    return std::nullopt;
  }
  std::vector<Problem> problems;
  for (const json& problem : object.value("problems", json::array())) {
    problems.push_back({text_of(problem, "field"), text_of(problem, "message")});
  }
  const ErrorCode code = error_code_of(text_of(object, "code"));
  return problems.empty() ? Error(code, text_of(object, "message"))
                          : Error(code, std::move(problems));
}

}  // namespace

JobVersion read_version(const Statement& row) {
  return {row.integer(0), row.integer(1), row.integer(2)};
}

JobRecord read_job(const Statement& row) {
  JobRecord job;
  int column = 0;
  job.number = row.integer(column++);
  job.revision = row.integer(column++);
  job.previous = row.integer(column++);
  job.id = row.text(column++);
  job.name = row.text(column++);
  job.state = parse_queue_state(row.text(column++)).value_or(QueueState::Failed);
  job.place = row.number(column++);
  job.folder = row.text(column++);
  job.frames_total = row.integer(column++);
  job.frames_done = row.integer(column++);
  for (const json& frame : json::parse(row.text(column++), nullptr, false)) {
    job.stage_frames.push_back(json_integer(frame).value_or(0));
  }
  job.video = row.text(column++);
  job.contact_sheet = row.text(column++);
  job.error = parse_error(row.text(column++));
  for (const json& note : json::parse(row.text(column++), nullptr, false)) {
    job.notes.push_back(note.is_string() ? note.get<std::string>() : std::string());
  }
  job.created = row.number(column++);
  job.started = row.number(column++);
  job.finished = row.number(column++);
  job.trashed = row.number(column++);
  apply_json(job.request, row.text(column++));
  return job;
}

std::vector<Problem> request_problems(const std::string& request_json) {
  TravelRequest request;
  return apply_json(request, request_json);
}

std::string stage_frames_text(const JobRecord& job) { return dumped(job.stage_frames); }

std::string notes_text(const JobRecord& job) { return dumped(job.notes); }

std::string error_text(const JobRecord& job) { return job.error ? to_json(*job.error) : ""; }

std::string folded(const std::string& text) { return encode_utf8(to_lower(decode_utf8(text))); }

std::string search_text(const std::string& name, const TravelRequest& request) {
  return folded(name + "\n" + request.prompt + "\n" + request.negative_prompt);
}

}  // namespace ptravel
