#include "request/field_json.h"

#include <algorithm>

#include "base/json_number.h"
#include "base/text.h"
#include "request/records.h"
#include "request/stages.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;
using Kind = RequestField::Kind;

bool all_of(const Json& list, const std::function<bool(const Json&)>& fits) {
  return list.is_array() && !list.empty() && std::all_of(list.begin(), list.end(), fits);
}

/// A JSON number with the text that is read back as the same number.
Json number_json(Kind kind, std::string_view text) {
  if (kind == Kind::Number || kind == Kind::Numbers) {
    return parse_number(text).value_or(0);
  }
  const auto integer = parse_integer(text);
  return integer ? Json(*integer) : Json(parse_unsigned(text).value_or(0));
}

/// "7,11,5" as an array; a single value stays a number.
Json list_json(Kind kind, const std::string& text) {
  Json list = Json::array();
  for (const std::string_view piece : split(text, ',')) {
    list.push_back(number_json(kind, piece));
  }
  return list.size() == 1 ? list.front() : list;
}

Json records_json(const RequestField& shape, const std::string& text) {
  Json list = Json::array();
  for (const RecordText& record : parse_records(text, shape.members)) {
    Json object = Json::object();
    for (std::size_t i = 0; i < record.size(); ++i) {
      object[record[i].first] = json_of_text(shape.members.at(i), record[i].second);
    }
    list.push_back(std::move(object));
  }
  return list;
}

std::optional<std::string> record_of_json(const RequestField& shape, const Json& object) {
  RecordText record;
  for (const auto& [name, value] : object.items()) {
    const auto member =
        std::find_if(shape.members.begin(), shape.members.end(),
                     [&name = name](const RequestField& each) { return each.name == name; });
    const auto text = member == shape.members.end() ? std::nullopt : text_of_json(*member, value);
    if (!text) {
      return std::nullopt;
    }
    record.emplace_back(name, *text);
  }
  return format_records({record});
}

std::optional<std::string> joined(
    const Json& list,
    const char* separator,
    const std::function<std::optional<std::string>(const Json&)>& text) {
  std::string whole;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto piece = text(list[i]);
    if (!piece) {
      return std::nullopt;
    }
    whole += (i == 0 ? "" : separator) + *piece;
  }
  return whole;
}

/// A number, or a list of numbers where several are allowed, as text with commas between.
std::optional<std::string> numbers_text(const RequestField& shape, const Json& value, bool whole) {
  const auto fits = [whole](const Json& item) {
    return whole ? item.is_number_integer() || json_whole_number(item) : item.is_number();
  };
  const bool several = shape.kind != Kind::Integer && shape.kind != Kind::Number;
  const auto text = [&shape, whole](const Json& item) -> std::optional<std::string> {
    if (whole && item.is_number_float()) {
      return std::to_string(*json_whole_number(item));
    }
    const bool typed = item.is_string() && shape.takes_text;
    return typed ? item.get<std::string>() : item.dump();
  };
  const auto allowed = [&](const Json& item) {
    return fits(item) || (shape.takes_text && item.is_string());
  };
  if (allowed(value)) {
    return text(value);
  }
  return several && all_of(value, allowed) ? joined(value, ",", text) : std::nullopt;
}

std::optional<std::string> lines_text(const Json& value) {
  std::vector<std::string> entries;
  for (const Json& item : value) {
    entries.push_back(item.get<std::string>());
  }
  return lines_of_entries(entries);
}

}  // namespace

Json json_of_text(const RequestField& shape, const std::string& text) {
  if (shape.optional && text.empty()) {
    return nullptr;
  }
  switch (shape.kind) {
    case Kind::Integer:
    case Kind::Number:
      return number_json(shape.kind, text);
    case Kind::Integers:
    case Kind::Numbers:
      return list_json(shape.kind, text);
    case Kind::Boolean:
      return text == "true";
    case Kind::Records:
      return records_json(shape, text);
    case Kind::Text:
    case Kind::Lines:
    case Kind::Choice:
      break;
  }
  return text;
}

std::optional<std::string> text_of_json(const RequestField& shape, const Json& value) {
  if (shape.optional && value.is_null()) {
    return std::string();
  }
  const auto is_text = [](const Json& item) { return item.is_string(); };
  switch (shape.kind) {
    case Kind::Integer:
    case Kind::Integers:
      return numbers_text(shape, value, true);
    case Kind::Number:
    case Kind::Numbers:
      return numbers_text(shape, value, false);
    case Kind::Boolean:
      return value.is_boolean() ? std::optional(value.dump()) : std::nullopt;
    case Kind::Lines:
      if (all_of(value, is_text)) {
        return lines_text(value);
      }
      break;
    case Kind::Records:
      return all_of(value, [](const Json& item) { return item.is_object(); }) ||
                     value == Json::array()
                 ? joined(value, "\n",
                          [&](const Json& item) { return record_of_json(shape, item); })
                 : std::nullopt;
    case Kind::Text:
      if (shape.takes_numbers && !value.is_string()) {
        return numbers_text(shape, value, false);
      }
      break;
    case Kind::Choice:
      break;
  }
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::string wrong_json(const RequestField& shape, const Json& value) {
  constexpr std::size_t kShownBytes = 200;
  std::string shown = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (shown.size() > kShownBytes) {
    std::size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) {
      --end;  // not in the middle of a character
    }
    shown = shown.substr(0, end) + "...";
  }
  return shown + ", expected " + expected_value(shape);
}

}  // namespace ptravel
