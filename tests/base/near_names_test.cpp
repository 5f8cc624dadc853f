#include "base/near_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

using testing::ElementsAre;

TEST(NearNames, TheMostAlikeComeFirst) {
  EXPECT_THAT(nearest_first({"4x_lace", "2x_compact", "rife47", "RIFE49", "x"}, "rife48"),
              ElementsAre("rife47", "RIFE49", "x", "4x_lace", "2x_compact"));
  EXPECT_THAT(nearest_first({"abcd", "4x_foolhardy_Remacri", "remacro"}, "remacri"),
              ElementsAre("4x_foolhardy_Remacri", "remacro", "abcd"));
  EXPECT_THAT(nearest_first({"b", "a", ""}, ""), ElementsAre("", "b", "a"));
  EXPECT_THAT(nearest_first({}, "a"), ElementsAre());
}

TEST(NearNames, AMessageNamesSoManyAndCountsTheOthers) {
  EXPECT_EQ(names_for_message({"b", "a"}, "a", 2), "b, a");
  EXPECT_EQ(names_for_message({"far", "aa", "ab", "else"}, "ab", 2), "ab, aa and 2 more");
  EXPECT_EQ(names_for_message({}, "a", 2), "");
}

}  // namespace
}  // namespace ptravel
