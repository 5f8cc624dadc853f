#include "text/unicode.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(Unicode, Categories) {
  EXPECT_TRUE(is_letter(U'a'));
  EXPECT_TRUE(is_letter(U'\u65E5'));
  EXPECT_FALSE(is_letter(U'\u0301'));  // A combining mark.
  EXPECT_TRUE(is_number(U'7'));
  EXPECT_TRUE(is_number(U'\u00BD'));
  EXPECT_TRUE(is_number(U'\u2167'));
  EXPECT_FALSE(is_number(U'a'));
  EXPECT_TRUE(is_white_space(U'\u3000'));
  EXPECT_FALSE(is_white_space(U'\u200B'));
  EXPECT_TRUE(is_word_character(U'_'));
  EXPECT_FALSE(is_word_character(U'-'));
  EXPECT_FALSE(is_letter(0x10FFFF));
}

TEST(Unicode, DecimalDigitsOfAllScripts) {
  EXPECT_EQ(decimal_digit(U'0'), 0);
  EXPECT_EQ(decimal_digit(U'9'), 9);
  EXPECT_EQ(decimal_digit(U'\u0967'), 1);  // Devanagari one.
  EXPECT_EQ(decimal_digit(U'/'), std::nullopt);
  EXPECT_EQ(decimal_digit(U':'), std::nullopt);
  EXPECT_EQ(decimal_digit(U'\u00B2'), std::nullopt);  // Superscript two is no decimal digit.
}

TEST(Unicode, LowerCase) {
  EXPECT_EQ(to_lower(U"STRASSE \u1E9E"), U"strasse \u00DF");
  EXPECT_EQ(to_lower(U"\u0130"), U"i\u0307");
  EXPECT_EQ(to_lower(U"\u0178\u0100\u0101"), U"\u00FF\u0101\u0101");
}

TEST(Unicode, FinalSigma) {
  EXPECT_EQ(to_lower(U"\u039F\u03A3"), U"\u03BF\u03C2");
  EXPECT_EQ(to_lower(U"\u03A3\u039F"), U"\u03C3\u03BF");
  EXPECT_EQ(to_lower(U"\u03A3"), U"\u03C3");      // Alone: no word to end.
  EXPECT_EQ(to_lower(U"A.\u03A3"), U"a.\u03C2");  // The dot is skipped.
  EXPECT_EQ(to_lower(U"A\u03A3'B"), U"a\u03C3'b");
  EXPECT_EQ(to_lower(U"A\u03A3 B"), U"a\u03C2 b");
}

TEST(Unicode, ComposedForm) {
  EXPECT_EQ(to_nfc(U"e\u0301"), U"\u00E9");
  EXPECT_EQ(to_nfc(U"\u212B"), U"\u00C5");                // Angstrom sign.
  EXPECT_EQ(to_nfc(U"q\u0307\u0323"), U"q\u0323\u0307");  // Marks are ordered.
  EXPECT_EQ(to_nfc(U"\u1112\u1161\u11AB"), U"\uD55C");    // Hangul.
  EXPECT_EQ(to_nfc(U"\u0958"), U"\u0915\u093C");          // Excluded from composition.
  EXPECT_EQ(to_nfc(U"a\u0328\u0301"), U"\u0105\u0301");
  EXPECT_EQ(to_nfc(U""), U"");
}

TEST(Unicode, ComposingTwiceChangesNothing) {
  std::u32string text;
  for (char32_t c = 0x20; c < 0x3100; ++c) {
    text.push_back(c);
  }
  EXPECT_EQ(to_nfc(to_nfc(text)), to_nfc(text));
  EXPECT_EQ(to_lower(to_lower(text)), to_lower(text));
}

}  // namespace
}  // namespace ptravel
