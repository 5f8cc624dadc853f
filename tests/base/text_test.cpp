#include "base/text.h"

#include <cmath>
#include <limits>
#include <utility>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(Text, TrimAndSplit) {
  EXPECT_EQ(trimmed(" \t a b \r\n"), "a b");
  EXPECT_EQ(trimmed("   "), "");
  EXPECT_EQ(split("a::b", ':'), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ':'), (std::vector<std::string_view>{""}));
}

TEST(Text, CaseOfAsciiLettersAlone) {
  EXPECT_EQ(lower_case("DPM++ 2M É"), "dpm++ 2m É");
  EXPECT_TRUE(same_but_case("Content-Length", "content-LENGTH"));
  EXPECT_FALSE(same_but_case("É", "é"));
  EXPECT_FALSE(same_but_case("abc", "ab"));
  EXPECT_FALSE(same_but_case("a[", "a{"));  // 32 apart, no letters
}

TEST(Text, IntegersAsPythonReadsThem) {
  EXPECT_EQ(parse_integer(" +12 "), 12);
  EXPECT_EQ(parse_integer("-3"), -3);
  EXPECT_EQ(parse_integer("1_000"), 1000);
  for (const char* bad : {"", " ", "-", "1.0", "1_", "_1", "1__0", "0x1", "99999999999999999999"}) {
    EXPECT_EQ(parse_integer(bad), std::nullopt) << bad;
  }
}

TEST(Text, NumbersAsPythonPrintsThem) {
  const std::pair<double, const char*> cases[] = {
      {7, "7.0"},
      {0.6, "0.6"},
      {-0.0, "-0.0"},
      {1e-4, "0.0001"},
      {1e-5, "1e-05"},
      {1.5e-7, "1.5e-07"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {1e100, "1e+100"},
      {0.1 + 0.2, "0.30000000000000004"},
      {INFINITY, "inf"},
      {-INFINITY, "-inf"},
      {NAN, "nan"},
      {std::numeric_limits<double>::denorm_min(), "5e-324"}};
  for (const auto& [value, text] : cases) {
    EXPECT_EQ(number_text(value), text);
  }
}

TEST(Text, NumbersRoundTrip) {
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
