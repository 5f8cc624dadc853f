#include "media/text_encoding.h"

namespace ptravel {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

bool is_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDFFF; }

std::uint32_t byte_at(std::string_view text, std::size_t position) {
  return static_cast<unsigned char>(text[position]);
}

/// The number of bytes that a sequence with this first byte has; 0 for none.
int sequence_length(std::uint32_t first) {
  if (first < 0x80) {
    return 1;
  }
  if (first < 0xC2) {
    return 0;
  }
  if (first < 0xE0) {
    return 2;
  }
  if (first < 0xF0) {
    return 3;
  }
  return first < 0xF5 ? 4 : 0;
}

std::uint32_t utf16_unit(std::string_view bytes, std::size_t position, ByteOrder order) {
  const std::uint32_t first = byte_at(bytes, position);
  const std::uint32_t second = byte_at(bytes, position + 1);
  return order == ByteOrder::BigEndian ? first << 8 | second : second << 8 | first;
}

/// The start of the code point that ends at `end`.
std::size_t code_point_start(std::string_view text, std::size_t end) {
  std::size_t start = end - 1;
  while (start > 0 && end - start < 4 && (byte_at(text, start) & 0xC0) == 0x80) {
    --start;
  }
  return start;
}

}  // namespace

void append_utf8(std::string& text, std::uint32_t code_point) {
  if (code_point > 0x10FFFF || is_surrogate(code_point)) {
    code_point = kReplacement;
  }
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code_point < 0x80) {
    add(code_point);
    return;
  }
  if (code_point < 0x800) {
    add(0xC0 | code_point >> 6);
  } else {
    if (code_point < 0x10000) {
      add(0xE0 | code_point >> 12);
    } else {
      add(0xF0 | code_point >> 18);
      add(0x80 | (code_point >> 12 & 0x3F));
    }
    add(0x80 | (code_point >> 6 & 0x3F));
  }
  add(0x80 | (code_point & 0x3F));
}

std::optional<std::uint32_t> next_code_point(std::string_view text, std::size_t& position) {
  const std::uint32_t first = byte_at(text, position);
  const std::size_t start = position++;
  const int length = sequence_length(first);
  if (length == 1) {
    return first;
  }
  if (length == 0 || text.size() - start < static_cast<std::size_t>(length)) {
    return std::nullopt;
  }
  std::uint32_t code_point = first & (0x7Fu >> length);
  for (int i = 1; i < length; ++i) {
    const std::uint32_t next = byte_at(text, start + static_cast<std::size_t>(i));
    if ((next & 0xC0) != 0x80) {
      return std::nullopt;
    }
    code_point = code_point << 6 | (next & 0x3F);
  }
  const bool overlong =
      (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  if (overlong || code_point > 0x10FFFF || is_surrogate(code_point)) {
    return std::nullopt;
  }
  position = start + static_cast<std::size_t>(length);
  return code_point;
}

bool is_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    if (!next_code_point(text, position)) {
      return false;
    }
  }
  return true;
}

std::string drop_invalid_utf8(std::string_view text) {
  std::string kept;
  for (std::size_t position = 0; position < text.size();) {
    if (const auto code_point = next_code_point(text, position)) {
      append_utf8(kept, *code_point);
    }
  }
  return kept;
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    append_utf8(text, static_cast<unsigned char>(byte));
  }
  return text;
}

std::optional<std::string> utf8_to_latin1(std::string_view text) {
  std::string bytes;
  for (std::size_t position = 0; position < text.size();) {
    const auto code_point = next_code_point(text, position);
    if (!code_point || *code_point > 0xFF) {
      return std::nullopt;
    }
    bytes += static_cast<char>(*code_point);
  }
  return bytes;
}

std::string utf16_to_utf8(std::string_view bytes, ByteOrder order) {
  std::string text;
  for (std::size_t position = 0; position + 1 < bytes.size(); position += 2) {
    std::uint32_t unit = utf16_unit(bytes, position, order);
    if (unit >= 0xD800 && unit < 0xDC00 && position + 3 < bytes.size()) {
      const std::uint32_t low = utf16_unit(bytes, position + 2, order);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        unit = 0x10000 + ((unit - 0xD800) << 10 | (low - 0xDC00));
        position += 2;
      }
    }
    append_utf8(text, unit);
  }
  return text;
}

bool is_python_space(std::uint32_t code_point) {
  if (code_point < 0x80) {
    return code_point == ' ' || (code_point >= 0x09 && code_point <= 0x0D) ||
           (code_point >= 0x1C && code_point <= 0x1F);
  }
  return code_point == 0x85 || code_point == 0xA0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x2028 ||
         code_point == 0x2029 || code_point == 0x202F || code_point == 0x205F ||
         code_point == 0x3000;
}

std::string_view strip(std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t position = 0; position < text.size(); begin = position) {
    const auto code_point = next_code_point(text, position);
    if (!code_point || !is_python_space(*code_point)) {
      break;
    }
  }
  std::size_t end = text.size();
  while (end > begin) {
    const std::size_t start = code_point_start(text, end);
    std::size_t position = start;
    const auto code_point = next_code_point(text, position);
    if (!code_point || position != end || !is_python_space(*code_point)) {
      break;
    }
    end = start;
  }
  return text.substr(begin, end - begin);
}

}  // namespace ptravel
