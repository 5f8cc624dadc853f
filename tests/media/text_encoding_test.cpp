#include "media/text_encoding.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(TextEncoding, CodePointsSurviveUtf8) {
  for (const std::uint32_t code_point :
       {0x1u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xFFFDu, 0x10000u, 0x1F600u, 0x10FFFFu}) {
    std::string text;
    append_utf8(text, code_point);
    std::size_t position = 0;
    EXPECT_EQ(next_code_point(text, position), code_point);
    EXPECT_EQ(position, text.size());
  }
}

TEST(TextEncoding, InvalidSequencesAreFound) {
  for (const char* bytes : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                            "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80", "a\xFF"}) {
    EXPECT_FALSE(is_utf8(bytes)) << bytes;
  }
  EXPECT_TRUE(is_utf8("größe 漢字 😀"));
  EXPECT_EQ(drop_invalid_utf8("a\xFFö\xC3"), "aö");
}

TEST(TextEncoding, Latin1RoundTrip) {
  std::string all;
  for (int i = 1; i < 256; ++i) {
    all += static_cast<char>(i);
  }
  EXPECT_EQ(utf8_to_latin1(latin1_to_utf8(all)), all);
  EXPECT_EQ(utf8_to_latin1("Ā"), std::nullopt);
  EXPECT_EQ(utf8_to_latin1("\xFF"), std::nullopt);
}

TEST(TextEncoding, Utf16) {
  const std::string big("\0a\x6F\x22\xD8\x3D\xDE\x00", 8);
  EXPECT_EQ(utf16_to_utf8(big, ByteOrder::BigEndian), "a漢😀");
  const std::string little("a\0\x22\x6F\x3D\xD8\x00\xDE", 8);
  EXPECT_EQ(utf16_to_utf8(little, ByteOrder::LittleEndian), "a漢😀");
  EXPECT_EQ(utf16_to_utf8(std::string_view("\xD8\x3D\0a\0", 5), ByteOrder::BigEndian),
            "\xEF\xBF\xBD"
            "a");
}

TEST(TextEncoding, StripTakesPythonsSpaces) {
  EXPECT_EQ(strip(" \t\x1c\u00a0a b\u3000\r\n"), "a b");
  EXPECT_EQ(strip(" \u2003 "), "");
  EXPECT_EQ(strip(""), "");
  EXPECT_EQ(strip("漢"), "漢");
  EXPECT_EQ(strip("a\x80 "), "a\x80");
}

}  // namespace
}  // namespace ptravel
