#include "serving/json_body.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/json_number.h"
#include "base/text.h"
#include "ptravel/text_input.h"

namespace ptravel {
namespace {

constexpr int kDeepest = 32;
constexpr int kMostValues = 200'000;
constexpr int kMostMembers = 2000;
constexpr std::size_t kShownBytes = 80;

/// What makes the text one that must not be parsed, whether it is JSON or not. The library's
/// writing and copying of values goes by recursion, a value takes many times the bytes of its text,
/// and each member is looked for among all others of its object.
std::optional<std::string> size_problem(std::string_view text) {
  std::array<int, kDeepest + 1> members{};  // of what is open, by depth
  int depth = 0;
  int values = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      i += c == '\\' ? 1 : 0;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) {
        return "lies deeper than " + std::to_string(kDeepest) + " levels, expected flat JSON";
      }
      members[static_cast<std::size_t>(depth)] = 0;
      ++values;
    } else if (c == '}' || c == ']') {
      depth = std::max(depth - 1, 0);
    } else if (c == ':') {
      if (++members[static_cast<std::size_t>(depth)] > kMostMembers) {
        return "has an object of more than " + std::to_string(kMostMembers) +
               " members, expected fewer";
      }
    } else if (c == ',') {
      ++values;
    }
    if (values > kMostValues) {
      return "holds more than " + std::to_string(kMostValues) + " values, expected fewer";
    }
  }
  return std::nullopt;
}

/// Parses a text that has no size_problem.
Json parse_sized(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw JsonTextError(
        "is no JSON at byte " + std::to_string(error.byte) + ", expected an object such as {}",
        error.byte);
  } catch (const Json::exception&) {  // a number that is too large for a double
    throw JsonTextError("holds a number that is out of range, expected finite numbers", 0);
  }
}

}  // namespace

JsonTextError::JsonTextError(const std::string& message, std::size_t byte)
    : Error(ErrorCode::InvalidArgument, Problem{"body", message}), byte_(byte) {}

Json parse_json(std::string_view text) {
  for (const auto& problem : {text_problem(text), size_problem(text)}) {
    if (problem) {
      throw JsonTextError(*problem, 0);
    }
  }
  return parse_sized(text);
}

Json parse_json_object(std::string_view text) {
  if (text.empty()) {
    return Json::object();
  }
  Json object = parse_json(text);
  if (!object.is_object()) {
    throw JsonTextError(shown_json(object) + ", expected a JSON object", 0);
  }
  return object;
}

std::string json_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string shown_json(const Json& value) {
  std::string text = json_text(value);
  if (text.size() > kShownBytes) {
    std::size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
      --end;  // not in the middle of a character
    }
    text = text.substr(0, end) + "...";
  }
  return text;
}

const Json* JsonReader::find(const char* name) {
  known_.emplace_back(name);
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void JsonReader::complain(const std::string& name, const std::string& message) {
  problems_.push_back({prefix_ + name, message});
}

std::string JsonReader::text(const char* name, std::string otherwise, std::size_t longest) {
  const Json* value = find(name);
  if (value == nullptr) {
    return otherwise;
  }
  if (!value->is_string()) {
    complain(name, shown_json(*value) + ", expected a text");
    return otherwise;
  }
  auto read = value->get<std::string>();
  if (read.size() > longest) {
    complain(name, "has " + std::to_string(read.size()) + " bytes, expected at most " +
                       std::to_string(longest));
    return otherwise;
  }
  if (const auto problem = text_problem(read)) {
    complain(name, *problem);
    return otherwise;
  }
  return read;
}

bool JsonReader::boolean(const char* name, bool otherwise) {
  const Json* value = find(name);
  if (value == nullptr) {
    return otherwise;
  }
  if (!value->is_boolean()) {
    complain(name, shown_json(*value) + ", expected true or false");
    return otherwise;
  }
  return value->get<bool>();
}

std::int64_t JsonReader::integer(const char* name,
                                 std::int64_t otherwise,
                                 std::int64_t least,
                                 std::int64_t most) {
  const Json* value = find(name);
  if (value == nullptr) {
    return otherwise;
  }
  const auto read = json_whole_number(*value, least, most);
  if (!read) {
    complain(name, shown_json(*value) + ", expected a whole number from " + std::to_string(least) +
                       " to " + std::to_string(most));
  }
  return read.value_or(otherwise);
}

double JsonReader::number(const char* name, double otherwise, double least, double most) {
  const Json* value = find(name);
  if (value == nullptr) {
    return otherwise;
  }
  const auto read = json_number(*value, least, most);
  if (!read) {
    complain(name, shown_json(*value) + ", expected a number from " + number_text(least) + " to " +
                       number_text(most));
  }
  return read.value_or(otherwise);
}

const Json& JsonReader::object(const char* name) {
  static const Json empty = Json::object();
  const Json* value = find(name);
  if (value == nullptr) {
    return empty;
  }
  if (!value->is_object()) {
    complain(name, shown_json(*value) + ", expected an object");
    return empty;
  }
  return *value;
}

void JsonReader::finish() {
  for (const auto& [name, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
      complain(name, "is no member of this request");
    }
  }
  if (!problems_.empty()) {
    throw Error(ErrorCode::InvalidArgument, problems_);
  }
}

}  // namespace ptravel
