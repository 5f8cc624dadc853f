#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ptravel/error.h"

namespace ptravel {

/// A message for clients: of absolute paths of this machine only the last part is left.
std::string without_folders(std::string_view message);
/// The same of each problem's message.
std::vector<Problem> without_folders(std::vector<Problem> problems);

}  // namespace ptravel
