// The JSON of events: the one place that knows its field names.

#include <string_view>

#include <nlohmann/json.hpp>

#include "base/enum_names.h"
#include "ptravel/job.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;
using Kind = RunEvent::Kind;

constexpr auto kKindNames = enum_names<Kind>({{Kind::Note, "note"},
                                              {Kind::Folder, "folder"},
                                              {Kind::Frame, "frame"},
                                              {Kind::Video, "video"},
                                              {Kind::ContactSheet, "contact_sheet"},
                                              {Kind::File, "file"},
                                              {Kind::Debug, "debug"}});

std::string dumped(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const ProgressSnapshot& snapshot) {
  Json object = {{"event", "progress"},   {"activity", snapshot.activity},
                 {"done", snapshot.done}, {"total", snapshot.total},
                 {"unit", snapshot.unit}, {"rate", snapshot.units_per_second}};
  object["seconds_left"] = snapshot.seconds_left >= 0 ? Json(snapshot.seconds_left) : Json(nullptr);
  return dumped(object);
}

std::string to_json(const RunEvent& event) {
  Json object = {{"event", std::string(kKindNames.name(event.kind))}};
  if (event.kind == Kind::Note || event.kind == Kind::Debug) {
    object["text"] = event.text;
  } else {
    object["path"] = event.path.string();
  }
  if (event.kind == Kind::Frame) {
    object["index"] = event.index;
  }
  return dumped(object);
}

std::string to_json(const Error& error) {
  Json problems = Json::array();
  for (const Problem& problem : error.problems()) {
    problems.push_back({{"field", problem.field}, {"message", problem.message}});
  }
  return dumped(Json{{"event", "error"},
                     {"code", std::string(error_code_name(error.code()))},
                     {"message", error.what()},
                     {"problems", std::move(problems)}});
}

std::string event_json(const std::string& event,
                       const std::vector<std::pair<std::string, std::string>>& fields) {
  Json object = {{"event", event}};
  for (const auto& [field, text] : fields) {
    object[field] = text;
  }
  return dumped(object);
}

}  // namespace ptravel
