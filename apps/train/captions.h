#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "look.h"

namespace ptravel::train {

/// The canonical tag of one attribute ("light blue hair", "red cloak"). Empty where nothing is to
/// be said: a thing that is absent or cannot be seen. The tag of a thing with a colour tells both.
std::string tag_for(const Look& look, Attribute attribute);

/// The colour that the tag of a thing tells with it; for everything else the attribute itself.
Attribute told_with(Attribute attribute);

/// Everything that can be said about the picture, as tags in a fixed order. A clean picture's
/// prompt begins with "masterpiece, highres", a degraded one's with the degradation.
std::string full_prompt(const Look& look);

/// A caption and which attributes it tells. Those that it does not tell may have any value.
struct Caption {
  std::string text;
  std::array<bool, kAttributes> told{};

  void tell(Attribute attribute) { told[static_cast<std::size_t>(attribute)] = true; }
  bool tells(Attribute attribute) const { return told[static_cast<std::size_t>(attribute)]; }
};

/// A caption to train with: mostly tags in random order of which some may be missing, sometimes a
/// sentence, sometimes nothing.
Caption random_caption(const Look& look, Dice& dice);

/// "a, b and c" with " and " as the last separator.
std::string join_words(std::span<const std::string> words, std::string_view last_separator = ", ");

}  // namespace ptravel::train
