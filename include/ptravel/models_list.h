#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ptravel {

/// A file or folder that lies in a models folder.
struct ListedFile {
  /// "model", "vae", "lora", "embedding", "hypernetwork", "upscaler", "interpolator" or
  /// "preview_vae".
  std::string kind;
  std::string name;  ///< Path below the folder of its kind, with "/".
  std::filesystem::path path;
  std::string description;  ///< What an upscaler or interpolator is: "RIFE 4.7 to 4.9, 4 blocks".
  std::string refusal;      ///< Why such a network cannot be used; mostly empty.
};

/// What lies in the models folders, by kind, there in the order of the folders and by name. Only
/// upscalers and interpolators are opened; `info` tells what a model is. What cannot be read is
/// left out, or says why as refusal.
std::vector<ListedFile> list_models_folders(
    const std::vector<std::filesystem::path>& models_folders);

}  // namespace ptravel
