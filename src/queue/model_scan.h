#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ptravel {

/// A file or folder that may be a model or a VAE: by its name and place, not yet looked into.
struct FoundModel {
  std::filesystem::path path;
  std::string name;            ///< Path below the folder it was found in, with "/".
  bool in_vae_folder = false;  ///< Lies where VAEs lie, or is named as one ("x.vae.safetensors").
};

/// What lies in the folders: .safetensors and .ckpt files and diffusers folders, of VAE folders
/// also .pt; links are followed. In each folder the sub-folders of a web UI or of ComfyUI are
/// looked for
/// ("models/Stable-diffusion", "models/checkpoints", "VAE", ...); without any of them the folder
/// itself is one of models. Names are unique. What cannot be read is left out.
std::vector<FoundModel> find_models(const std::vector<std::filesystem::path>& folders);

}  // namespace ptravel
