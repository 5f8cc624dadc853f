#include "caption_sentence.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptravel::train {
namespace {

std::string with_article(const std::string& words) {
  const bool vowel = std::string_view("aeiou").find(words.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + words;
}

/// Words in front of a list that is not empty.
std::string introduced(std::string_view introduction, const std::vector<std::string>& list) {
  return list.empty() ? "" : std::string(introduction) + join_words(list, " and ");
}

/// Writes one sentence, deciding on the way what it tells.
class SentenceWriter {
 public:
  SentenceWriter(const Look& look, Dice& dice)
      : look_(look), dice_(dice), keep_(dice.uniform(0.35, 0.95)) {}

  Caption write() {
    const std::string who = subject_words();
    const std::vector<std::string> features = feature_words();
    const std::vector<std::string> clothes = clothes_words();
    const std::string scene = scene_words();
    const std::string with = introduced(" with ", features);
    const std::string wearing = introduced(" wearing ", clothes);
    switch (dice_.below(4)) {
      case 0:
        caption_.text = who + with + wearing + (scene.empty() ? "" : "," + scene);
        break;
      case 1:
        caption_.text = "a picture of " + who + scene + with + wearing;
        break;
      case 2:
        caption_.text = who + wearing + scene + with;
        break;
      default:
        caption_.text = "there is " + who + scene + "." +
                        introduced(pronoun() + " has ", features) + (features.empty() ? "" : ".") +
                        introduced(pronoun() + " wears ", clothes) + (clothes.empty() ? "" : ".");
    }
    return std::move(caption_);
  }

 private:
  /// Whether to speak of the attribute; notes it if so.
  bool tells(Attribute attribute) {
    const bool told = !tag_for(look_, attribute).empty() && dice_.chance(keep_);
    if (told) {
      caption_.tell(attribute);
      caption_.tell(told_with(attribute));
    }
    return told;
  }

  std::string tag(Attribute attribute) const { return tag_for(look_, attribute); }

  std::string pronoun() const {
    constexpr std::string_view kPronouns[] = {" he", " she", " it", " it"};
    return std::string(kPronouns[look_[Attribute::Subject]]);
  }

  std::string subject_words() {
    std::string words;
    if (look_[Attribute::Expression] != expression::OpenMouth && tells(Attribute::Expression)) {
      constexpr std::string_view kAdjectives[] = {"smiling", "", "frowning", "angry", "surprised"};
      words.append(kAdjectives[look_[Attribute::Expression]]).append(" ");
    }
    if (tells(Attribute::Child)) {
      words += dice_.chance(0.5) ? "little " : "young ";
    }
    if (look_[Attribute::Feet] == feet::Barefoot && tells(Attribute::Feet)) {
      words += "barefoot ";
    }
    if (tells(Attribute::Egyptian)) {
      words += "egyptian ";
    }
    const bool angel = look_.has(Attribute::Halo) && look_.has(Attribute::Wings);
    if (angel && dice_.chance(0.5) && tells(Attribute::Halo)) {
      caption_.tell(Attribute::Wings);
      words += "angel ";
    }
    caption_.tell(Attribute::Subject);
    return with_article(words + tag(Attribute::Subject));
  }

  /// "spiky green hair", "green twintails", "white fur"; empty if nothing is to be said.
  std::string hair_words() {
    const bool color = tells(Attribute::HairColor);
    const bool style = tells(Attribute::HairStyle);
    const auto index = static_cast<std::size_t>(look_[Attribute::HairColor]);
    const std::string name(info(Attribute::HairColor).values[index]);
    if (!color || !style) {
      return color ? tag(Attribute::HairColor) : style ? tag(Attribute::HairStyle) : "";
    }
    if (look_[Attribute::HairStyle] == hair_style::Twintails) {
      return name + " twintails";
    }
    constexpr std::string_view kAdjectives[] = {"short ", "long ", "", "spiky "};
    return std::string(kAdjectives[look_[Attribute::HairStyle]]) + name + " hair";
  }

  std::vector<std::string> feature_words() {
    std::vector<std::string> words;
    if (std::string hair = hair_words(); !hair.empty()) {
      words.push_back(std::move(hair));
    }
    if (look_[Attribute::Expression] == expression::OpenMouth && tells(Attribute::Expression)) {
      words.emplace_back("an open mouth");
    }
    for (const Attribute plural : {Attribute::EyeColor, Attribute::CatEars, Attribute::Wings}) {
      if (!caption_.tells(plural) && tells(plural)) {
        words.push_back(tag(plural));
      }
    }
    for (const Attribute thing : {Attribute::Halo, Attribute::Wand}) {
      if (!caption_.tells(thing) && tells(thing)) {
        words.push_back(with_article(tag(thing)));
      }
    }
    return words;
  }

  std::vector<std::string> clothes_words() {
    std::vector<std::string> words;
    for (const Attribute thing : {Attribute::ClothesColor, Attribute::Cloak, Attribute::WitchHat,
                                  Attribute::Crown, Attribute::Ribbon, Attribute::Bell}) {
      if (tells(thing)) {
        words.push_back(with_article(tag(thing)));
      }
    }
    if (tells(Attribute::Glasses)) {
      words.emplace_back("glasses");
    }
    if (look_[Attribute::Feet] == feet::Shoes && tells(Attribute::Feet)) {
      words.emplace_back("shoes");
    }
    return words;
  }

  /// " running on the beach", with a space in front unless it is empty.
  std::string scene_words() {
    constexpr std::string_view kPlaces[] = {
        "in front of a white background",
        "in front of a grey background",
        "in front of a pink background",
        "in the sky",
        "at night",
        "in the forest",
        "on the beach",
        "in the snow",
        "at sunset",
        "in the city",
    };
    std::string words;
    if (tells(Attribute::Pose)) {
      words.append(" ").append(tag(Attribute::Pose));
    }
    if (tells(Attribute::Background)) {
      words.append(" ").append(kPlaces[look_[Attribute::Background]]);
    }
    return words;
  }

  const Look& look_;
  Dice& dice_;
  double keep_;
  Caption caption_;
};

}  // namespace

Caption sentence_caption(const Look& look, Dice& dice) {
  return SentenceWriter(look, dice).write();
}

}  // namespace ptravel::train
