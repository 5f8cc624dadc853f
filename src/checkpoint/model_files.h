#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/config.h"
#include "checkpoint/edm.h"
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
  std::optional<Prediction> prediction = {};  ///< Overrides what the files say.
  std::optional<bool> zero_snr = {};          ///< Overrides what they say of the last noise level.
};

/// An opened model: nothing is read yet but names and shapes.
struct ModelFiles {
  /// All tensors of UNet, VAE and text encoder under LDM names (key_map.h has the prefixes) and
  /// nothing else; they may come from several files. Give it to Weights with the three prefixes.
  std::shared_ptr<const StoredTensors> weights;
  ModelFamily family = ModelFamily::Sd1;
  UnetConfig unet;
  std::vector<ClipConfig> clips = {{}};  ///< Its text encoders, in the order of kTextParts.
  VaeConfig vae;
  bool zero_blank_negative = false;           ///< FamilyTraits.
  PictureInput picture = PictureInput::None;  ///< What the UNet takes behind the latent.
  Prediction prediction = Prediction::Eps;
  bool prediction_is_tested =
      false;  ///< Only its answers tell; `prediction` is a guess until then.
  /// Its noise levels where it was trained as Karras et al. do; nothing: alphas_cumprod has them.
  /// `prediction` V: the network's output has the sign of v, Eps: the opposite.
  std::optional<EdmSchedule> edm;
  /// The noise schedule the model brings along, 1000 falling numbers in (0, 1); nothing: SD's.
  std::optional<std::vector<double>> alphas_cumprod;
  /// The side of the pictures it was trained on in latent cells, where a diffusers folder says so.
  std::optional<std::int64_t> sample_size;
  /// For each text encoder a folder with vocab.json and merges.txt, or nothing.
  std::vector<std::optional<std::filesystem::path>> tokenizers = {std::nullopt};
  std::filesystem::path path;      ///< The file or folder that was opened.
  std::filesystem::path vae_path;  ///< The separate VAE file, or empty.
  /// Every file that was read and that decides what is drawn, weights first: the identity of the
  /// model is the list of their roles, names and hashes. Names may repeat in different folders.
  std::vector<ModelFile> files;
  std::vector<std::string> notes;  ///< Sentences worth telling the user.
};

/// Opens a Stable Diffusion 1.x, 2.x or XL model: a .safetensors or .ckpt file with LDM names, or a
/// diffusers folder (also by its model_index.json). Config files beside it are read: "<stem>.yaml",
/// "<stem>.json" or config.json. Throws NotFound, Io, Corrupt; Unsupported with one sentence for
/// anything that is another kind of model.
ModelFiles open_model(const std::filesystem::path& path, const ModelOptions& options = {});

}  // namespace ptravel
