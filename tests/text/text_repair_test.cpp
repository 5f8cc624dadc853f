#include "text/text_repair.h"

#include <random>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(TextRepair, Steps) {
  const std::pair<std::u32string_view, std::u32string_view> cases[] = {
      {U"\u201Cquotes\u201D and \u2018it\u2019s\u2019", U"\"quotes\" and 'it's'"},
      {U"\uFF21\uFF22\uFF23\u3000\uFF11", U"ABC 1"},
      {U"\uFF76\uFF9E", U"\u30AC"},  // Half-width ka and its voicing mark, then composed.
      {U"\uFB01ne \uFB02ow \u0149", U"fine flow 'n"},
      {U"a\r\nb\rc\u2028d", U"a\nb\nc\nd"},
      {U"\u001B[31;1mred\u001B[0m \u001B[", U"red ["},
      {U"nul\u0001 bom\uFEFF del\u007F", U"nul bom del"},
      {U"cafe\u0301", U"caf\u00E9"},
      {U"caf\u00C3\u00A9", U"caf\u00E9"},
      {U"&eacute;&amp;amp;", U"\u00E9&"},
      {U"", U""},
  };
  for (const auto& [text, repaired] : cases) {
    EXPECT_EQ(repair_text(text), repaired);
  }
}

TEST(TextRepair, EntitiesStayOnceALessThanWasSeen) {
  EXPECT_EQ(repair_text(U"<b>&amp;</b>"), U"<b>&amp;</b>");
  EXPECT_EQ(repair_text(U"&amp;\n<\n&amp;"), U"&\n<\n&amp;");
}

TEST(TextRepair, AsciiPromptsStay) {
  const std::u32string prompt = U"(masterpiece:1.2), [a|b], <lora:x:0.8> it's R&D; 50% \\(x\\)";
  EXPECT_EQ(repair_text(prompt), prompt);
}

TEST(TextRepair, RepairingTwiceChangesNothing) {
  std::mt19937 random(7);
  for (int run = 0; run < 2000; ++run) {
    std::u32string text;
    for (int i = 0; i < 12; ++i) {
      text.push_back(random() % 4 == 0 ? 0x20 + random() % 0x60 : 0x80 + random() % 0x2100);
    }
    const std::u32string once = repair_text(text);
    EXPECT_EQ(repair_text(once), once);
  }
}

TEST(TextRepair, NestedEntitiesEndInBoundedTime) {
  std::u32string text = U"&";
  for (int i = 0; i < 20000; ++i) {
    text += U"amp;";
  }
  EXPECT_LT(repair_text(text).size(), text.size());
}

}  // namespace
}  // namespace ptravel
