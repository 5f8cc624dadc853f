#include "text/utf8.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(Utf8, EveryScalarValueRoundTrips) {
  for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 61) {
    if (c >= 0xD800 && c <= 0xDFFF) {
      continue;
    }
    ASSERT_EQ(decode_utf8(encode_utf8(std::u32string(1, c))), std::u32string(1, c))
        << std::hex << +c;
  }
}

TEST(Utf8, InvalidPartsBecomeReplacementCharacters) {
  EXPECT_EQ(decode_utf8("a\x80z"), U"a\uFFFDz");
  EXPECT_EQ(decode_utf8("\xC0\xAF"), U"\uFFFD\uFFFD");            // Overlong slash.
  EXPECT_EQ(decode_utf8("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");  // Surrogate.
  EXPECT_EQ(decode_utf8("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode_utf8("\xE2\x82"), U"\uFFFD");  // Cut at the end.
  EXPECT_EQ(decode_utf8("\xE2\x82z"), U"\uFFFDz");
  EXPECT_EQ(decode_utf8("\xFF"), U"\uFFFD");
}

TEST(Utf8, ValidTextIsUnchanged) {
  const std::string text = "caf\u00E9 \u65E5\u672C \U0001F600";
  EXPECT_EQ(valid_utf8(text), text);
  EXPECT_EQ(valid_utf8(""), "");
}

}  // namespace
}  // namespace ptravel
