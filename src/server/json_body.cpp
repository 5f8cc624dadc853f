#include "server/json_body.h"

#include <algorithm>

#include "base/json_number.h"
#include "base/text.h"
#include "ptravel/text_input.h"

namespace ptravel {
namespace {

constexpr int kDeepest = 32;
constexpr std::size_t kShownBytes = 80;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::InvalidArgument, Problem{"body", message});
}

/// The library's writing and copying of values goes by recursion, its reading does not.
bool is_too_deep(std::string_view text) {
  int depth = 0;
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
        return true;
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Json parse_json(std::string_view text) {
  if (const auto problem = text_problem(text)) {
    refuse(*problem);
  }
  if (is_too_deep(text)) {
    refuse("lies deeper than " + std::to_string(kDeepest) + " levels, expected flat JSON");
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    refuse("is no JSON at byte " + std::to_string(error.byte) + ", expected an object such as {}");
  } catch (const Json::exception&) {  // a number that is too large for a double
    refuse("holds a number that is out of range, expected finite numbers");
  }
}

Json parse_json_object(std::string_view text) {
  if (trimmed(text).empty()) {
    return Json::object();
  }
  Json object = parse_json(text);
  if (!object.is_object()) {
    refuse(shown_json(object) + ", expected a JSON object");
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
  const auto read = json_integer(*value, least, most);
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
