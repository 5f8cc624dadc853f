#include "text/prompt_markup.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(PromptMarkup, Comments) {
  EXPECT_EQ(remove_prompt_comments("a cat"), "a cat");
  EXPECT_EQ(remove_prompt_comments("#all"), "\n");
  EXPECT_EQ(remove_prompt_comments("a\n# note\nb"), "a\nb");
  EXPECT_EQ(remove_prompt_comments("a # note\nb"), "a \nb");
  EXPECT_EQ(remove_prompt_comments("a # note"), "a \n");
}

TEST(PromptMarkup, TagsAreCutOut) {
  const PromptWithNetworks result =
      take_extra_networks("a <lora:x:0.8:te=0.5:a=b=c> b<hypernet:h>");
  EXPECT_EQ(result.prompt, "a  b");
  ASSERT_EQ(result.networks.size(), 2u);
  EXPECT_EQ(result.networks[0].kind, "lora");
  EXPECT_EQ(result.networks[0].positional, (std::vector<std::string>{"x", "0.8", "a=b=c"}));
  ASSERT_EQ(result.networks[0].named.size(), 1u);
  EXPECT_EQ(result.networks[0].named[0].second, "0.5");
  EXPECT_EQ(result.networks[1].kind, "hypernet");
}

TEST(PromptMarkup, WhatIsNoTagStays) {
  for (const std::string text :
       {"<b>", "<:x>", "<lora:>", "<lora:x", "a < b > c", "<lo ra:x>", "<", ">"}) {
    const PromptWithNetworks result = take_extra_networks(text);
    EXPECT_EQ(result.prompt, text);
    EXPECT_TRUE(result.networks.empty());
  }
}

}  // namespace
}  // namespace ptravel
