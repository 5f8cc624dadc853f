#include "motion/select_frames.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using testing::ElementsAre;

PairDistance on_a_line(const std::vector<double>& places) {
  return [&places](std::size_t i, std::size_t j) { return std::abs(places[j] - places[i]); };
}

TEST(ChooseEvenFrames, FindsTheEvenOnes) {
  const std::vector<double> places = {0, 0.1, 1, 1.2, 2, 2.7, 3};
  const FrameChoice choice = choose_even_frames(places.size(), 4, on_a_line(places));
  EXPECT_THAT(choice.frames, ElementsAre(0, 2, 4, 6));
  EXPECT_DOUBLE_EQ(choice.smallest, 1);
  EXPECT_DOUBLE_EQ(choice.largest, 1);
}

TEST(ChooseEvenFrames, AllOrOnlyTheEnds) {
  const std::vector<double> places = {0, 1, 5};
  EXPECT_THAT(choose_even_frames(3, 3, on_a_line(places)).frames, ElementsAre(0, 1, 2));
  EXPECT_THAT(choose_even_frames(3, 2, on_a_line(places)).frames, ElementsAre(0, 2));
}

/// The smallest spread of all subsets, for few pictures.
double best_spread(std::size_t pictures, std::size_t count, const PairDistance& distance) {
  double best = std::numeric_limits<double>::infinity();
  for (unsigned inner = 0; inner < 1U << (pictures - 2); ++inner) {
    std::vector<std::size_t> frames = {0};
    for (std::size_t i = 1; i + 1 < pictures; ++i) {
      if ((inner >> (i - 1) & 1) != 0) {
        frames.push_back(i);
      }
    }
    frames.push_back(pictures - 1);
    if (frames.size() == count) {
      double low = distance(0, frames[1]);
      double high = low;
      for (std::size_t i = 1; i + 1 < count; ++i) {
        const double step = distance(frames[i], frames[i + 1]);
        low = std::min(low, step);
        high = std::max(high, step);
      }
      best = std::min(best, high - low);
    }
  }
  return best;
}

TEST(ChooseEvenFrames, NothingIsBetter) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> number(0, 1);
  for (int round = 0; round < 40; ++round) {
    const std::size_t pictures = 4 + static_cast<std::size_t>(round) % 7;
    std::vector<double> distances(pictures * pictures);  // of no space: any numbers
    std::generate(distances.begin(), distances.end(), [&] { return number(random); });
    const PairDistance distance = [&](std::size_t i, std::size_t j) {
      return distances[i * pictures + j];
    };
    for (std::size_t count = 2; count <= pictures; ++count) {
      const FrameChoice choice = choose_even_frames(pictures, count, distance);
      EXPECT_DOUBLE_EQ(choice.largest - choice.smallest, best_spread(pictures, count, distance));
      EXPECT_EQ(choice.frames.size(), count);
      EXPECT_TRUE(std::is_sorted(choice.frames.begin(), choice.frames.end()));
    }
  }
}

TEST(ChooseEvenFrames, MoreFramesThanAWordHasBits) {
  std::vector<double> places;
  for (int i = 0; i < 140; ++i) {
    places.push_back(i * 0.5);
  }
  places.push_back(70);
  const FrameChoice choice = choose_even_frames(places.size(), 71, on_a_line(places));
  EXPECT_DOUBLE_EQ(choice.largest, 1);
  EXPECT_DOUBLE_EQ(choice.smallest, 1);
}

TEST(ChooseEvenFrames, WrongCountsAreRefused) {
  const std::vector<double> places = {0, 1, 2};
  EXPECT_THROW(choose_even_frames(3, 1, on_a_line(places)), Error);
  EXPECT_THROW(choose_even_frames(3, 4, on_a_line(places)), Error);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(choose_even_frames(2, 2, [&](std::size_t, std::size_t) { return nan; }), Error);
}

}  // namespace
}  // namespace ptravel
