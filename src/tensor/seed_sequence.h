#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ptravel {

/// NumPy's SeedSequence (after O'Neill's seed_seq alternative, 2015): spreads a number, and a path
/// of child numbers, into independent 32-bit seeds. `pool_size` is 4 in NumPy's default use and 24
/// in torchsde's Brownian trees.
/// Returns the first `count` words generated for `entropy` (little-endian 32-bit words of it) and
/// `spawn_key`; an empty key means the root.
std::vector<std::uint32_t> seed_sequence(std::span<const std::uint32_t> entropy,
                                         std::span<const std::uint64_t> spawn_key,
                                         std::size_t pool_size,
                                         std::size_t count);

/// `value` as 32-bit words, lowest first, without leading zero words; zero gives one word.
std::vector<std::uint32_t> seed_words(std::uint64_t value);

}  // namespace ptravel
