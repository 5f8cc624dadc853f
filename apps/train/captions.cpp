#include "captions.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "caption_sentence.h"

namespace ptravel::train {
namespace {

constexpr double kEmpty = 0.08;
constexpr double kSentence = 0.17;
constexpr double kKeepAll = 0.35;
constexpr double kSubjectFirst = 0.4;
constexpr double kQualityFirst = 0.85;
constexpr double kColorless = 0.12;

constexpr std::string_view kPraises[] = {"masterpiece", "best quality", "highres"};

/// Another way to say a tag or a part of it.
struct Synonym {
  std::string_view usual;
  std::string_view other;
  double probability;
};
constexpr Synonym kSynonyms[] = {
    {"boy", "1boy", 0.2},
    {"girl", "1girl", 0.2},
    {"child", "kid", 0.1},
    {"blonde", "blond", 0.15},
    {"fur", "hair", 0.2},
    {"metal", "hair", 0.2},
    {"twintails", "twin tails", 0.1},
    {"smile", "smiling", 0.15},
    {"frown", "sad", 0.15},
    {"surprised", "shocked", 0.1},
    {"grey", "gray", 0.3},
    {"sky", "blue sky", 0.15},
    {"night", "night sky, stars", 0.15},
    {"night", "starry night", 0.15},
    {"forest", "woods", 0.1},
    {"barefoot", "bare feet", 0.1},
    {"dress", "clothes", 0.15},
    {"shirt", "clothes", 0.15},
    {"magical wand", "magic wand", 0.1},
    {"magical wand", "wand", 0.25},
    {"cloak", "cape", 0.15},
    {"ribbon", "hair ribbon", 0.15},
};

/// A tag and what it tells; `second` equals `first` in a tag that tells one thing.
struct Tag {
  std::string text;
  Attribute first;
  Attribute second;
};

bool is_cat(const Look& look) { return look[Attribute::Subject] == subject::Cat; }
bool is_robot(const Look& look) { return look[Attribute::Subject] == subject::Robot; }
bool is_girl(const Look& look) { return look[Attribute::Subject] == subject::Girl; }
bool is_angel(const Look& look) { return look.has(Attribute::Halo) && look.has(Attribute::Wings); }

std::string value_name(const Look& look, Attribute attribute) {
  return std::string(info(attribute).values[static_cast<std::size_t>(look[attribute])]);
}

std::vector<Tag> visible_tags(const Look& look) {
  std::vector<Tag> tags;
  for (std::size_t i = 0; i < kAttributes; ++i) {
    const auto attribute = static_cast<Attribute>(i);
    const bool told_elsewhere = attribute == Attribute::Quality ||
                                attribute == Attribute::BellColor ||
                                attribute == Attribute::CloakColor;
    std::string text = tag_for(look, attribute);
    if (!told_elsewhere && !text.empty()) {
      tags.push_back({std::move(text), attribute, told_with(attribute)});
    }
  }
  return tags;
}

/// Where there are a halo and wings, often says "angel" in place of them or besides.
void mention_angel(const Look& look, std::vector<Tag>& tags, Dice& dice) {
  constexpr double kAngelAlone = 0.4;
  constexpr double kAngelToo = 0.25;
  const double choice = dice.uniform();
  if (!is_angel(look) || choice >= kAngelAlone + kAngelToo) {
    return;
  }
  if (choice < kAngelAlone) {
    std::erase_if(tags, [](const Tag& tag) {
      return tag.first == Attribute::Halo || tag.first == Attribute::Wings;
    });
  }
  tags.push_back({"angel", Attribute::Halo, Attribute::Wings});
}

void leave_out_some(std::vector<Tag>& tags, Dice& dice) {
  if (dice.chance(kKeepAll)) {
    return;
  }
  const double keep = dice.uniform(0.5, 1);
  std::vector<Tag> kept;
  for (Tag& tag : tags) {
    if (dice.chance(keep)) {
      kept.push_back(std::move(tag));
    }
  }
  tags = std::move(kept);
}

void shuffle(std::vector<Tag>& tags, Dice& dice) {
  for (std::size_t count = tags.size(); count > 1; --count) {
    const auto other = static_cast<std::size_t>(dice.below(static_cast<int>(count)));
    std::swap(tags[count - 1], tags[other]);
  }
  if (dice.chance(kSubjectFirst)) {
    std::stable_partition(tags.begin(), tags.end(),
                          [](const Tag& tag) { return tag.first == Attribute::Subject; });
  }
}

/// Says the tag in other words now and then, or a thing without its colour.
void vary(Tag& tag, Dice& dice) {
  if (tag.second != tag.first && told_with(tag.first) == tag.second && dice.chance(kColorless)) {
    tag.text = info(tag.first).name;
    tag.second = tag.first;
  }
  for (const Synonym& synonym : kSynonyms) {
    const std::size_t place = tag.text.find(synonym.usual);
    if (place != std::string::npos && dice.chance(synonym.probability)) {
      tag.text.replace(place, synonym.usual.size(), synonym.other);
      return;
    }
  }
}

std::vector<std::string> quality_tags(const Look& look, Dice& dice) {
  constexpr double kPraised = 0.6;
  constexpr double kNamed = 0.95;
  constexpr double kBlamed = 0.35;
  std::vector<std::string> tags;
  if (look.has(Attribute::Quality)) {
    if (dice.chance(kNamed)) {
      tags.push_back(tag_for(look, Attribute::Quality));
    }
    if (dice.chance(kBlamed)) {
      const std::string_view blame = dice.chance(0.5) ? "worst quality" : "low quality";
      tags.insert(dice.chance(0.5) ? tags.begin() : tags.end(), std::string(blame));
    }
  } else if (dice.chance(kPraised)) {
    const int first = dice.below(3);
    tags.emplace_back(kPraises[first]);
    if (dice.chance(0.5)) {
      tags.emplace_back(kPraises[(first + 1 + dice.below(2)) % 3]);
    }
  }
  return tags;
}

/// Puts quality tags in front of the text, sometimes behind it unless it ends with a full stop.
void add_quality(const Look& look, Caption& caption, Dice& dice) {
  std::vector<std::string> parts = quality_tags(look, dice);
  if (parts.empty()) {
    return;
  }
  caption.tell(Attribute::Quality);
  if (!caption.text.empty()) {
    const bool in_front = dice.chance(kQualityFirst) || caption.text.ends_with('.');
    parts.insert(in_front ? parts.end() : parts.begin(), caption.text);
  }
  caption.text = join_words(parts);
}

Caption tag_caption(const Look& look, Dice& dice) {
  std::vector<Tag> tags = visible_tags(look);
  mention_angel(look, tags, dice);
  leave_out_some(tags, dice);
  shuffle(tags, dice);
  Caption caption;
  std::vector<std::string> texts;
  for (Tag& tag : tags) {
    vary(tag, dice);
    caption.tell(tag.first);
    caption.tell(tag.second);
    texts.push_back(tag.text);
  }
  caption.text = join_words(texts);
  add_quality(look, caption, dice);
  return caption;
}

}  // namespace

Attribute told_with(Attribute attribute) {
  return attribute == Attribute::Bell    ? Attribute::BellColor
         : attribute == Attribute::Cloak ? Attribute::CloakColor
                                         : attribute;
}

std::string join_words(std::span<const std::string> words, std::string_view last_separator) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? last_separator : ", ";
    text += words[i];
  }
  return text;
}

std::string tag_for(const Look& look, Attribute attribute) {
  if (!is_visible(look, attribute)) {
    return "";
  }
  std::string name = value_name(look, attribute);
  switch (attribute) {
    case Attribute::HairColor:
      return name + (is_cat(look) ? " fur" : is_robot(look) ? " metal" : " hair");
    case Attribute::EyeColor:
      return name + " eyes";
    case Attribute::ClothesColor:
      return name + (is_girl(look) ? " dress" : " shirt");
    case Attribute::Bell:
    case Attribute::Cloak:
      return look.has(attribute) ? tag_for(look, told_with(attribute)) : "";
    case Attribute::BellColor:
      return name + " bell";
    case Attribute::CloakColor:
      return name + " cloak";
    case Attribute::Quality:
      return look.has(attribute) ? name : std::string(kPraises[0]);
    default:
      break;
  }
  if (attribute < Attribute::Child) {
    return name;
  }
  return look.has(attribute) ? std::string(info(attribute).name) : "";
}

std::string full_prompt(const Look& look) {
  std::vector<std::string> texts{tag_for(look, Attribute::Quality)};
  if (!look.has(Attribute::Quality)) {
    texts.emplace_back("highres");
  }
  for (Tag& tag : visible_tags(look)) {
    texts.push_back(std::move(tag.text));
  }
  return join_words(texts);
}

Caption random_caption(const Look& look, Dice& dice) {
  const double kind = dice.uniform();
  if (kind < kEmpty) {
    return {};
  }
  if (kind >= kEmpty + kSentence) {
    return tag_caption(look, dice);
  }
  Caption caption = sentence_caption(look, dice);
  add_quality(look, caption, dice);
  return caption;
}

}  // namespace ptravel::train
