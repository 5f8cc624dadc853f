#include "text/word_split.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

using Words = std::vector<std::u32string_view>;

TEST(WordSplit, Kinds) {
  EXPECT_EQ(split_words(U"  two words "), (Words{U"two", U"words"}));
  EXPECT_EQ(split_words(U"v1.25"), (Words{U"v", U"1", U".", U"2", U"5"}));
  EXPECT_EQ(split_words(U"a,, \u00BDcup"), (Words{U"a", U",,", U"\u00BD", U"cup"}));
  EXPECT_EQ(split_words(U"cafe\u0301"), (Words{U"cafe", U"\u0301"}));
  EXPECT_EQ(split_words(U""), Words{});
}

TEST(WordSplit, Contractions) {
  EXPECT_EQ(split_words(U"they're y'all'd"), (Words{U"they", U"'re", U"y", U"'", U"all", U"'d"}));
  EXPECT_EQ(split_words(U".'s"), (Words{U".'", U"s"}));
}

TEST(WordSplit, Marks) {
  EXPECT_EQ(split_words(U"a<|endoftext|>b"), (Words{U"a", U"<|endoftext|>", U"b"}));
  EXPECT_EQ(split_words(U"!<|endoftext|>"), (Words{U"!<|", U"endoftext", U"|>"}));
}

}  // namespace
}  // namespace ptravel
