#include "checkpoint/decode_numbers.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Table = std::array<float, 256>;

/// An IEEE 754 half as a double.
double from_half(std::uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  if (exponent == 0x1f) {
    return fraction != 0 ? std::nan("") : sign * HUGE_VAL;
  }
  return sign *
         (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 0x400, exponent - 25));
}

double from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Four bits of exponent, three of fraction; no infinities, and one NaN of each sign (Micikevicius
/// et al., "FP8 formats for deep learning", 2022).
double from_e4m3(std::uint8_t bits) {
  const double sign = (bits & 0x80) != 0 ? -1 : 1;
  const int exponent = bits >> 3 & 0xf;
  const int fraction = bits & 0x7;
  if (exponent == 0xf && fraction == 0x7) {
    return std::nan("");
  }
  return sign *
         (exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(fraction + 0x8, exponent - 10));
}

/// Five bits of exponent, two of fraction: the upper byte of a half.
double from_e5m2(std::uint8_t bits) { return from_half(static_cast<std::uint16_t>(bits << 8)); }

Table table_of(double (*decode)(std::uint8_t)) {
  Table table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = static_cast<float>(decode(static_cast<std::uint8_t>(i)));
  }
  return table;
}

/// The numbers of a format of 8-bit floats, by their bytes; nothing for other formats.
const Table* table_of(NumberFormat format) {
  static const Table kE4M3 = table_of(from_e4m3);
  static const Table kE5M2 = table_of(from_e5m2);
  return format == NumberFormat::F8E4M3 ? &kE4M3
                                        : (format == NumberFormat::F8E5M2 ? &kE5M2 : nullptr);
}

template <typename Stored>
Stored stored_at(const std::byte* at) {
  Stored number;
  std::memcpy(&number, at, sizeof(Stored));
  return number;
}

}  // namespace

double decode_number(const std::byte* at, NumberFormat format) {
  switch (format) {
    case NumberFormat::F64:
      return stored_at<double>(at);
    case NumberFormat::F32:
      return stored_at<float>(at);
    case NumberFormat::F16:
      return from_half(stored_at<std::uint16_t>(at));
    case NumberFormat::BF16:
      return from_bfloat16(stored_at<std::uint16_t>(at));
    case NumberFormat::I64:
      return static_cast<double>(stored_at<std::int64_t>(at));
    case NumberFormat::I32:
      return stored_at<std::int32_t>(at);
    case NumberFormat::I16:
      return stored_at<std::int16_t>(at);
    case NumberFormat::I8:
      return stored_at<std::int8_t>(at);
    case NumberFormat::U32:
      return stored_at<std::uint32_t>(at);
    case NumberFormat::U16:
      return stored_at<std::uint16_t>(at);
    case NumberFormat::U8:
    case NumberFormat::Bool:
      return stored_at<std::uint8_t>(at);
    case NumberFormat::F8E4M3:
      return from_e4m3(stored_at<std::uint8_t>(at));
    case NumberFormat::F8E5M2:
      return from_e5m2(stored_at<std::uint8_t>(at));
    default:
      throw Error(ErrorCode::Unsupported, "[checkpoint] numbers stored as " +
                                              std::string(number_format_name(format)) +
                                              " cannot be read");
  }
}

void decode_numbers(NumberFormat format, std::span<const std::byte> bytes, std::span<float> to) {
  const std::uint64_t size = bytes_per_number(format);
  PTRAVEL_CHECK(bytes.size() == to.size() * size);
  if (const Table* table = table_of(format)) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = (*table)[std::to_integer<std::uint8_t>(bytes[i])];
    }
    return;
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = static_cast<float>(decode_number(bytes.data() + i * size, format));
  }
}

}  // namespace ptravel
