// Reading of the web UI's parameters text: its item pattern as a scanner that needs one pass.

#include <algorithm>

#include "media/infotext.h"
#include "media/text_encoding.h"

namespace ptravel {
namespace {

constexpr std::string_view kNegativePrefix = "Negative prompt:";
constexpr std::size_t kFewestItems = 3;
/// Each is looked for among those before it; programs write some dozens.
constexpr std::size_t kMostItems = 1000;

bool is_ascii_word(std::uint32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/// Python's \w, with the blocks of punctuation and symbols beyond ASCII left out as a whole.
bool is_word(std::uint32_t c) {
  if (c < 0x80) {
    return is_ascii_word(c);
  }
  const bool latin_sign = c < 0xC0 && c != 0xAA && c != 0xB2 && c != 0xB3 && c != 0xB5 &&
                          c != 0xB9 && c != 0xBA && !(c >= 0xBC && c <= 0xBE);
  const bool punctuation = latin_sign || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) ||
                           (c >= 0x2190 && c <= 0x245F) || (c >= 0x2500 && c <= 0x2BFF) ||
                           (c >= 0x3000 && c <= 0x3004) || (c >= 0x3008 && c <= 0x3020) ||
                           (c >= 0xD800 && c <= 0xF8FF) || (c >= 0xFE10 && c <= 0xFE6F) ||
                           (c >= 0xFF01 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) ||
                           (c >= 0xFFE0 && c <= 0xFFFF) || (c >= 0x1F000 && c <= 0x1FAFF);
  return !punctuation && !is_python_space(c);
}

bool is_key_character(std::uint32_t c) { return is_word(c) || c == ' ' || c == '-' || c == '/'; }

/// Scans the last line of a parameters text for its items.
class ItemScanner {
 public:
  explicit ItemScanner(std::string_view line) : line_(line) {}

  /// Finds the next item; false at the end. Text between items is skipped.
  bool next(std::string_view& key, std::string_view& value) {
    if (!find_key(key)) {
      return false;
    }
    skip_space();
    std::size_t end = quoted_end();
    if (end == 0) {
      end = std::min(line_.find(',', position_), line_.size());
    }
    value = line_.substr(position_, end - position_);
    position_ = std::min(end + 1, line_.size());
    return true;
  }

 private:
  /// Moves behind the colon of the next key: a word character, more of them or ' ', '-', '/', ':'.
  bool find_key(std::string_view& key) {
    while (position_ < line_.size()) {
      const std::size_t start = position_;
      const auto first = next_code_point(line_, position_);
      if (!first || !is_word(*first)) {
        continue;
      }
      const std::size_t second = position_;
      skip_key_characters();
      if (position_ > second && position_ < line_.size() && line_[position_] == ':') {
        key = line_.substr(start, position_ - start);
        ++position_;
        return true;
      }
    }
    return false;
  }

  void skip_key_characters() {
    for (std::size_t next = position_; next < line_.size(); position_ = next) {
      const auto character = next_code_point(line_, next);
      if (!character || !is_key_character(*character)) {
        return;
      }
    }
    position_ = line_.size();
  }

  void skip_space() {
    for (std::size_t next = position_; next < line_.size(); position_ = next) {
      const auto character = next_code_point(line_, next);
      if (!character || !is_python_space(*character)) {
        return;
      }
    }
    position_ = line_.size();
  }

  /// The end of a quoted value that starts here and is followed by a comma or the end; 0 for none.
  std::size_t quoted_end() const {
    if (position_ >= line_.size() || line_[position_] != '"') {
      return 0;
    }
    for (std::size_t i = position_ + 1; i < line_.size(); ++i) {
      if (line_[i] == '\\') {
        ++i;
      } else if (line_[i] == '"') {
        const bool closed = i + 1 == line_.size() || line_[i + 1] == ',';
        return closed && i > position_ + 1 ? i + 1 : 0;
      }
    }
    return 0;
  }

  std::string_view line_;
  std::size_t position_ = 0;
};

/// The four hexadecimal digits at `position`.
std::optional<std::uint32_t> parse_hex4(std::string_view text, std::size_t position) {
  if (text.size() < 4 || position > text.size() - 4) {
    return std::nullopt;
  }
  std::uint32_t number = 0;
  for (const char c : text.substr(position, 4)) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    const std::size_t digit = kDigits.find(lower);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    number = number << 4 | static_cast<std::uint32_t>(digit);
  }
  return number;
}

/// Decodes the digits of \uXXXX at `position`, with the second half of a surrogate pair.
bool append_unicode_escape(std::string_view body, std::size_t& position, std::string& decoded) {
  auto unit = parse_hex4(body, position);
  if (!unit) {
    return false;
  }
  position += 4;
  if (*unit >= 0xD800 && *unit <= 0xDFFF) {
    const bool pair = *unit < 0xDC00 && body.substr(position, 2) == "\\u";
    const auto low = pair ? parse_hex4(body, position + 2) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) {
      return false;
    }
    unit = 0x10000 + ((*unit - 0xD800) << 10 | (*low - 0xDC00));
    position += 6;
  }
  append_utf8(decoded, *unit);
  return true;
}

/// Decodes what follows a backslash at `position`. False when it is no JSON escape.
bool append_escape(std::string_view body, std::size_t& position, std::string& decoded) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (position >= body.size()) {
    return false;
  }
  const char letter = body[position++];
  if (letter == 'u') {
    return append_unicode_escape(body, position, decoded);
  }
  const std::size_t index = kLetters.find(letter);
  if (index == std::string_view::npos) {
    return false;
  }
  decoded += kMeanings[index];
  return true;
}

std::optional<std::string> decode_json_string(std::string_view body) {
  std::string decoded;
  for (std::size_t position = 0; position < body.size();) {
    const char c = body[position++];
    if (c == '\\') {
      if (!append_escape(body, position, decoded)) {
        return std::nullopt;
      }
    } else if (c == '"' || static_cast<unsigned char>(c) < 0x20) {
      return std::nullopt;
    } else {
      decoded += c;
    }
  }
  return decoded;
}

std::vector<std::pair<std::string_view, std::string_view>> find_items(std::string_view line) {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  ItemScanner scanner(line);
  for (std::string_view key, value; found.size() < kMostItems && scanner.next(key, value);) {
    found.emplace_back(key, value);
  }
  return found;
}

void append_line(std::string& text, std::string_view line) {
  if (!text.empty()) {
    text += '\n';
  }
  text += line;
}

/// Gives the lines of `text` to the prompt and, from "Negative prompt:" on, to the negative prompt.
void parse_prompts(std::string_view text, Infotext& infotext) {
  bool negative = false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = strip(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.starts_with(kNegativePrefix)) {
      negative = true;
      line = strip(line.substr(kNegativePrefix.size()));
    }
    append_line(negative ? infotext.negative_prompt : infotext.prompt, line);
  }
}

}  // namespace

std::string unquote_infotext_value(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return std::string(text);
  }
  return decode_json_string(text.substr(1, text.size() - 2)).value_or(std::string(text));
}

Infotext parse_infotext(std::string_view text) {
  Infotext infotext;
  text = strip(text);
  const std::size_t line_feed = text.rfind('\n');
  const std::size_t last_line = line_feed == std::string_view::npos ? 0 : line_feed + 1;
  const auto items = find_items(text.substr(last_line));
  if (items.size() < kFewestItems) {
    parse_prompts(text, infotext);
    return infotext;
  }
  if (last_line > 0) {
    parse_prompts(text.substr(0, line_feed), infotext);
  }
  // The web UI drops items without a value.
  for (const auto& [key, value] : items) {
    if (!value.empty()) {
      infotext.set(key, unquote_infotext_value(value));
    }
  }
  return infotext;
}

}  // namespace ptravel
