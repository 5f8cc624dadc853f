#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// What a file in a models folder is used as, told by the folder it lies in.
enum class FileKind {
  Model,
  Vae,
  Lora,
  Embedding,
  Hypernetwork,
  Upscaler,
  Interpolator,
  PreviewVae
};

/// A file or folder of a models folder: by its name and place, not yet looked into.
struct FoundFile {
  std::filesystem::path path;
  std::string name;  ///< Path below the folder it was found in, with "/".
  FileKind kind = FileKind::Model;
};

/// The names of sub-folders where files of this kind lie, of a web UI and of ComfyUI.
std::span<const std::string_view> folder_names(FileKind kind);

/// The sub-folders of a models folder where files of this kind lie, of a web UI or of ComfyUI
/// ("models/Lora", "models/loras", "Lora", "loras", ...); the folder itself where it bears such a
/// name. Only those that are there.
std::vector<std::filesystem::path> folders_of_kind(const std::filesystem::path& models_folder,
                                                   FileKind kind);

/// Models and VAEs in the folders: .safetensors and .ckpt files and diffusers folders, of VAE
/// folders also .pt; "x.vae.safetensors" is a VAE wherever it lies. Links are followed. A folder
/// without any folder of models or VAEs is one of models itself. Names are unique among each kind.
/// What cannot be read is left out.
std::vector<FoundFile> find_models(const std::vector<std::filesystem::path>& models_folders);

/// Files of any other kind, by their endings: LoRAs .safetensors, .pt, .ckpt; embeddings also .bin
/// and the pictures .png and .webp (never "x.preview.png"); hypernetworks .pt; upscalers and
/// preview VAEs .safetensors, .pth, .pt; interpolators also .pkl. In the order of the folders,
/// there by name. Throws Internal for models and VAEs.
std::vector<FoundFile> find_files(const std::vector<std::filesystem::path>& models_folders,
                                  FileKind kind);

}  // namespace ptravel
