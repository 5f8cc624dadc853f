#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/model.h"

namespace ptravel {

/// A model or VAE in one of the models folders.
struct CatalogEntry {
  std::string
      title;  ///< "v1-5-pruned.safetensors [e1441589a6]"; without brackets until it is hashed.
  std::string file_name;  ///< As the web UI names it: path below its folder, "sd/v1-5.safetensors".
  std::string model_name;  ///< Without ending: "v1-5-pruned"; sub-folders joined by "_".
  std::filesystem::path path;
  ModelInfo info;
  std::string refusal;  ///< Why it cannot be used; empty when it can.
  bool is_vae = false;
  bool is_default = false;  ///< The default model that comes with the program.
};

/// The models that requests may name. Folders are those of the user, of a web UI
/// (models/Stable-diffusion, models/VAE, ...) or of ComfyUI (models/checkpoints, models/vae):
/// known sub-folders are found by themselves. Scanned in the background; hashes come from the cache
/// or are computed one after the other. Thread-safe.
class ModelCatalog {
 public:
  ModelCatalog(std::vector<std::filesystem::path> folders, std::function<void()> changed);
  ~ModelCatalog();

  /// Looks at the folders again; returns when names are known (not hashes).
  void refresh();
  std::vector<CatalogEntry> models() const;  ///< The default model first, then by name.
  std::vector<CatalogEntry> vaes() const;
  /// By title, title without hash, file name (also with backslashes), model name, or a hash of at
  /// least 8 digits; ignoring case where nothing fits exactly. Never a path outside the folders.
  std::optional<CatalogEntry> find_model(const std::string& name) const;
  std::optional<CatalogEntry> find_vae(const std::string& name) const;
  /// What the model or VAE at this path is called below its folder; nothing where it is none of
  /// ours. Without copying entries: asked for every job that is shown.
  std::optional<std::string> file_name_of(const std::filesystem::path& path) const;
  /// Another number after each look at the folders.
  std::uint64_t version() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptravel
