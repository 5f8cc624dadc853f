#include "media/infotext.h"

#include <random>

#include <gmock/gmock.h>

namespace ptravel {
namespace {

using testing::ElementsAre;
using testing::Pair;

Infotext with_items(std::string prompt, std::string negative_prompt = "") {
  Infotext infotext;
  infotext.prompt = std::move(prompt);
  infotext.negative_prompt = std::move(negative_prompt);
  infotext.items = {{"Steps", "20"}, {"Sampler", "Euler a"}, {"CFG scale", "7"}};
  return infotext;
}

TEST(Infotext, FormatsAsTheWebUi) {
  Infotext infotext = with_items("a cat, <lora:foo:0.8>", "blurry");
  infotext.set("Size", "512x512");
  infotext.set("Lora hashes", "foo: 0123456789ab");
  EXPECT_EQ(format_infotext(infotext),
            "a cat, <lora:foo:0.8>\nNegative prompt: blurry\n"
            "Steps: 20, Sampler: Euler a, CFG scale: 7, Size: 512x512, "
            "Lora hashes: \"foo: 0123456789ab\"");
  EXPECT_EQ(format_infotext(with_items("")), "Steps: 20, Sampler: Euler a, CFG scale: 7");
  EXPECT_EQ(format_infotext({"a", "", {{"Tiling", "Tiling"}}}), "a\nTiling");
}

TEST(Infotext, ParsesWhatTheWebUiWrites) {
  const Infotext infotext = parse_infotext(
      "a cat, (dog:1.2)\nsecond line\nNegative prompt: blurry,\nugly\nSteps: 20, Sampler: DPM++ "
      "2M, "
      "Schedule type: Karras, Size: 512x768, Lora hashes: \"foo: 01, bar: 02\", Version: v1.10.1");
  EXPECT_EQ(infotext.prompt, "a cat, (dog:1.2)\nsecond line");
  EXPECT_EQ(infotext.negative_prompt, "blurry,\nugly");
  EXPECT_THAT(infotext.items,
              ElementsAre(Pair("Steps", "20"), Pair("Sampler", "DPM++ 2M"),
                          Pair("Schedule type", "Karras"), Pair("Size", "512x768"),
                          Pair("Lora hashes", "foo: 01, bar: 02"), Pair("Version", "v1.10.1")));
  EXPECT_EQ(infotext.find("Schedule type"), "Karras");
  EXPECT_EQ(infotext.find("schedule type"), std::nullopt);
}

TEST(Infotext, FewerThanThreeItemsArePrompt) {
  const Infotext infotext = parse_infotext("a cat\nSteps: 20, Seed: 1");
  EXPECT_EQ(infotext.prompt, "a cat\nSteps: 20, Seed: 1");
  EXPECT_TRUE(infotext.items.empty());
  EXPECT_EQ(parse_infotext("Negative prompt: x\ny").negative_prompt, "x\ny");
  EXPECT_EQ(parse_infotext(" \n "), Infotext());
}

TEST(Infotext, ItemPattern) {
  const Infotext infotext = parse_infotext(
      "noise; Q: no, ab:1,cd : 2,e-f/g: \"x\" y, Größe: 3, (odd): 4, Empty: , Q2: \"\"");
  EXPECT_THAT(infotext.items,
              ElementsAre(Pair("ab", "1"), Pair("cd ", "2"), Pair("e-f/g", "\"x\" y"),
                          Pair("Größe", "3"), Pair("Q2", "")));
}

TEST(Infotext, LaterValueOfAKeyCounts) {
  const Infotext infotext = parse_infotext("Steps: 1, Seed: 2, Steps: 3");
  EXPECT_THAT(infotext.items, ElementsAre(Pair("Steps", "3"), Pair("Seed", "2")));
}

TEST(Infotext, OfVeryManyItemsTheFirstAreRead) {
  std::string line = "Steps: 1";
  for (int i = 0; i < 300'000; ++i) {
    line += ", Key" + std::to_string(i) + ": 1";
  }
  const Infotext infotext = parse_infotext(line);
  EXPECT_EQ(infotext.items.size(), 1000u);
  EXPECT_EQ(infotext.find("Steps"), "1");
}

TEST(Infotext, PromptsSurvive) {
  for (const char* prompt : {"", "a cat", "two\nlines", "a\n\nb", "\"quoted\", and: colons",
                             "猫，かわいい: 「絵」", "back\\slash", "[a:b:0.5] (c:1.2) <lora:x:1>",
                             "Steps: 1, Seed: 2, Size: 3x4", "emoji 😀, tab\there"}) {
    for (const char* negative : {"", "bad, \"worse\"", "line\nline: two, 悪い"}) {
      const Infotext infotext = with_items(prompt, negative);
      EXPECT_EQ(parse_infotext(format_infotext(infotext)), infotext) << prompt << "|" << negative;
    }
  }
}

TEST(Infotext, AnyValueSurvives) {
  std::mt19937 random(1);
  const std::string alphabet = "ab ,:\"\\\n\t\x01{}x1é漢";
  for (int i = 0; i < 2000; ++i) {
    std::string value;
    for (std::size_t length = random() % 9; length > 0; --length) {
      value += alphabet[random() % alphabet.size()];
    }
    Infotext infotext = with_items("prompt");
    infotext.set("Value", value);
    EXPECT_EQ(parse_infotext(format_infotext(infotext)), infotext) << value;
  }
}

TEST(Infotext, Quoting) {
  EXPECT_EQ(quote_infotext_value("Euler a"), "Euler a");
  EXPECT_EQ(quote_infotext_value("a\"b"), "a\"b");
  EXPECT_EQ(quote_infotext_value("a, b"), "\"a, b\"");
  EXPECT_EQ(quote_infotext_value("a: \"ö\"\n\x01"), "\"a: \\\"ö\\\"\\n\\u0001\"");
  EXPECT_EQ(quote_infotext_value(" a"), "\" a\"");
  EXPECT_EQ(unquote_infotext_value("\"\\u00e9\\ud83d\\ude00\\/\""), "é😀/");
  for (const char* broken : {"\"", "\"a", "a\"", "\"a\"b\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
                             "\"\\\"", "\"tab\t\""}) {
    EXPECT_EQ(unquote_infotext_value(broken), broken);
  }
}

TEST(Infotext, Sizes) {
  EXPECT_EQ(parse_infotext_size("512x768"), std::pair(512, 768));
  for (const char* bad : {"", "x", "512", "512x", "x512", "512x7a", "-1x5", "+1x5", " 1x2", "1x2x3",
                          "99999999999x1", "2000000000x1"}) {
    EXPECT_EQ(parse_infotext_size(bad), std::nullopt) << bad;
  }
  EXPECT_THAT(split_infotext_sizes(parse_infotext("Steps: 20, Size: 512x768, Seed: 1")),
              ElementsAre(Pair("Steps", "20"), Pair("Size-1", "512"), Pair("Size-2", "768"),
                          Pair("Seed", "1")));
}

TEST(Infotext, HugeHostileLinesAreQuick) {
  for (const char* piece : {"a", "ab:\"", "ab:\"\\", "a ", ":", "\"", "ab: ,"}) {
    std::string text;
    while (text.size() < 1'000'000) {
      text += piece;
    }
    const Infotext infotext = parse_infotext(text);
    EXPECT_LE(infotext.items.size(), 1u);
  }
}

}  // namespace
}  // namespace ptravel
