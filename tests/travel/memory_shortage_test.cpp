// What becomes of a travel when memory is short.

#include "tensor/memory_shortage.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/travel/tiny_travel.h"

namespace ptravel {
namespace {

using testing::HasSubstr;

/// A card that has memory for calls of so many rows; counts what it is asked for.
class SmallCard {
 public:
  explicit SmallCard(std::int64_t most_rows)
      : probe_([this, most_rows](LargeWork work, std::int64_t rows) {
          if (work == LargeWork::NetworkCall) {
            refused += rows > most_rows ? 1 : 0;
            TORCH_CHECK_WITH(OutOfMemoryError, rows <= most_rows,
                             "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total "
                             "capacity of 7.93 GiB of which 1.20 GiB is free.");
            largest = std::max(largest, rows);
          }
        }) {}

  int refused = 0;
  std::int64_t largest = 0;

 private:
  MemoryProbeScope probe_;
};

TravelRequest four_at_once() {
  TravelRequest request = tiny_request();
  request.batch = 4;
  return request;
}

TEST(MemoryShortage, FewerFramesAtOnceAreTheSameFrames) {
  ModelStore store(std::uint64_t{1} << 40);
  const std::vector<RenderedFrame> expected = draw(four_at_once(), store);
  ASSERT_EQ(expected.size(), 4u);
  for (const std::int64_t rows : {4, 2}) {
    SmallCard card(rows);
    const std::vector<RenderedFrame> frames = draw(four_at_once(), store);
    EXPECT_GT(card.refused, 0);
    EXPECT_EQ(card.largest, rows);
    ASSERT_EQ(frames.size(), expected.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i].index, expected[i].index);
      EXPECT_TRUE(frames[i].image == expected[i].image) << rows << " rows, frame " << i;
      EXPECT_EQ(frames[i].parameters, expected[i].parameters);
    }
  }
}

TEST(MemoryShortage, ItIsRememberedHowManyFit) {
  ModelStore store(std::uint64_t{1} << 40);
  TravelRequest request = four_at_once();
  request.travel_steps = "7";  // two full batches and a rest
  SmallCard card(4);
  EXPECT_EQ(draw(request, store).size(), 9u);
  EXPECT_EQ(card.refused, 1);
}

TEST(MemoryShortage, WhatDoesNotFitAloneIsAnErrorWithFigures) {
  ModelStore store(std::uint64_t{1} << 40);
  const SmallCard card(1);
  try {
    draw(four_at_once(), store);
    FAIL() << "was drawn";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
    EXPECT_THAT(error.what(), HasSubstr("asked for 2.50 GiB, 1.20 GiB of 7.93 GiB are free"));
  }
}

}  // namespace
}  // namespace ptravel
