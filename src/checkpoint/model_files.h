#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/config.h"
#include "checkpoint/model_file.h"
#include "checkpoint/stored_tensors.h"
#include "ptravel/model.h"

namespace ptravel {

/// What the user may choose when opening a model.
struct ModelOptions {
  /// A separate VAE file; empty: the file "<stem>.vae.safetensors", ".vae.pt" or ".vae.ckpt" beside
  /// the model if there is one and `automatic_vae` is set, else the VAE in the model.
  std::filesystem::path vae = {};
  bool automatic_vae = true;
  bool prefer_ema = false;  ///< Take the UNet's EMA weights where the file has them.
  std::optional<Prediction> prediction = {};  ///< Overrides what the config files say.
};

/// An opened model: nothing is read yet but names and shapes.
struct ModelFiles {
  /// All tensors of UNet, VAE and text encoder under LDM names (key_map.h has the prefixes) and
  /// nothing else; they may come from several files. Give it to Weights with the three prefixes.
  std::shared_ptr<const StoredTensors> weights;
  UnetConfig unet;
  ClipConfig clip;
  VaeConfig vae;
  Prediction prediction = Prediction::Eps;
  /// The noise schedule the model brings along, 1000 falling numbers in (0, 1); nothing: SD's.
  std::optional<std::vector<double>> alphas_cumprod;
  /// The side of the pictures it was trained on in latent cells, where a diffusers folder says so.
  std::optional<std::int64_t> sample_size;
  std::optional<std::filesystem::path> tokenizer;  ///< A folder with vocab.json and merges.txt.
  std::filesystem::path path;                      ///< The file or folder that was opened.
  std::filesystem::path vae_path;                  ///< The separate VAE file, or empty.
  /// Every file that was read and that decides what is drawn, weights first: the identity of the
  /// model is the list of their roles, names and hashes. Names may repeat in different folders.
  std::vector<ModelFile> files;
  std::vector<std::string> notes;  ///< Sentences worth telling the user.
};

/// Opens a Stable Diffusion 1.x model: a .safetensors or .ckpt file with LDM names, or a diffusers
/// folder (also by its model_index.json). Config files beside it are read: "<stem>.yaml",
/// "<stem>.json" or config.json. Throws NotFound, Io, Corrupt; Unsupported with one sentence for
/// anything that is another kind of model.
ModelFiles open_model(const std::filesystem::path& path, const ModelOptions& options = {});

}  // namespace ptravel
