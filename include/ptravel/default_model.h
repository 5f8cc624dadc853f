#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ptravel {

/// The model that comes with the program, for use where no other is named.
struct DefaultModel {
  std::optional<std::filesystem::path> path;  ///< Nothing when it is not there.
  std::vector<std::filesystem::path> places;  ///< Where it was looked for, in this order.
};

/// Finds the default model. Where the environment variable PROMPT_TRAVEL_DEFAULT_MODEL is set, its
/// value is the only place; else it is looked for around the running program.
DefaultModel find_default_model();

/// The same for any program file (its real path) and value of the variable (empty: not set).
/// Places: models/default in the program's folder and the four above it (a build folder inside the
/// repository), then share/prompt-travel/models/default beside the program's folder (an installed
/// program). A folder counts when it holds model_index.json.
DefaultModel find_default_model(const std::filesystem::path& program, const std::string& variable);

}  // namespace ptravel
