#include "media/infotext.h"

#include <charconv>

#include "media/text_encoding.h"

namespace ptravel {
namespace {

void append_item(std::string& text, const std::pair<std::string, std::string>& item) {
  const auto& [key, value] = item;
  text += key;
  if (key != value) {
    text += ": ";
    text += quote_infotext_value(value);
  }
}

/// Whether the reader would give `value` back when it stands bare between commas.
bool reads_back_bare(std::string_view value) {
  return !value.empty() && strip(value).size() == value.size() && value.front() != '"' &&
         value.back() != '"' && value.find_first_of(",:\n") == std::string_view::npos;
}

/// Reads a run of decimal digits that makes up the whole of `digits`.
std::optional<int> parse_digits(std::string_view digits) {
  constexpr int kLimit = 1'000'000'000;
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
      digits.front() == '-' || number > kLimit) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<std::string> Infotext::find(std::string_view key) const {
  for (const auto& [candidate, value] : items) {
    if (candidate == key) {
      return value;
    }
  }
  return std::nullopt;
}

void Infotext::set(std::string_view key, std::string value) {
  for (auto& [candidate, old_value] : items) {
    if (candidate == key) {
      old_value = std::move(value);
      return;
    }
  }
  items.emplace_back(key, std::move(value));
}

std::string format_infotext(const Infotext& infotext) {
  std::string text = infotext.prompt;
  if (!infotext.negative_prompt.empty()) {
    text += "\nNegative prompt: " + infotext.negative_prompt;
  }
  text += '\n';
  bool first = true;
  for (const auto& item : infotext.items) {
    text += first ? "" : ", ";
    append_item(text, item);
    first = false;
  }
  return std::string(strip(text));
}

std::string quote_infotext_value(std::string_view value) {
  if (reads_back_bare(value)) {
    return std::string(value);
  }
  constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (const auto special = kSpecial.find(c); special != std::string_view::npos) {
      quoted += '\\';
      quoted += kLetters[special];
    } else if (byte < 0x20) {
      quoted += "\\u00";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::optional<std::pair<int, int>> parse_infotext_size(std::string_view value) {
  const std::size_t separator = value.find('x');
  if (separator == std::string_view::npos) {
    return std::nullopt;
  }
  const auto width = parse_digits(value.substr(0, separator));
  const auto height = parse_digits(value.substr(separator + 1));
  if (!width || !height) {
    return std::nullopt;
  }
  return std::pair(*width, *height);
}

std::vector<std::pair<std::string, std::string>> split_infotext_sizes(const Infotext& infotext) {
  Infotext split;
  for (const auto& [key, value] : infotext.items) {
    if (const auto size = parse_infotext_size(value)) {
      split.set(key + "-1", std::to_string(size->first));
      split.set(key + "-2", std::to_string(size->second));
    } else {
      split.set(key, value);
    }
  }
  return split.items;
}

}  // namespace ptravel
