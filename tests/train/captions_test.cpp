#include "apps/train/captions.h"

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ptravel::train {
namespace {

constexpr int kCaptions = 20000;

struct Sample {
  Look look;
  Caption caption;
};

std::vector<Sample> random_samples(std::uint64_t seed) {
  Dice dice(seed);
  std::vector<Sample> samples;
  for (int i = 0; i < kCaptions; ++i) {
    Look look = random_look(dice);
    if (dice.chance(0.3)) {
      look[Attribute::Quality] = random_degradation(dice);
    }
    samples.push_back({look, random_caption(look, dice)});
  }
  return samples;
}

bool says(const std::string& text, const std::vector<std::string_view>& words) {
  for (const std::string_view word : words) {
    if (text.find(word) != std::string::npos) {
      return true;
    }
  }
  return false;
}

std::string without_cat_ears(std::string text) {
  constexpr std::string_view kEars = "cat ears";
  const std::size_t place = text.find(kEars);
  return place == std::string::npos ? text : text.erase(place, kEars.size());
}

/// Words of which a caption has one exactly if it tells the attribute.
const std::vector<std::pair<Attribute, std::vector<std::string_view>>> kWords = {
    {Attribute::Subject, {"boy", "girl", "cat", "robot"}},
    {Attribute::EyeColor, {" eyes"}},
    {Attribute::Expression,
     {"smil", "open mouth", "frown", "sad", "angry", "surprised", "shocked"}},
    {Attribute::Background,
     {"background", "sky", "night", "forest", "woods", "beach", "snow", "sunset", "city"}},
    {Attribute::Pose, {"standing", "running", "flying"}},
    {Attribute::Feet, {"shoes", "barefoot", "bare feet"}},
    {Attribute::ClothesColor, {"dress", "shirt", "clothes"}},
    {Attribute::Quality,
     {"quality", "masterpiece", "highres", "blurry", "lowres", "jpeg artifacts", "sketch"}},
    {Attribute::Child, {"child", "kid", "young", "little"}},
    {Attribute::CatEars, {"cat ears"}},
    {Attribute::Bell, {"bell"}},
    {Attribute::BellColor, {"yellow bell", "red bell", "blue bell"}},
    {Attribute::Glasses, {"glasses"}},
    {Attribute::WitchHat, {"witch hat"}},
    {Attribute::Halo, {"halo", "angel"}},
    {Attribute::Wings, {"wings", "angel"}},
    {Attribute::Wand, {"wand"}},
    {Attribute::Cloak, {"cloak", "cape"}},
    {Attribute::Ribbon, {"ribbon"}},
    {Attribute::Crown, {"crown"}},
    {Attribute::Egyptian, {"egyptian"}},
};

TEST(Captions, ToldAgreesWithText) {
  for (const auto& [look, caption] : random_samples(1)) {
    for (const auto& [attribute, words] : kWords) {
      const bool of_subject = attribute == Attribute::Subject;
      const std::string text = of_subject ? without_cat_ears(caption.text) : caption.text;
      EXPECT_EQ(caption.tells(attribute), says(text, words))
          << info(attribute).name << " in: " << caption.text;
    }
    if (caption.tells(Attribute::HairColor)) {
      const std::string color = tag_for(look, Attribute::HairColor).substr(0, 4);
      EXPECT_TRUE(says(caption.text, {color})) << caption.text;
    }
  }
}

TEST(Captions, TellOnlyWhatIsThere) {
  for (const auto& [look, caption] : random_samples(2)) {
    for (std::size_t i = 0; i < kAttributes; ++i) {
      const auto attribute = static_cast<Attribute>(i);
      if (caption.told[i]) {
        EXPECT_NE(tag_for(look, attribute), "") << info(attribute).name << ": " << caption.text;
      }
    }
  }
}

TEST(Captions, KindsOccurAsOftenAsTheyShould) {
  int empty = 0;
  int sentences = 0;
  int praised = 0;
  int clean = 0;
  for (const auto& [look, caption] : random_samples(3)) {
    empty += static_cast<int>(caption.text.empty());
    sentences += static_cast<int>(says(
        caption.text, {" wearing ", " with ", "picture of", "there is ", "a boy ", "a girl "}));
    clean += static_cast<int>(!look.has(Attribute::Quality));
    praised += static_cast<int>(!look.has(Attribute::Quality) && caption.tells(Attribute::Quality));
    if (!look.has(Attribute::Quality)) {
      EXPECT_FALSE(says(caption.text, {"worst quality", "low quality"})) << caption.text;
    }
  }
  EXPECT_NEAR(static_cast<double>(empty) / kCaptions, 0.08, 0.01);
  EXPECT_NEAR(static_cast<double>(sentences) / kCaptions, 0.17, 0.02);
  EXPECT_NEAR(static_cast<double>(praised) / clean, 0.55, 0.03);
}

TEST(Captions, EveryValueIsSaidInItsCanonicalWords) {
  std::set<std::string> expected;
  std::set<std::string> said;
  for (const auto& [look, caption] : random_samples(4)) {
    for (std::size_t i = 0; i < kAttributes; ++i) {
      const auto attribute = static_cast<Attribute>(i);
      const std::string tag = tag_for(look, attribute);
      if (tag.empty()) {
        continue;
      }
      expected.insert(tag);
      if (says(caption.text, {tag})) {
        said.insert(tag);
      }
    }
  }
  EXPECT_EQ(said, expected);
  std::size_t values = 0;
  for (std::size_t i = 0; i < kAttributes; ++i) {
    const auto& row = info(static_cast<Attribute>(i)).values;
    values += row.front() == "no" ? 1 : row.size();
  }
  EXPECT_GT(expected.size(), values);
}

TEST(Captions, TagsOfALook) {
  Look look;
  look[Attribute::Subject] = subject::Boy;
  look[Attribute::HairColor] = 8;
  look[Attribute::HairStyle] = hair_style::Spiky;
  look[Attribute::Cloak] = 1;
  look[Attribute::CloakColor] = 1;
  EXPECT_EQ(tag_for(look, Attribute::HairColor), "light blue hair");
  EXPECT_EQ(tag_for(look, Attribute::Cloak), "blue cloak");
  EXPECT_EQ(tag_for(look, Attribute::Bell), "");
  EXPECT_EQ(tag_for(look, Attribute::BellColor), "");
  EXPECT_EQ(full_prompt(look),
            "masterpiece, highres, boy, light blue hair, spiky hair, red eyes, smile, "
            "white background, standing, shoes, red shirt, blue cloak");
  look[Attribute::Subject] = subject::Cat;
  look[Attribute::Quality] = quality::Blurry;
  EXPECT_EQ(tag_for(look, Attribute::HairColor), "light blue fur");
  EXPECT_EQ(full_prompt(look),
            "blurry, cat, light blue fur, red eyes, smile, white background, standing, "
            "blue cloak");
}

TEST(Captions, SameDiceSameCaptions) {
  const std::vector<Sample> first = random_samples(5);
  const std::vector<Sample> second = random_samples(5);
  for (std::size_t i = 0; i < first.size(); ++i) {
    ASSERT_EQ(first[i].caption.text, second[i].caption.text);
    ASSERT_EQ(first[i].caption.told, second[i].caption.told);
  }
}

TEST(Captions, JoinWords) {
  const std::vector<std::string> words{"a", "b", "c"};
  EXPECT_EQ(join_words({}), "");
  EXPECT_EQ(join_words(std::span(words).first(1), " and "), "a");
  EXPECT_EQ(join_words(words, " and "), "a, b and c");
}

}  // namespace
}  // namespace ptravel::train
