#include "base/text.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(Text, TrimAndSplit) {
  EXPECT_EQ(trimmed(" \t a b \r\n"), "a b");
  EXPECT_EQ(trimmed("   "), "");
  EXPECT_EQ(split("a::b", ':'), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ':'), (std::vector<std::string_view>{""}));
}

TEST(Text, IntegersAsPythonReadsThem) {
  EXPECT_EQ(parse_integer(" +12 "), 12);
  EXPECT_EQ(parse_integer("-3"), -3);
  EXPECT_EQ(parse_integer("1_000"), 1000);
  for (const char* bad : {"", " ", "-", "1.0", "1_", "_1", "1__0", "0x1", "99999999999999999999"}) {
    EXPECT_EQ(parse_integer(bad), std::nullopt) << bad;
  }
}

TEST(Text, NumbersRoundTrip) {
  EXPECT_EQ(number_text(7), "7.0");
  EXPECT_EQ(number_text(0.6), "0.6");
  EXPECT_EQ(number_text(1.0 / 3), "0.3333333333333333");
  for (const double value : {0.1, 1e-5, 123456.75, -2.5}) {
    EXPECT_EQ(parse_number(number_text(value)), value);
  }
  for (const char* bad : {"", "nan", "inf", "1,5", "1.0x"}) {
    EXPECT_EQ(parse_number(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace ptravel
