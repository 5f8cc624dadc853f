#include "text/prompt_attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Pieces = std::vector<WeightedText>;

TEST(PromptAttention, Brackets) {
  EXPECT_EQ(parse_prompt_attention("an (important) word"),
            (Pieces{{"an ", 1}, {"important", 1.1}, {" word", 1}}));
  EXPECT_EQ(parse_prompt_attention("(a:1.3)"), (Pieces{{"a", 1.3}}));
  EXPECT_EQ(parse_prompt_attention("((a: 1.3 ))"), (Pieces{{"a", 1.3 * 1.1}}));
  EXPECT_EQ(parse_prompt_attention("[a]"), (Pieces{{"a", 1 / 1.1}}));
  EXPECT_EQ(parse_prompt_attention("(a:-0.5)(b:0)"), (Pieces{{"a", -0.5}, {"b", 0}}));
}

TEST(PromptAttention, UnbalancedBrackets) {
  EXPECT_EQ(parse_prompt_attention("(a"), (Pieces{{"a", 1.1}}));
  EXPECT_EQ(parse_prompt_attention("a)] (b"), (Pieces{{"a)] ", 1}, {"b", 1.1}}));
  EXPECT_EQ(parse_prompt_attention("a:1.3)"), (Pieces{{"a:1.3)", 1}}));
}

TEST(PromptAttention, Escapes) {
  EXPECT_EQ(parse_prompt_attention("\\(a\\)\\[\\]\\\\"), (Pieces{{"(a)[]\\", 1}}));
  EXPECT_EQ(parse_prompt_attention("\\a\\"), (Pieces{{"a", 1}}));
}

TEST(PromptAttention, Breaks) {
  const Pieces pieces = parse_prompt_attention("a  BREAK\n b");
  EXPECT_EQ(pieces, (Pieces{{"a", 1}, {"BREAK", -1}, {"b", 1}}));
  EXPECT_TRUE(pieces[1].is_break());
  EXPECT_EQ(parse_prompt_attention("aBREAK BREAK_ break"), (Pieces{{"aBREAK BREAK_ break", 1}}));
  EXPECT_FALSE(parse_prompt_attention("(a BREAK b)")[1].is_break());
}

TEST(PromptAttention, EqualNeighboursAreJoined) {
  EXPECT_EQ(parse_prompt_attention("(a)(b:1.1)c"), (Pieces{{"ab", 1.1}, {"c", 1}}));
  EXPECT_EQ(parse_prompt_attention(""), (Pieces{{"", 1}}));
  EXPECT_EQ(parse_prompt_attention("()"), (Pieces{{"", 1}}));
}

TEST(PromptAttention, BadNumberIsNamed) {
  for (const std::string prompt : {"(a:1.3.4)", "x (b:.)", "(a:+..)"}) {
    try {
      parse_prompt_attention(prompt);
      FAIL() << prompt;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
      EXPECT_THAT(error.what(), testing::HasSubstr("[prompt] weight"));
    }
  }
}

TEST(PromptAttention, NestingHasALimit) {
  EXPECT_EQ(parse_prompt_attention(std::string(1000, '(') + "a").size(), 1u);
  EXPECT_THROW(parse_prompt_attention(std::string(1001, '(') + "a"), Error);
  EXPECT_THROW(parse_prompt_attention(std::string(100000, '[')), Error);
}

TEST(PromptAttention, InvalidUtf8IsReplaced) {
  EXPECT_EQ(parse_prompt_attention("(\xFF)"), (Pieces{{"\uFFFD", 1.1}}));
}

}  // namespace
}  // namespace ptravel
