#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ptravel {

/// The counter-based generator Philox 4x32 with ten rounds (Salmon et al., "Parallel random
/// numbers: as easy as 1, 2, 3", 2011), in the layout of CUDA's normal numbers: the counter words
/// are (offset, 0, element, 0), the key is the seed.
/// Returns the four words of one element of the tensor that is drawn as number `offset`.
std::array<std::uint32_t, 4> philox_words(std::uint64_t seed,
                                          std::uint32_t offset,
                                          std::uint32_t element);

/// The `count` normal numbers of tensor number `offset`, as the web UI's "NV" source draws them.
void philox_normals(std::uint64_t seed, std::uint32_t offset, std::size_t count, float* out);

}  // namespace ptravel
