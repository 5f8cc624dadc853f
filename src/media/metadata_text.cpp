#include "media/metadata_text.h"

#include <algorithm>
#include <cstdint>

namespace ptravel {
namespace {

constexpr std::size_t kCodePrefixSize = 8;

/// How much bytes look like a text in one byte order.
struct Plausibility {
  std::size_t ascii = 0;    ///< Printable ASCII and line breaks.
  std::size_t strange = 0;  ///< Control characters, unpaired surrogates, private use, none at all.
};

bool is_plain(std::uint32_t unit) {
  return (unit >= 0x20 && unit < 0x7F) || unit == '\n' || unit == '\r' || unit == '\t';
}

bool is_strange(std::uint32_t unit) {
  return (unit < 0x20 && !is_plain(unit)) || (unit >= 0x7F && unit < 0xA0) ||
         (unit >= 0xE000 && unit <= 0xF8FF) || (unit >= 0xFFF0 && unit != 0xFFFD);
}

Plausibility plausibility(std::string_view bytes, ByteOrder order) {
  Plausibility result;
  const std::string text = utf16_to_utf8(bytes, order);
  for (std::size_t position = 0; position < text.size();) {
    const std::uint32_t unit = next_code_point(text, position).value_or(0);
    result.ascii += is_plain(unit) ? 1 : 0;
    result.strange += is_strange(unit) || unit == 0xFFFD ? 1 : 0;
  }
  return result;
}

ByteOrder likely_order(std::string_view bytes, ByteOrder hint) {
  const Plausibility little = plausibility(bytes, ByteOrder::LittleEndian);
  const Plausibility big = plausibility(bytes, ByteOrder::BigEndian);
  if (little.ascii != big.ascii) {
    return little.ascii > big.ascii ? ByteOrder::LittleEndian : ByteOrder::BigEndian;
  }
  if (little.strange != big.strange) {
    return little.strange < big.strange ? ByteOrder::LittleEndian : ByteOrder::BigEndian;
  }
  return hint;
}

bool has_zero(std::string_view bytes) { return bytes.find('\0') != std::string_view::npos; }

/// The text up to the zeros that fill the rest of its field.
std::string without_zeros(std::string text) {
  text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
  return text;
}

/// Single bytes up to the first zero.
std::string decode_single_bytes(std::string_view bytes) {
  return decode_metadata_text(bytes.substr(0, bytes.find('\0')));
}

std::string_view without_trailing_zeros(std::string_view bytes) {
  while (bytes.ends_with('\0')) {
    bytes.remove_suffix(1);
  }
  return bytes;
}

/// A text whose code is not told: single bytes, unless zeros between them say UTF-16.
std::string decode_unnamed(std::string_view bytes, ByteOrder order) {
  const bool marked = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
  const std::size_t zeros = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\0'));
  const bool wide = has_zero(without_trailing_zeros(bytes)) && zeros * 4 >= bytes.size();
  if (marked || wide) {
    return without_zeros(decode_utf16_text(bytes, order));
  }
  return decode_single_bytes(bytes);
}

/// Whether what should be UTF-16 is UTF-8: UTF-16 of a parameters text is full of zero bytes,
/// because its keys are ASCII.
bool is_single_bytes(std::string_view bytes, ByteOrder order) {
  bytes = without_trailing_zeros(bytes);
  const bool marked = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
  return bytes.size() > 1 && !marked && !has_zero(bytes) && is_utf8(bytes) &&
         plausibility(bytes, likely_order(bytes, order)).ascii == 0;
}

}  // namespace

std::string decode_metadata_text(std::string_view bytes) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kMark)) {
    bytes.remove_prefix(kMark.size());
  }
  return is_utf8(bytes) ? std::string(bytes) : latin1_to_utf8(bytes);
}

std::string decode_utf16_text(std::string_view bytes, ByteOrder order) {
  if (bytes.starts_with("\xFF\xFE")) {
    return utf16_to_utf8(bytes.substr(2), ByteOrder::LittleEndian);
  }
  if (bytes.starts_with("\xFE\xFF")) {
    return utf16_to_utf8(bytes.substr(2), ByteOrder::BigEndian);
  }
  return utf16_to_utf8(bytes, likely_order(bytes, order));
}

std::string decode_user_comment(std::string_view value, ByteOrder order) {
  const auto is_named = [value](std::string_view code) { return value.starts_with(code); };
  if (is_named(std::string_view("UNICODE\0", kCodePrefixSize))) {
    const std::string_view text = value.substr(kCodePrefixSize);
    return is_single_bytes(text, order) ? decode_single_bytes(text)
                                        : without_zeros(decode_utf16_text(text, order));
  }
  if (is_named(std::string_view("JIS\0\0\0\0\0", kCodePrefixSize))) {
    const std::string_view text = value.substr(kCodePrefixSize);
    const bool readable =
        is_utf8(text.substr(0, text.find('\0'))) && text.find('\x1B') == std::string_view::npos;
    return readable ? decode_single_bytes(text) : std::string();
  }
  if (is_named(std::string_view("ASCII\0\0\0", kCodePrefixSize))) {
    return decode_single_bytes(value.substr(kCodePrefixSize));
  }
  const bool undefined = is_named(std::string_view("\0\0\0\0\0\0\0\0", kCodePrefixSize));
  return decode_unnamed(undefined ? value.substr(kCodePrefixSize) : value, order);
}

}  // namespace ptravel
