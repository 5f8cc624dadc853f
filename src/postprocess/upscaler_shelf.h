#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/compute.h"
#include "ptravel/image.h"

namespace ptravel {

/// An upscaling network in one of the models folders.
struct ShelvedUpscaler {
  std::string name;       ///< The file's name without its extension.
  std::string file_name;  ///< Path below the models folder: "ESRGAN/4x_lace.pth".
  std::filesystem::path path;
  std::int64_t scale = 4;
};

/// The upscaling networks that requests may name: the files of FileKind::Upscaler in the models
/// folders that can be used, by their names without endings.
/// Thread-safe.
class UpscalerShelf {
 public:
  explicit UpscalerShelf(std::vector<std::filesystem::path> folders,
                         DeviceChoice device = DeviceChoice::Auto,
                         int threads = 0);
  ~UpscalerShelf();

  /// Those that are there now and can be used; of one name the first.
  std::vector<ShelvedUpscaler> list() const;
  /// By its name, exactly.
  std::optional<ShelvedUpscaler> find(const std::string& name) const;

  /// Applies a network to a picture once. One at a time; the network used last stays loaded. Throws
  /// as Upscaler.
  Image enlarge(const ShelvedUpscaler& upscaler, const Image& image);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The file that an upscaler's name stands for: a file as it is, else the one of that name in the
/// models folders (files_named), the first that can be used. Throws NotFound with the nearest
/// names.
std::filesystem::path upscaler_file(const std::string& name,
                                    const std::vector<std::filesystem::path>& models_folders);

}  // namespace ptravel
