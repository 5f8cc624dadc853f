#include "apps/train/look.h"

#include <array>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace ptravel::train {
namespace {

constexpr int kLooks = 20000;

TEST(Look, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kAttributes; ++i) {
    const AttributeInfo& row = info(static_cast<Attribute>(i));
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_GE(row.values.size(), 2U) << row.name;
    const std::set<std::string_view> values(row.values.begin(), row.values.end());
    EXPECT_EQ(values.size(), row.values.size()) << row.name;
  }
}

TEST(Look, RandomLooksFitTogether) {
  Dice dice(11);
  for (int i = 0; i < kLooks; ++i) {
    const Look look = random_look(dice);
    for (std::size_t k = 0; k < kAttributes; ++k) {
      const auto attribute = static_cast<Attribute>(k);
      ASSERT_GE(look[attribute], 0);
      ASSERT_LT(look[attribute], static_cast<int>(info(attribute).values.size()));
      if (!is_visible(look, attribute)) {
        EXPECT_FALSE(look.has(attribute)) << info(attribute).name;
      }
    }
    const int on_head = look[Attribute::Halo] + look[Attribute::WitchHat] + look[Attribute::Crown];
    EXPECT_LE(on_head, 1);
    EXPECT_FALSE(look.has(Attribute::WitchHat) && look.has(Attribute::CatEars));
    EXPECT_EQ(look[Attribute::Quality], quality::Clean);
  }
}

TEST(Look, EveryValueOccurs) {
  Dice dice(12);
  std::array<std::set<int>, kAttributes> seen;
  for (int i = 0; i < kLooks; ++i) {
    Look look = random_look(dice);
    look[Attribute::Quality] = i % 2 == 0 ? quality::Clean : random_degradation(dice);
    for (std::size_t k = 0; k < kAttributes; ++k) {
      seen[k].insert(look[static_cast<Attribute>(k)]);
    }
  }
  for (std::size_t k = 0; k < kAttributes; ++k) {
    const AttributeInfo& row = info(static_cast<Attribute>(k));
    EXPECT_EQ(seen[k].size(), row.values.size()) << row.name;
  }
}

TEST(Look, SameSeedSameLook) {
  Dice first(13);
  Dice second(13);
  Dice other(14);
  int equal = 0;
  for (int i = 0; i < 100; ++i) {
    const Look look = random_look(first);
    EXPECT_EQ(look, random_look(second));
    equal += static_cast<int>(look == random_look(other));
  }
  EXPECT_LT(equal, 5);
}

TEST(Dice, NumbersStayInTheirRanges) {
  Dice dice(15);
  double sum = 0;
  for (int i = 0; i < kLooks; ++i) {
    const double number = dice.uniform();
    ASSERT_GE(number, 0);
    ASSERT_LT(number, 1);
    sum += number;
    const int face = dice.below(6);
    ASSERT_GE(face, 0);
    ASSERT_LT(face, 6);
  }
  EXPECT_NEAR(sum / kLooks, 0.5, 0.01);
}

TEST(Placement, FitsThePose) {
  Dice dice(16);
  Look standing;
  Look flying;
  flying[Attribute::Pose] = pose::Flying;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(random_placement(standing, dice).tilt, random_placement(flying, dice).tilt);
  }
}

}  // namespace
}  // namespace ptravel::train
