#include "ptravel/request.h"

#include <nlohmann/json.hpp>

#include "ptravel/error.h"
#include "request/field_json.h"
#include "request/request_table.h"

namespace ptravel {

std::span<const RequestField> request_fields() {
  static const std::vector<RequestField> fields = [] {
    std::vector<RequestField> descriptions;
    for (const RequestFieldEntry& entry : request_table()) {
      descriptions.push_back(entry.description);
    }
    return descriptions;
  }();
  return fields;
}

const RequestField* find_request_field(std::string_view name) {
  const RequestFieldEntry* entry = find_entry(request_table(), name);
  return entry == nullptr ? nullptr : &entry->description;
}

std::string request_field_text(const TravelRequest& request, std::string_view name) {
  const RequestFieldEntry* entry = find_entry(request_table(), name);
  PTRAVEL_CHECK(entry != nullptr);
  return entry->text(request);
}

std::optional<Problem> set_request_field(TravelRequest& request,
                                         std::string_view name,
                                         std::string_view text) {
  const RequestFieldEntry* entry = find_entry(request_table(), name);
  PTRAVEL_CHECK(entry != nullptr);
  const auto problem = entry->set(request, text);
  if (!problem) {
    return std::nullopt;
  }
  return Problem{std::string(entry->description.name), *problem};
}

std::string request_to_json(const TravelRequest& request) {
  return entries_to_json(request_table(), request)
      .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<Problem> apply_json(TravelRequest& request, std::string_view json_text) {
  const auto object = nlohmann::ordered_json::parse(json_text, nullptr, false);
  if (!object.is_object()) {
    return {{"request", "is no JSON object of settings, expected one such as {\"steps\": 20}"}};
  }
  return apply_json_object(request_table(), request, object);
}

void throw_request_problems(const std::vector<Problem>& problems) {
  if (problems.empty()) {
    return;
  }
  throw Error(ErrorCode::InvalidArgument, problems);
}

}  // namespace ptravel
