#include "base/json_number.h"

#include <limits>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> whole(const char* text) {
  return json_integer(nlohmann::json::parse(text));
}

TEST(JsonNumber, WholeNumbersThatFit) {
  EXPECT_EQ(whole("0"), 0);
  EXPECT_EQ(whole("-7"), -7);
  EXPECT_EQ(whole("9223372036854775807"), kMost);
  EXPECT_EQ(whole("-9223372036854775808"), kLeast);
  EXPECT_EQ(json_integer(nlohmann::ordered_json(12)), 12);
}

TEST(JsonNumber, WhatIsNoWholeNumberOf64Bits) {
  for (const char* bad : {"1e308", "-1e308", "1e19", "1.5", "1.0", "9223372036854775808",
                          "18446744073709551615", "18446744073709551616", "-9223372036854775809",
                          "\"text\"", "\"7\"", "true", "null", "[7]", "{\"a\": 7}"}) {
    EXPECT_EQ(whole(bad), std::nullopt) << bad;
    EXPECT_EQ(json_integer(nlohmann::ordered_json::parse(bad)), std::nullopt) << bad;
  }
}

TEST(JsonNumber, WholeNumbersWithinLimits) {
  EXPECT_EQ(json_integer(nlohmann::json(1), 1, 1024), 1);
  EXPECT_EQ(json_integer(nlohmann::json(1024), 1, 1024), 1024);
  EXPECT_EQ(json_integer(nlohmann::json(0), 1, 1024), std::nullopt);
  EXPECT_EQ(json_integer(nlohmann::json(1025), 1, 1024), std::nullopt);
  EXPECT_EQ(json_integer(nlohmann::json(-1), 0), std::nullopt);
  // The library compares this one as -1.
  EXPECT_EQ(json_integer(nlohmann::json::parse("18446744073709551615"), -5, 5), std::nullopt);
}

TEST(JsonNumber, Numbers) {
  const auto number = [](const char* text) { return json_number(nlohmann::json::parse(text)); };
  EXPECT_EQ(number("1e308"), 1e308);
  EXPECT_EQ(number("-2"), -2.0);
  EXPECT_EQ(number("18446744073709551615"), 18446744073709551616.0);
  EXPECT_EQ(number("\"1\""), std::nullopt);
  EXPECT_EQ(number("null"), std::nullopt);
  EXPECT_EQ(number("true"), std::nullopt);
  EXPECT_EQ(json_number(nlohmann::json(std::numeric_limits<double>::infinity())), std::nullopt);
  EXPECT_EQ(json_number(nlohmann::json(std::numeric_limits<double>::quiet_NaN())), std::nullopt);
  EXPECT_EQ(json_number(nlohmann::json(0.5), 0, 1), 0.5);
  EXPECT_EQ(json_number(nlohmann::json(1.5), 0, 1), std::nullopt);
}

TEST(JsonNumber, WholeNumbersMayHaveAFraction) {
  const auto whole = [](const char* text) {
    return json_whole_number(nlohmann::json::parse(text));
  };
  EXPECT_EQ(whole("12"), 12);
  EXPECT_EQ(whole("12.0"), 12);
  EXPECT_EQ(whole("-1e3"), -1000);
  EXPECT_EQ(whole("9007199254740992.0"), 9007199254740992);
  for (const char* bad : {"12.5", "1e16", "1e308", "-1e308", "\"12\"", "null", "true", "[12]"}) {
    EXPECT_EQ(whole(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(json_whole_number(nlohmann::json(8.0), 1, 7), std::nullopt);
}

}  // namespace
}  // namespace ptravel
