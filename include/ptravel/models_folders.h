#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/error.h"

namespace ptravel {

/// The folders of a request's `models_dir`, one per line; where it names none, ./models, if it is
/// there.
std::vector<std::filesystem::path> models_folders(const std::string& models_dir);
/// What is wrong with them, by field: each must be a folder. Not part of validate_request, since a
/// run may go on where its folders are not, as long as nothing in them is needed.
std::vector<Problem> check_models_folders(const std::vector<std::filesystem::path>& folders,
                                          std::string_view field);
/// The text of `models_dir` for them: absolute paths.
std::string models_dir_of_folders(const std::vector<std::filesystem::path>& folders);

}  // namespace ptravel
