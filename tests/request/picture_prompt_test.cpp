#include "request/picture_prompt.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

using Parts = std::vector<WeightedText>;

void expect_parts(PromptScheme scheme, const std::string& prompt, const Parts& expected) {
  const Parts parts = parse_weighted_prompt(prompt, scheme);
  ASSERT_EQ(parts.size(), expected.size()) << prompt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ(parts[i].text, expected[i].text) << prompt;
    EXPECT_NEAR(parts[i].weight, expected[i].weight, 1e-9) << prompt;
  }
}

TEST(PicturePrompt, NovelAiWeighsByCurlyAndSquareBrackets) {
  const auto scheme = PromptScheme::NovelAi;
  expect_parts(scheme, "1girl, {smile}, forest",
               {{"1girl, ", 1}, {"smile", 1.05}, {", forest", 1}});
  expect_parts(
      scheme, "{{{a}}} [b] [[c]]",
      {{"a", 1.05 * 1.05 * 1.05}, {" ", 1}, {"b", 1 / 1.05}, {" ", 1}, {"c", 1 / 1.05 / 1.05}});
  expect_parts(scheme, "(round) a:1.3", {{"(round) a:1.3", 1}});
  expect_parts(scheme, "a 1.5::b, c::, d", {{"a ", 1}, {"b, c", 1.5}, {", d", 1}});
  expect_parts(scheme, "", {});
}

TEST(PicturePrompt, ComfyUiNumbersCountByThemselves) {
  const auto scheme = PromptScheme::ComfyUi;
  expect_parts(scheme, "a (b) (c:1.3)", {{"a ", 1}, {"b", 1.1}, {" ", 1}, {"c", 1.3}});
  expect_parts(scheme, "((a:1.3))", {{"a", 1.3}});
  expect_parts(scheme, "((a) b:1.3)", {{"a", 1.43}, {" b", 1.3}});
  expect_parts(scheme, "[a:b:0.5] \\(c\\)", {{"[a:b:0.5] (c)", 1}});
  expect_parts(scheme, "a (b", {{"a (b", 1}});
}

TEST(PicturePrompt, CompelWeighsWordsAndGroups) {
  const auto scheme = PromptScheme::Compel;
  expect_parts(scheme, "a cat++ in high-quality",
               {{"a ", 1}, {"cat", 1.21}, {" in high-quality", 1}});
  expect_parts(scheme, "(a dog)1.3, rain--", {{"a dog", 1.3}, {", ", 1}, {"rain", 0.81}});
  expect_parts(scheme, "(a (b)+)0.5", {{"a ", 0.5}, {"b", 0.55}});
  expect_parts(scheme, "(plain) - \\(c\\)", {{"plain - (c)", 1}});
}

TEST(PicturePrompt, BracketsKnowNoEditing) {
  expect_parts(PromptScheme::Brackets, "((a)) [b] (c:1.5) [d:e:0.5]",
               {{"a", 1.21},
                {" ", 1},
                {"b", 1 / 1.1},
                {" ", 1},
                {"c", 1.5},
                {" ", 1},
                {"d:e:0.5", 1 / 1.1}});
}

TEST(PicturePrompt, OurGrammarGetsWeightsAndLiteralCharacters) {
  EXPECT_EQ(convert_prompt("1girl, {smile}, forest", PromptScheme::NovelAi, {}),
            "1girl, (smile:1.05), forest");
  EXPECT_EQ(convert_prompt("(a) [b]", PromptScheme::NovelAi, {}), "\\(a\\) (b:0.952381)");
  EXPECT_EQ(convert_prompt("a [b|c] #1 \\n", PromptScheme::ComfyUi, {}),
            "a \\[b|c\\] \xEF\xBC\x83"
            "1 \\\\n");
  EXPECT_EQ(convert_prompt("cat AND dog BREAK sANDy", PromptScheme::ComfyUi, {}),
            "cat and dog break sANDy");
  EXPECT_EQ(convert_prompt("cat BREAK dog", PromptScheme::Brackets, {.breaks = true}),
            "cat BREAK dog");
  EXPECT_EQ(convert_prompt("ratio 16:9", PromptScheme::ComfyUi, {}),
            "ratio 16\xEF\xBC\x9A"
            "9");
  EXPECT_EQ(convert_prompt("<lora:a:1>", PromptScheme::ComfyUi, {}), "\xEF\xBC\x9Clora:a:1>");
  EXPECT_EQ(convert_prompt("(<lora:a:1> b:1.2)", PromptScheme::ComfyUi, {.tags = true}),
            "(<lora:a:1> b:1.2)");
  EXPECT_EQ(convert_prompt("[as] (it: is)", PromptScheme::WebUi, {}), "[as] (it: is)");
}

TEST(PicturePrompt, DeepAndBrokenBracketsAreSurvived) {
  for (const auto scheme : {PromptScheme::Brackets, PromptScheme::ComfyUi, PromptScheme::NovelAi,
                            PromptScheme::Compel}) {
    for (const char* piece :
         {"(", "[", "{", ")", "]", "}", "\\", ":", "::", "+", "(a:1.2", "1.5::"}) {
      std::string prompt;
      for (int i = 0; i < 3000; ++i) {
        prompt += piece;
      }
      convert_prompt(prompt, scheme, {});
    }
  }
}

}  // namespace
}  // namespace ptravel
