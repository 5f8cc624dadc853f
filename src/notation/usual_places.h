#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ptravel {

/// The places where a file or folder of this name is looked for, when none is given: each models
/// folder, the folder around it (a web UI's own), then where the program runs.
std::vector<std::filesystem::path> usual_places(
    const std::vector<std::filesystem::path>& models_folders, const std::string& name);

}  // namespace ptravel
