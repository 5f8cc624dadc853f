#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ptravel {

/// The settings, by field and text, that make films move most evenly: the preset of `--smooth` and
/// of the page's switch. What is set beside it wins.
std::vector<std::pair<std::string, std::string>> smooth_settings();

}  // namespace ptravel
