#include "ptravel/text_input.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "base/files.h"
#include "media/text_encoding.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{64} << 20;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kLittleMark = "\xFF\xFE";
constexpr std::string_view kBigMark = "\xFE\xFF";

[[noreturn]] void throw_no_text(const std::string& why) {
  throw Error(ErrorCode::InvalidArgument, why);
}

std::string at_byte(std::size_t offset, unsigned char byte) {
  char text[64];
  std::snprintf(text, sizeof text, "byte %zu (%02x)", offset, byte);
  return text;
}

/// Text without a mark in which every second byte is zero and no other: Latin letters in UTF-16.
std::optional<ByteOrder> clear_utf16(std::string_view bytes) {
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    zeros[i % 2] += bytes[i] == '\0' ? 1 : 0;
  }
  const std::size_t units = bytes.size() / 2;
  if (bytes.size() % 2 != 0 || zeros[0] + zeros[1] < (units + 1) / 2) {
    return std::nullopt;
  }
  if (zeros[0] == 0) {
    return ByteOrder::LittleEndian;
  }
  return zeros[1] == 0 ? std::optional(ByteOrder::BigEndian) : std::nullopt;
}

/// `bytes` come behind a mark of `mark` bytes.
std::string decode_utf16(std::string_view bytes, ByteOrder order, std::size_t mark) {
  if (bytes.size() % 2 != 0) {
    throw_no_text("ends within a character of UTF-16 (" + std::to_string(mark + bytes.size()) +
                  " bytes), expected text in UTF-8 or UTF-16");
  }
  const auto unit = [&](std::size_t i) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(bytes[i + 1]);
    return order == ByteOrder::BigEndian ? first << 8 | second : second << 8 | first;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const bool high = (unit(i) & 0xFC00) == 0xD800;
    const bool paired = high && i + 2 < bytes.size() && (unit(i + 2) & 0xFC00) == 0xDC00;
    if (unit(i) == 0 || ((unit(i) & 0xF800) == 0xD800 && !paired)) {
      throw_no_text("byte " + std::to_string(mark + i) +
                    " begins no character of UTF-16, expected text in UTF-8 or UTF-16");
    }
    i += paired ? 2 : 0;
  }
  return utf16_to_utf8(bytes, order);
}

}  // namespace

std::optional<std::string> text_problem(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t start = position;
    const auto code_point = next_code_point(text, position);
    if (!code_point || *code_point == 0) {
      return at_byte(start, static_cast<unsigned char>(text[start])) +
             (code_point ? " is a zero" : " is not UTF-8") + ", expected text in UTF-8";
    }
  }
  return std::nullopt;
}

std::string decode_text(std::string_view bytes) {
  if (bytes.starts_with(kLittleMark)) {
    return decode_utf16(bytes.substr(2), ByteOrder::LittleEndian, 2);
  }
  if (bytes.starts_with(kBigMark)) {
    return decode_utf16(bytes.substr(2), ByteOrder::BigEndian, 2);
  }
  if (const auto order = clear_utf16(bytes); order && !bytes.empty()) {
    return decode_utf16(bytes, *order, 0);
  }
  if (const auto problem = text_problem(bytes)) {
    throw_no_text(*problem + " (or UTF-16 with a byte order mark)");
  }
  return std::string(bytes.substr(bytes.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0));
}

std::string read_text_file(const TextFile& file) {
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorCode::InvalidArgument, Problem{file.field, file.path.string() + ": " + why});
  };
  std::error_code error;
  if (std::filesystem::is_directory(file.path, error)) {
    fail("is a folder, expected " + file.expected);
  }
  if (!std::filesystem::exists(file.path, error)) {
    fail("is not there, expected " + file.expected);
  }
  std::string bytes;
  try {
    bytes = read_file(file.path, kLargestFile);
  } catch (const Error& refused) {
    fail("cannot be read, expected " + file.expected + " (" + refused.what() + ")");
  }
  try {
    return decode_text(bytes);
  } catch (const Error& refused) {
    fail(refused.what());
  }
  return {};
}

}  // namespace ptravel
