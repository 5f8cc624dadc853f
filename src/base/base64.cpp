#include "base/base64.h"

#include <array>
#include <cstdint>

namespace ptravel {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of each byte as a digit; -1: it is none.
constexpr std::array<int, 256> digit_values() {
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<int>(i);
  }
  return values;
}

constexpr std::array<int, 256> kValues = digit_values();

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto byte = [&](std::size_t at) -> std::uint32_t {
      return at < left ? static_cast<unsigned char>(bytes[i + at]) : 0;
    };
    const std::uint32_t group = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += kDigits[group >> 18];
    text += kDigits[group >> 12 & 63];
    text += left > 1 ? kDigits[group >> 6 & 63] : '=';
    text += left > 2 ? kDigits[group & 63] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t group = 0;
  int digits = 0;
  bool padded = false;
  for (const char c : text) {
    if (is_space(c)) {
      continue;
    }
    if (c == '=') {
      padded = true;
      continue;
    }
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0 || padded) {
      return std::nullopt;
    }
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (++digits == 4) {
      bytes += static_cast<char>(group >> 16);
      bytes += static_cast<char>(group >> 8);
      bytes += static_cast<char>(group);
      group = 0;
      digits = 0;
    }
  }
  if (digits == 1) {
    return std::nullopt;
  }
  if (digits >= 2) {
    bytes += static_cast<char>(group >> (digits == 2 ? 4 : 10));
  }
  if (digits == 3) {
    bytes += static_cast<char>(group >> 2);
  }
  return bytes;
}

}  // namespace ptravel
