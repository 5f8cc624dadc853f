#include "ptravel/request.h"

#include <functional>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ptravel/error.h"

#include "request/request_table.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

const RequestFieldEntry* find_entry(std::string_view name) {
  std::string underscored(name);
  for (char& c : underscored) {
    c = c == '-' ? '_' : c;
  }
  for (const RequestFieldEntry& entry : request_table()) {
    if (entry.description.name == underscored) {
      return &entry;
    }
  }
  return nullptr;
}

std::string joined(const Json& list, const char* separator) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    text += i == 0 ? "" : separator;
    text += list[i].is_string() ? list[i].get<std::string>() : list[i].dump();
  }
  return text;
}

bool all_of_type(const Json& list, bool strings) {
  for (const Json& item : list) {
    if (strings ? !item.is_string() : !item.is_number_integer()) {
      return false;
    }
  }
  return list.is_array() && !list.empty();
}

bool all_numbers(const Json& list) {
  for (const Json& item : list) {
    if (!item.is_number()) {
      return false;
    }
  }
  return list.is_array() && !list.empty();
}

/// "7,11,5" as an array; a single value stays a number.
Json list_json(const std::string& text, const std::function<Json(std::string_view)>& number) {
  Json list = Json::array();
  for (const std::string_view piece : split(text, ',')) {
    list.push_back(number(piece));
  }
  return list.size() == 1 ? list.front() : list;
}

/// The text that set_request_field would get for this JSON value, or nothing for a wrong type.
std::optional<std::string> json_field_text(const RequestField& field, const Json& value) {
  using Kind = RequestField::Kind;
  if (field.name == "travel_steps") {
    if (value.is_number_integer()) {
      return value.dump();
    }
    if (all_of_type(value, false)) {
      return joined(value, ",");
    }
  }
  if ((field.name == "prompt" || field.name == "negative_prompt") && all_of_type(value, true)) {
    return joined(value, "\n");
  }
  switch (field.kind) {
    case Kind::Integers:
      return value.is_number_integer()   ? std::optional(value.dump())
             : all_of_type(value, false) ? std::optional(joined(value, ","))
                                         : std::nullopt;
    case Kind::Numbers:
      return value.is_number()    ? std::optional(value.dump())
             : all_numbers(value) ? std::optional(joined(value, ","))
                                  : std::nullopt;
    case Kind::Text:
    case Kind::Choice:
      return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
    case Kind::Integer:
      return value.is_number_integer() ? std::optional(value.dump()) : std::nullopt;
    case Kind::Number:
      if (field.name == "eta" && value.is_null()) {
        return std::string();
      }
      return value.is_number() ? std::optional(value.dump()) : std::nullopt;
    case Kind::Boolean:
      return value.is_boolean() ? std::optional(value.dump()) : std::nullopt;
  }
  return std::nullopt;
}

Json field_json(const RequestFieldEntry& entry, const TravelRequest& request) {
  using Kind = RequestField::Kind;
  const std::string text = entry.text(request);
  switch (entry.description.kind) {
    case Kind::Integer:
      return parse_integer(text).value_or(0);
    case Kind::Number:
      return text.empty() ? Json(nullptr) : Json(parse_number(text).value_or(0));
    case Kind::Integers:
      return list_json(text, [](std::string_view t) { return Json(parse_integer(t).value_or(0)); });
    case Kind::Numbers:
      return list_json(text, [](std::string_view t) { return Json(parse_number(t).value_or(0)); });
    case Kind::Boolean:
      return text == "true";
    case Kind::Text:
    case Kind::Choice:
      break;
  }
  return text;
}

}  // namespace

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
  const RequestFieldEntry* entry = find_entry(name);
  return entry == nullptr ? nullptr : &entry->description;
}

std::string request_field_text(const TravelRequest& request, std::string_view name) {
  const RequestFieldEntry* entry = find_entry(name);
  PTRAVEL_CHECK(entry != nullptr);
  return entry->text(request);
}

std::optional<Problem> set_request_field(TravelRequest& request,
                                         std::string_view name,
                                         std::string_view text) {
  const RequestFieldEntry* entry = find_entry(name);
  PTRAVEL_CHECK(entry != nullptr);
  const auto problem = entry->set(request, text);
  if (!problem) {
    return std::nullopt;
  }
  return Problem{std::string(entry->description.name), *problem};
}

std::string request_to_json(const TravelRequest& request) {
  Json object = Json::object();
  for (const RequestFieldEntry& entry : request_table()) {
    object[std::string(entry.description.name)] = field_json(entry, request);
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::vector<Problem> apply_json(TravelRequest& request, std::string_view json_text) {
  const Json object = Json::parse(json_text, nullptr, false);
  if (!object.is_object()) {
    return {{"config", "is not a table of settings"}};
  }
  std::vector<Problem> problems;
  for (const auto& [name, value] : object.items()) {
    const RequestFieldEntry* entry = find_entry(name);
    if (entry == nullptr) {
      problems.push_back({name, "is not a setting"});
      continue;
    }
    const auto text = json_field_text(entry->description, value);
    if (!text) {
      problems.push_back({name, value.dump(-1, ' ', false, Json::error_handler_t::replace) +
                                    " has the wrong type"});
      continue;
    }
    if (auto problem = set_request_field(request, name, *text)) {
      problems.push_back(std::move(*problem));
    }
  }
  return problems;
}

void throw_request_problems(const std::vector<Problem>& problems) {
  if (problems.empty()) {
    return;
  }
  throw Error(ErrorCode::InvalidArgument, problems);
}

}  // namespace ptravel
