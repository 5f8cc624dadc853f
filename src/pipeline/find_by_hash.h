#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ptravel {

/// A file as a run remembers it, looked for on this machine.
struct WantedFile {
  std::string sha256;
  std::string name;  ///< Files of this name are looked at first.
};

// Look for a file below models folders (ptravel/models_folders.h). Hashes are remembered between
// runs (file_sha256). `check` is called while a file is hashed and may throw to stop.

/// A model, whatever its name: a file, or a diffusers folder by the hash of its UNet.
std::optional<std::filesystem::path> find_model_by_hash(
    const std::vector<std::filesystem::path>& folders,
    const WantedFile& wanted,
    const std::function<void()>& check);
/// A file of a VAE, whatever its name.
std::optional<std::filesystem::path> find_vae_by_hash(
    const std::vector<std::filesystem::path>& folders,
    const WantedFile& wanted,
    const std::function<void()>& check);
/// A file of that very name, at any depth.
std::optional<std::filesystem::path> find_named_by_hash(
    const std::vector<std::filesystem::path>& folders,
    const WantedFile& wanted,
    const std::function<void()>& check);

/// Whether a model (find_model_by_hash) or file lies at `path` and has that hash.
bool has_hash(const std::filesystem::path& path,
              const std::string& sha256,
              const std::function<void()>& check);

}  // namespace ptravel
