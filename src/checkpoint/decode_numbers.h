#pragma once

#include <cstddef>
#include <span>

#include "checkpoint/number_format.h"

namespace ptravel {

/// The number that is stored at `at`. Throws Unsupported for formats that are not is_computable.
double decode_number(const std::byte* at, NumberFormat format);

/// All numbers of a piece of a tensor, rounded to float where they are wider. `bytes` holds
/// bytes_per_number for each of `to`. Throws as decode_number.
void decode_numbers(NumberFormat format, std::span<const std::byte> bytes, std::span<float> to);

}  // namespace ptravel
