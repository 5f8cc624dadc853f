#include "travel/unit_swap.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

ContextPair pair_of_ones() {
  at::Tensor to = at::ones({2, 3});
  to[1][2] = 0;  // equal there
  return {at::zeros({2, 3}), to};
}

TEST(UnitSwap, RowsColumnsAndValues) {
  UnitSwap rows(pair_of_ones(), SwapUnit::Row);
  EXPECT_EQ(rows.distances().size(), 2u);
  rows.swap({1});
  EXPECT_CLOSE(rows.current(), at::tensor({0., 0., 0., 1., 1., 0.}, at::kFloat).reshape({2, 3}), 0);
  UnitSwap columns(pair_of_ones(), SwapUnit::Column);
  EXPECT_EQ(columns.distances().size(), 3u);
  columns.swap({0});
  EXPECT_CLOSE(columns.current(), at::tensor({1., 0., 0., 1., 0., 0.}, at::kFloat).reshape({2, 3}),
               0);
  UnitSwap values(pair_of_ones(), SwapUnit::Value);
  EXPECT_THAT(values.differing(), testing::ElementsAre(0, 1, 2, 3, 4));
  values.swap({4, 0});
  EXPECT_CLOSE(values.current(), at::tensor({1., 0., 0., 0., 1., 0.}, at::kFloat).reshape({2, 3}),
               0);
  EXPECT_THAT(values.differing(), testing::ElementsAre(1, 2, 3));
}

TEST(UnitSwap, AllSwappedIsTheTarget) {
  const ContextPair pair{at::rand({4, 5}), at::rand({4, 5})};
  for (const SwapUnit unit : {SwapUnit::Row, SwapUnit::Column, SwapUnit::Value}) {
    UnitSwap swap(pair, unit);
    swap.swap(swap.differing());
    EXPECT_TRUE(swap.current().equal(pair.to));
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
