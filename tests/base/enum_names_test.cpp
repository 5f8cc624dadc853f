#include "base/enum_names.h"

#include <set>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

enum class Colour { Red, Blue };
constexpr auto kColourNames = enum_names<Colour>({{Colour::Red, "red"}, {Colour::Blue, "blue"}});

TEST(EnumNames, RoundTripsAndListsChoices) {
  EXPECT_EQ(kColourNames.name(Colour::Blue), "blue");
  EXPECT_EQ(kColourNames.parse("red"), Colour::Red);
  EXPECT_EQ(kColourNames.parse("Red"), std::nullopt);
  EXPECT_EQ(kColourNames.choices(), "red, blue");
}

}  // namespace
}  // namespace ptravel
