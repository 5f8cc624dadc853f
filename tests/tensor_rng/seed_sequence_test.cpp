#include "tensor/seed_sequence.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

using Words = std::vector<std::uint32_t>;

TEST(SeedSequence, MatchesNumpy) {
  const Words entropy{3735928559, 195939070, 229505742, 305419896};
  EXPECT_EQ(seed_sequence(entropy, {}, 4, 4),
            (Words{3914649087, 576849849, 3593928901, 2229911004}));
}

TEST(SeedSequence, MatchesTorchsdesTree) {
  const Words entropy = seed_words(1234);
  const auto split = [&](std::uint64_t key, std::uint64_t depth) {
    const std::uint64_t path[] = {key, depth};
    return seed_sequence(entropy, path, 24, 4).front();
  };
  EXPECT_EQ(seed_sequence(entropy, {}, 24, 3).front(), 4280268349u);
  EXPECT_EQ(split(0, 0), 840100010u);
  EXPECT_EQ(split(0, 1), 3139964114u);
  EXPECT_EQ(split(1, 1), 4194980149u);
}

TEST(SeedSequence, WordsAreLittleEndianWithoutLeadingZeros) {
  EXPECT_EQ(seed_words(0), Words{0});
  EXPECT_EQ(seed_words(0xFFFFFFFF), Words{0xFFFFFFFF});
  EXPECT_EQ(seed_words(0x100000002), (Words{2, 1}));
}

TEST(SeedSequence, LongerOutputBeginsAlike) {
  const Words short_output = seed_sequence(seed_words(5), {}, 24, 2);
  const Words long_output = seed_sequence(seed_words(5), {}, 24, 60);
  EXPECT_EQ(Words(long_output.begin(), long_output.begin() + 2), short_output);
}

}  // namespace
}  // namespace ptravel
