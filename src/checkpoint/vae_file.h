#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/stored_tensors.h"
#include "ptravel/model.h"

namespace ptravel {

/// The VAE that lies beside a single file: "<stem>.vae.safetensors", ".vae.pt" or ".vae.ckpt";
/// empty when there is none.
std::filesystem::path vae_beside(const std::filesystem::path& model);

/// The file that a setting names: itself where it is one, else the VAE of that name in the models
/// folders (models_folder.h), as files_named knows it. Throws NotFound with the nearest names that
/// are there.
std::filesystem::path find_vae(const std::filesystem::path& name,
                               const std::vector<std::filesystem::path>& models_folders);

/// Replaces the VAE by that of another file: bare LDM names, LDM names with their prefix, or
/// diffusers names. `family` is the model's. Throws what open_tensor_file throws, and Unsupported
/// for a file that holds no VAE or says that it is the VAE of a family whose latents have another
/// scale. One whose name says so gets a note: names may lie, and the weights do not show it.
void replace_vae(const std::filesystem::path& path,
                 ModelFamily family,
                 RenamedTensors& tensors,
                 std::vector<std::string>& notes);

}  // namespace ptravel
