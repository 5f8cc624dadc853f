#include "text/mojibake.h"

#include <gtest/gtest.h>

#include "text/code_pages.h"
#include "text/garbled.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

/// The text as it looks when its UTF-8 is read in `page`.
std::u32string misread(std::u32string_view text, const CodePage& page) {
  std::u32string garbled;
  for (const char byte : encode_utf8(text)) {
    garbled.push_back(page.character_of(static_cast<unsigned char>(byte)));
  }
  return garbled;
}

TEST(Mojibake, CodePagesRoundTrip) {
  for (const CodePage* page = CodePage::begin(); page != CodePage::end(); ++page) {
    for (int byte = 0; byte < 256; ++byte) {
      const auto value = static_cast<unsigned char>(byte);
      EXPECT_EQ(page->byte_of(page->character_of(value)), value);
    }
    EXPECT_EQ(page->encode(U"\U0001F600"), std::nullopt);
  }
}

TEST(Mojibake, UndoesMisreading) {
  for (const CodePage* page : {&CodePage::latin1(), &CodePage::windows1252()}) {
    for (const std::u32string_view text :
         {U"\u201Cquote\u201D", U"\u65E5\u672C\u8A9E", U"it\u2019s", U"\U0001F600"}) {
      EXPECT_EQ(fix_mojibake(misread(text, *page)), text);
    }
  }
}

TEST(Mojibake, UndoesTwoMisreadings) {
  const CodePage& page = CodePage::windows1252();
  EXPECT_EQ(fix_mojibake(misread(misread(U"caf\u00E9", page), page)), U"caf\u00E9");
}

TEST(Mojibake, SoundTextStays) {
  for (const std::u32string_view text :
       {U"caf\u00E9", U"Z\u00FCrich", U"\u041F\u0440\u0438\u0432\u0435\u0442", U"\u65E5\u672C",
        U"50 \u20AC", U"na\u00EFve fa\u00E7ade", U"x\u00B2", U"plain", U""}) {
    EXPECT_FALSE(looks_garbled(text));
    EXPECT_EQ(fix_mojibake(text), text);
  }
}

TEST(Mojibake, LossesAndChangedSpaces) {
  EXPECT_EQ(fix_mojibake(U"\u00E2\u20AC\u0153like this\u00E2\u20AC\uFFFD"),
            U"\u201Clike this\uFFFD");
  EXPECT_EQ(fix_mojibake(U"voil\u00C3 le travail"), U"voil\u00E0 le travail");
}

TEST(Mojibake, PiecesInASoundText) {
  EXPECT_EQ(fix_mojibake(U"\u65E5\u672C \u00E2\u20AC\u0153x"), U"\u65E5\u672C \u201Cx");
}

TEST(Mojibake, ControlCharactersAreWindows1252) {
  EXPECT_EQ(fix_c1_controls(U"a\u0085b\u0092\u0081"), U"a\u2026b\u2019\u0081");
}

}  // namespace
}  // namespace ptravel
