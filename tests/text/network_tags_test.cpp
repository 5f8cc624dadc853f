#include "text/network_tags.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

using Problem = UnreadableTag::Problem;

LoraTags loras_of(std::string_view prompt) {
  return lora_tags(take_extra_networks(prompt).networks);
}

LoraTag lora_of(std::string_view prompt) {
  const LoraTags read = loras_of(prompt);
  EXPECT_FALSE(read.unreadable) << prompt;
  return read.tags.empty() ? LoraTag() : read.tags.front();
}

TEST(NetworkTags, StrengthsByPlaceAndByKey) {
  EXPECT_EQ(lora_of("<lora:a>"), (LoraTag{"a", 1, 1, {}}));
  EXPECT_EQ(lora_of("<lora:a:0.5>"), (LoraTag{"a", 0.5, 0.5, {}}));
  EXPECT_EQ(lora_of("<lora:a:0.5:-2>"), (LoraTag{"a", 0.5, -2, {}}));
  EXPECT_EQ(lora_of("<lora:a:1:te=0.5>"), (LoraTag{"a", 0.5, 0.5, {}}));
  EXPECT_EQ(lora_of("<lora:a:1:te=0.5:unet=0.25>"), (LoraTag{"a", 0.5, 0.25, {}}));
  EXPECT_EQ(lora_of("<lora:a:te=3:te=2>"), (LoraTag{"a", 2, 2, {}}));
  EXPECT_EQ(lora_of("<lora:a:1:1:4>"), (LoraTag{"a", 1, 1, 4}));
  EXPECT_TRUE(lora_of("<lora:a:1:dora=1.9>").dora_1_9);
  EXPECT_FALSE(lora_of("<lora:a:1:dora=1.10>").dora_1_9);
  EXPECT_EQ(loras_of("<lora:a:dora=2>").unreadable->message(),
            "<lora:a>: dora=2, expected 1.9 or 1.10");
  EXPECT_EQ(lora_of("<lora:a:1:1:4:dyn=-2>"), (LoraTag{"a", 1, 1, -2}));
}

TEST(NetworkTags, NumbersAsPythonReadsThem) {
  EXPECT_EQ(lora_of("<lora:a: 1e-1 >").unet, 0.1);
  EXPECT_EQ(lora_of("<lora:a:1_0.2_5>").unet, 10.25);
  EXPECT_EQ(lora_of("<lora:a:1:1: +1_2 >").dyn, 12);
  for (const char* text : {"", " ", "x", "1_", "_1", "1__0", "0x1", "inf", "nan", "1e999", "1,5"}) {
    const LoraTags read = loras_of(std::string("<lora:a:") + text + ">");
    ASSERT_TRUE(read.unreadable) << text;
    EXPECT_EQ(read.unreadable->argument, text);
    EXPECT_EQ(read.unreadable->problem, Problem::NotANumber);
  }
  for (const char* text : {"", "1.0", "-", "9999999999999999999"}) {
    const LoraTags read = loras_of(std::string("<lora:a:1:dyn=") + text + ">");
    ASSERT_TRUE(read.unreadable) << text;
    EXPECT_EQ(read.unreadable->problem, Problem::NotAWholeNumber);
  }
}

TEST(NetworkTags, OneUnreadableTagDisablesAll) {
  const LoraTags read = loras_of("<lora:a:1> <lora:b:x:y> <lora:c:z>");
  EXPECT_TRUE(read.tags.empty());
  ASSERT_TRUE(read.unreadable);
  EXPECT_EQ(read.unreadable->message(),
            "<lora:b>: \"x\" is not a number, expected a strength such as 0.8");
  ASSERT_TRUE(loras_of("<lora:te=1>").unreadable);
  EXPECT_EQ(loras_of("<lora:te=1>").unreadable->problem, Problem::NoName);
  // A tag of another kind is nobody's trouble.
  EXPECT_FALSE(loras_of("<lora:a:1> <hypernet:b:x>").unreadable);
}

TEST(NetworkTags, KindsInOrderOfFirstAppearance) {
  const auto networks = take_extra_networks("<lyco:a><x:b><lora:c><lyco:d>").networks;
  const auto groups = by_kind(networks);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].kind, "lyco");
  EXPECT_EQ(groups[0].tags.size(), 2u);
  EXPECT_EQ(groups[2].kind, "lora");
  std::string names;
  for (const LoraTag& tag : lora_tags(networks).tags) {
    names += tag.name;
  }
  EXPECT_EQ(names, "adc");
  EXPECT_TRUE(is_known_network_kind("lyco"));
  EXPECT_FALSE(is_known_network_kind("x"));
}

TEST(NetworkTags, TheLastStrengthCountsForAll) {
  const auto tags = with_last_strengths(loras_of("<lora:a:0.7><lora:b:2><lora:a:0.2>").tags);
  EXPECT_EQ(tags,
            (std::vector<LoraTag>{{"a", 0.2, 0.2, {}}, {"b", 2, 2, {}}, {"a", 0.2, 0.2, {}}}));
}

TEST(NetworkTags, Hypernetworks) {
  const auto read = hypernet_tags(take_extra_networks("<hypernet:h:0.5><hypernet:g>").networks);
  EXPECT_EQ(read.tags, (std::vector<HypernetTag>{{"h", 0.5}, {"g", 1}}));
  EXPECT_TRUE(hypernet_tags(take_extra_networks("<hypernet:h:x>").networks).unreadable);
}

}  // namespace
}  // namespace ptravel
