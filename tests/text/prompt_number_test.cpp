#include "text/prompt_number.h"

#include <limits>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(PromptNumber, Values) {
  EXPECT_EQ(parse_prompt_number(U"1.5"), 1.5);
  EXPECT_EQ(parse_prompt_number(U"-.5"), -0.5);
  EXPECT_EQ(parse_prompt_number(U"+5."), 5.0);
  EXPECT_EQ(parse_prompt_number(U"1e-1"), 0.1);
  EXPECT_EQ(parse_prompt_number(U"\u0967.\u096B"), 1.5);
}

TEST(PromptNumber, BeyondTheRange) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(parse_prompt_number(std::u32string(400, U'9')), infinity);
  EXPECT_EQ(parse_prompt_number(U"-" + std::u32string(400, U'9') + U".5"), -infinity);
  EXPECT_EQ(parse_prompt_number(U"1e999"), infinity);
  EXPECT_EQ(parse_prompt_number(U"1e-999"), 0.0);
  EXPECT_EQ(parse_prompt_number(U"0." + std::u32string(400, U'0') + U"1"), 0.0);
}

TEST(PromptNumber, OtherTextsAreNone) {
  for (const std::u32string_view text : {U"", U".", U"+", U"-.", U"1.2.3", U"--1", U"e5", U"1e",
                                         U" 1", U"inf", U"nan", U"0x10", U"1_0", U"1,5"}) {
    EXPECT_EQ(parse_prompt_number(text), std::nullopt);
  }
}

}  // namespace
}  // namespace ptravel
