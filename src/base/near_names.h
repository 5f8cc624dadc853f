#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// The names with those first that are most like `wanted`: those that contain it or are contained
/// in it, then by how many letters have to be changed, added or left out (Levenshtein 1966),
/// whatever their case. Equally near ones stay in their order.
std::vector<std::string> nearest_first(std::vector<std::string> names, std::string_view wanted);

/// What could have been meant, for a message: "a, b, c"; of more than `most` the nearest, "a, b and
/// 12 more".
std::string names_for_message(const std::vector<std::string>& names,
                              std::string_view wanted,
                              std::size_t most);

}  // namespace ptravel
