#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "base/files.h"

namespace ptravel {

/// `count` numbers of a file from byte `offset` on, in memory of their own, [count]. Read by all
/// threads. Throws Io.
at::Tensor read_numbers(const MappedFile& file,
                        std::uint64_t offset,
                        std::int64_t count,
                        at::ScalarType type);

}  // namespace ptravel
