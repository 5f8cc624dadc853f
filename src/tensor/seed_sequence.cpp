#include "tensor/seed_sequence.h"

namespace ptravel {
namespace {

// One of the two hash streams: every value hashed moves the stream on.
class HashStream {
 public:
  HashStream(std::uint32_t initial, std::uint32_t multiplier)
      : state_(initial), multiplier_(multiplier) {}

  std::uint32_t operator()(std::uint32_t value) {
    value ^= state_;
    state_ *= multiplier_;
    value *= state_;
    return value ^ (value >> 16);
  }

 private:
  std::uint32_t state_;
  std::uint32_t multiplier_;
};

std::uint32_t mix(std::uint32_t x, std::uint32_t y) {
  const std::uint32_t result = x * 0xCA01F9DDu - y * 0x4973F715u;
  return result ^ (result >> 16);
}

std::vector<std::uint32_t> assemble_words(std::span<const std::uint32_t> entropy,
                                          std::span<const std::uint64_t> spawn_key,
                                          std::size_t pool_size) {
  std::vector<std::uint32_t> words(entropy.begin(), entropy.end());
  if (!spawn_key.empty() && words.size() < pool_size) {
    words.resize(pool_size, 0);
  }
  for (const std::uint64_t element : spawn_key) {
    const std::vector<std::uint32_t> element_words = seed_words(element);
    words.insert(words.end(), element_words.begin(), element_words.end());
  }
  return words;
}

}  // namespace

std::vector<std::uint32_t> seed_words(std::uint64_t value) {
  std::vector<std::uint32_t> words{static_cast<std::uint32_t>(value)};
  if (value >> 32 != 0) {
    words.push_back(static_cast<std::uint32_t>(value >> 32));
  }
  return words;
}

std::vector<std::uint32_t> seed_sequence(std::span<const std::uint32_t> entropy,
                                         std::span<const std::uint64_t> spawn_key,
                                         std::size_t pool_size,
                                         std::size_t count) {
  const std::vector<std::uint32_t> words = assemble_words(entropy, spawn_key, pool_size);
  HashStream hash(0x43B0D7E5u, 0x931E8875u);
  std::vector<std::uint32_t> pool(pool_size);
  for (std::size_t i = 0; i < pool_size; ++i) {
    pool[i] = hash(i < words.size() ? words[i] : 0);
  }
  for (std::size_t source = 0; source < pool_size; ++source) {
    for (std::size_t target = 0; target < pool_size; ++target) {
      if (source != target) {
        pool[target] = mix(pool[target], hash(pool[source]));
      }
    }
  }
  for (std::size_t source = pool_size; source < words.size(); ++source) {
    for (std::uint32_t& target : pool) {
      target = mix(target, hash(words[source]));
    }
  }
  HashStream generate(0x8B51F9DDu, 0x58F38DEDu);
  std::vector<std::uint32_t> output(count);
  for (std::size_t i = 0; i < count; ++i) {
    output[i] = generate(pool[i % pool_size]);
  }
  return output;
}

}  // namespace ptravel
