#include "ptravel/models_folders.h"

#include <system_error>

#include "base/text.h"

namespace ptravel {

namespace fs = std::filesystem;

std::vector<fs::path> models_folders(const std::string& models_dir) {
  constexpr const char* kUsual = "models";
  std::vector<fs::path> folders;
  for (const std::string_view line : split(models_dir, '\n')) {
    if (const std::string_view folder = trimmed(line); !folder.empty()) {
      folders.emplace_back(std::string(folder));
    }
  }
  std::error_code error;
  if (folders.empty() && fs::is_directory(kUsual, error)) {
    folders.emplace_back(kUsual);
  }
  return folders;
}

std::vector<Problem> check_models_folders(const std::vector<fs::path>& folders,
                                          std::string_view field) {
  std::vector<Problem> problems;
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
      problems.push_back({std::string(field), "\"" + folder.string() + "\" is no folder"});
    }
  }
  return problems;
}

std::string models_dir_of_folders(const std::vector<fs::path>& folders) {
  std::string lines;
  for (const fs::path& folder : folders) {
    lines += (lines.empty() ? "" : "\n") + fs::absolute(folder).lexically_normal().string();
  }
  return lines;
}

}  // namespace ptravel
