#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptravel {

/// What a kind of distilled model asks for: `--preset`, and a list of the page.
struct Preset {
  std::string_view name;   ///< "lightning-4".
  std::string_view label;  ///< "Lightning, 4 steps".
  /// Settings by field and text.
  std::vector<std::pair<std::string, std::string>> settings;
};

/// All presets, as the models' own pages describe their use.
const std::vector<Preset>& presets();

/// The preset of this name, upper or lower case. Throws InvalidArgument listing the names.
const Preset& find_preset(std::string_view name);

}  // namespace ptravel
