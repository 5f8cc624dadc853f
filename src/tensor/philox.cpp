#include "tensor/philox.h"

#include <algorithm>

#include "tensor/box_muller.h"

namespace ptravel {
namespace {

// So many counters are worked on at once that the loops over them vectorise.
constexpr std::size_t kLanes = 64;

struct Counters {
  std::uint32_t c0[kLanes];
  std::uint32_t c1[kLanes];
  std::uint32_t c2[kLanes];
  std::uint32_t c3[kLanes];
};

inline void run_round(Counters& c, std::uint32_t key0, std::uint32_t key1) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    const std::uint64_t p = std::uint64_t{c.c0[i]} * 0xD2511F53u;
    const std::uint64_t q = std::uint64_t{c.c2[i]} * 0xCD9E8D57u;
    c.c0[i] = static_cast<std::uint32_t>(q >> 32) ^ c.c1[i] ^ key0;
    c.c1[i] = static_cast<std::uint32_t>(q);
    c.c2[i] = static_cast<std::uint32_t>(p >> 32) ^ c.c3[i] ^ key1;
    c.c3[i] = static_cast<std::uint32_t>(p);
  }
}

void run_philox(Counters& c, std::uint64_t seed, std::uint32_t offset, std::uint32_t first) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    c.c0[i] = offset;
    c.c1[i] = 0;
    c.c2[i] = first + static_cast<std::uint32_t>(i);
    c.c3[i] = 0;
  }
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    run_round(c, key0, key1);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

}  // namespace

std::array<std::uint32_t, 4> philox_words(std::uint64_t seed,
                                          std::uint32_t offset,
                                          std::uint32_t element) {
  Counters c;
  run_philox(c, seed, offset, element);
  return {c.c0[0], c.c1[0], c.c2[0], c.c3[0]};
}

void philox_normals(std::uint64_t seed, std::uint32_t offset, std::size_t count, float* out) {
  Counters c;
  for (std::size_t first = 0; first < count; first += kLanes) {
    run_philox(c, seed, offset, static_cast<std::uint32_t>(first));
    normals_from_words(c.c0, c.c1, std::min(kLanes, count - first), out + first);
  }
}

}  // namespace ptravel
