#include "text/prompt_composition.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

using Parts = std::vector<CompositionPart>;
using Texts = std::vector<std::string>;

TEST(PromptComposition, SplitsAtTheWord) {
  const PromptComposition composition = parse_prompt_composition("a cat :1.2 AND a dog:-0.5 AND c");
  EXPECT_EQ(composition.texts, (Texts{"a cat", " a dog", " c"}));
  EXPECT_EQ(composition.parts, (Parts{{0, 1.2}, {1, -0.5}, {2, 1.0}}));
  EXPECT_EQ(parse_prompt_composition("aANDb a_AND and").texts, (Texts{"aANDb a_AND and"}));
}

TEST(PromptComposition, EqualTextsAreStoredOnce) {
  const PromptComposition composition = parse_prompt_composition(" :2 AND :3");
  EXPECT_EQ(composition.texts, (Texts{""}));
  EXPECT_EQ(composition.parts, (Parts{{0, 2.0}, {0, 3.0}}));
}

TEST(PromptComposition, WhatIsNoWeightIsText) {
  for (const std::string text : {"a:1.2.3", "a:b", "a:", "x:1 y", "a 1.5", "a:1e3", "a:.", ""}) {
    const PromptComposition composition = parse_prompt_composition(text);
    EXPECT_EQ(composition.texts, (Texts{text}));
    EXPECT_EQ(composition.parts, (Parts{{0, 1.0}}));
  }
}

TEST(PromptComposition, WhiteSpaceStaysBeforeAndGoesAfter) {
  EXPECT_EQ(parse_prompt_composition("a\n : 1.5  AND \u3000b\n").texts, (Texts{"a", " \u3000b"}));
}

}  // namespace
}  // namespace ptravel
