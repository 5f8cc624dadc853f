#pragma once

#include <string_view>

namespace ptravel {

/// CLIP's merges as the build embedded them: one "left right" per line, 48894 lines.
std::string_view embedded_merges();

}  // namespace ptravel
