#include "travel/unit_swap.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

EncodingPair pair_of_ones() {
  at::Tensor to = at::ones({2, 3});
  to[1][2] = 0;  // equal there
  return {{at::zeros({2, 3})}, {to}};
}

TEST(UnitSwap, TokensChannelsAndValues) {
  UnitSwap tokens(pair_of_ones(), SwapUnit::Token);
  EXPECT_EQ(tokens.distances().size(), 2u);
  tokens.swap({1});
  EXPECT_CLOSE(tokens.current().tokens,
               at::tensor({0., 0., 0., 1., 1., 0.}, at::kFloat).reshape({2, 3}), 0);
  UnitSwap channels(pair_of_ones(), SwapUnit::Channel);
  EXPECT_EQ(channels.distances().size(), 3u);
  channels.swap({0});
  EXPECT_CLOSE(channels.current().tokens,
               at::tensor({1., 0., 0., 1., 0., 0.}, at::kFloat).reshape({2, 3}), 0);
  UnitSwap values(pair_of_ones(), SwapUnit::Value);
  EXPECT_THAT(values.differing(), testing::ElementsAre(0, 1, 2, 3, 4));
  values.swap({4, 0});
  EXPECT_CLOSE(values.current().tokens,
               at::tensor({1., 0., 0., 0., 1., 0.}, at::kFloat).reshape({2, 3}), 0);
  EXPECT_THAT(values.differing(), testing::ElementsAre(1, 2, 3));
}

TEST(UnitSwap, AllSwappedIsTheTarget) {
  const EncodingPair pair{{at::rand({4, 5})}, {at::rand({4, 5})}};
  for (const SwapUnit unit : {SwapUnit::Token, SwapUnit::Channel, SwapUnit::Value}) {
    UnitSwap swap(pair, unit);
    swap.swap(swap.differing());
    EXPECT_TRUE(equal(swap.current(), pair.to));
    EXPECT_TRUE(swap.differing().empty());
  }
}

TEST(UnitSwap, TheNewestVersionsCount) {
  EXPECT_EQ(v3_count(77, 3), 20u);
  EXPECT_EQ(v3_count(48, 3), 13u);
  EXPECT_EQ(v3_count(5, 0), 6u);
}

}  // namespace
}  // namespace ptravel
