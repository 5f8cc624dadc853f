#include "request/picture_json.h"

#include "base/json_number.h"
#include "base/text.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxBytes = std::size_t{1} << 24;

/// Replaces what JSON has no word for, outside of strings.
std::string without_not_a_number(std::string_view text) {
  std::string clean;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    if (!quoted) {
      bool replaced = false;
      for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
        if (text.substr(i).starts_with(word)) {
          clean += "null";
          i += word.size();
          replaced = true;
          break;
        }
      }
      if (replaced) {
        continue;
      }
    }
    if (quoted && text[i] == '\\' && i + 1 < text.size()) {
      clean += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    }
    clean += text[i++];
  }
  return clean;
}

}  // namespace

std::optional<Json> parse_picture_json(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('{') || text.size() > kMaxBytes) {
    return std::nullopt;
  }
  Json parsed = Json::parse(without_not_a_number(text), nullptr, false);
  return parsed.is_object() ? std::optional(std::move(parsed)) : std::nullopt;
}

const Json* find_member(const Json& object, std::string_view name) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(std::string(name));
  return found == object.end() ? nullptr : &*found;
}

std::string scalar_text(const Json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_boolean()) {
    return value.get<bool>() ? "True" : "False";
  }
  if (value.is_number_unsigned()) {
    return std::to_string(value.get<std::uint64_t>());
  }
  if (const auto integer = json_integer(value)) {
    return std::to_string(*integer);
  }
  const auto number = json_number(value);
  return number ? number_text(*number) : std::string();
}

std::string member_text(const Json& object, std::string_view name) {
  const Json* member = find_member(object, name);
  return member == nullptr ? std::string() : scalar_text(*member);
}

std::optional<std::size_t> json_end(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      i += c == '\\' ? 1 : 0;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) {
        return i + 1;
      }
    }
  }
  return std::nullopt;
}

}  // namespace ptravel
