#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ptravel {

/// How the numbers of a stored tensor are written, always little-endian: the whole-byte formats of
/// safetensors files.
enum class NumberFormat : std::uint8_t {
  F64,
  F32,
  F16,
  BF16,
  I64,
  I32,
  I16,
  I8,
  U64,
  U32,
  U16,
  U8,
  Bool,
  C64,
  F8E4M3,
  F8E5M2,
  F8E8M0,
  F8E4M3Fnuz,
  F8E5M2Fnuz,
};

/// The name that safetensors files use: "F16", "BOOL", "F8_E4M3".
std::string_view number_format_name(NumberFormat format);

/// The format of such a name, or nothing.
std::optional<NumberFormat> parse_number_format(std::string_view name);

std::uint64_t bytes_per_number(NumberFormat format);

/// Whether networks can be made of such numbers: real ones of 16 bits and more, the two usual kinds
/// of 8-bit floats, and whole ones.
bool is_computable(NumberFormat format);

}  // namespace ptravel
