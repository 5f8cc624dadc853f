#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/compute.h"

namespace ptravel {

/// "epsilon" or "v".
std::string_view prediction_name(Prediction prediction);

/// What a file of weights is.
enum class ModelFamily {
  Sd1,
  Sd1Inpainting,
  InstructPix2Pix,
  Sd2,
  Sd2Inpainting,
  Sd2Depth,
  UnClip,
  Sdxl,
  SdxlInpainting,
  SdxlInstructPix2Pix,
  SdxlRefiner,
  AltDiffusion,
  DiffusionTransformer,  ///< Stable Diffusion 3, Flux and relatives.
  Lora,
  Vae,
  TextEncoder,
  DiffusersUnet,  ///< The UNet of a diffusers folder, alone.
  Embedding,      ///< Textual inversion.
  Hypernetwork,
  ControlNet,
  Unknown,
};

/// A few words for people: "Stable Diffusion 1.x", "LoRA".
std::string_view family_label(ModelFamily family);

/// How a model is stored.
enum class ModelLayout { Safetensors, Checkpoint, Diffusers };

/// "safetensors", "checkpoint", "diffusers".
std::string_view layout_name(ModelLayout layout);

/// How much of a model one part makes up.
struct ModelPartInfo {
  std::string name;  ///< "unet", "vae", "text encoder", "ema", "other".
  std::uint64_t tensors = 0;
  std::uint64_t parameters = 0;
  std::map<std::string, std::uint64_t> dtypes;  ///< Parameters by number format ("F16").
};

/// What a file's metadata tells people, in its own words; each may be empty.
struct ModelWords {
  std::string title;
  std::string author;
  std::string license;
  std::string architecture;    ///< As the file claims it: "stable-diffusion-xl-v1-base".
  std::string trigger_phrase;  ///< What prompts should contain.
  std::vector<std::string> frequent_tags;  ///< Of most pictures it was trained on, at most ten.
};

/// What a model file or folder is.
struct ModelInfo {
  std::filesystem::path path;
  ModelFamily family = ModelFamily::Unknown;
  ModelLayout layout = ModelLayout::Safetensors;
  bool supported = false;  ///< Whether it can be given as the model.
  Prediction prediction = Prediction::Eps;
  std::string prediction_reason;  ///< Why that is believed, in a few words.
  /// Only the network's answers tell; `prediction` is a guess until settle_prediction.
  bool prediction_is_tested = false;
  bool zero_snr = false;             ///< The last noise level is (nearly) pure noise.
  std::string noise_levels;          ///< Where its noise levels come from, in a few words.
  int picture_size = 0;              ///< The side in pixels that such models draw best; 0: unknown.
  std::vector<ModelPartInfo> parts;  ///< Only those that are there.
  std::uint64_t tensors = 0;
  std::uint64_t bytes = 0;  ///< Of the file; of all weight files of a folder.
  bool has_ema = false;
  ModelWords words;
  std::vector<std::string> contents;  ///< Of a LoRA: kinds and ranks, what they change, what fits.
  std::vector<std::string> needs;     ///< What it draws with besides a prompt, in a few words each.
  /// What its weights take in memory where networks compute in fp32, and in 16 bits; text encoders
  /// are fp32 always. 0: not known.
  std::uint64_t memory_fp32 = 0;
  std::uint64_t memory_16bit = 0;
  std::vector<std::string> notes;  ///< Sentences worth telling the user.
  std::string sha256;  ///< 64 hex digits of model_hash_file(path); empty when not asked for.
  std::map<std::string, std::string, std::less<>> metadata;  ///< Of a safetensors file.

  /// The web UI's short hash: the first ten digits, or nothing.
  std::string short_hash() const { return sha256.substr(0, 10); }
};

/// Whether to compute the hash: a second or two for a full-size file the first time.
enum class Hashing { No, Yes };

/// Says what a model file or diffusers folder is, without loading it; also for kinds that cannot be
/// used as the model. Throws NotFound, Io, Corrupt, and Unsupported for a pickle with code in it.
ModelInfo inspect_model(const std::filesystem::path& path, Hashing hashing);

/// Asks the network of a model whose prediction_is_tested what it predicts; reads its UNet for
/// that, once for each file. Throws what opening a model throws.
void settle_prediction(ModelInfo& info);

/// The information as lines of text for people; ends with a line feed.
std::string describe(const ModelInfo& info);

/// The file whose sha256 stands for a model: the file itself; of a diffusers folder the UNet's
/// weights (the first shard when there are several).
std::filesystem::path model_hash_file(const std::filesystem::path& path);

/// The sha256 of a file's bytes, 64 hex digits. Remembered in the user's cache folder by path, size
/// and time of change ($XDG_CACHE_HOME or ~/.cache, prompt-travel/hashes.json); a cache that cannot
/// be read or written is done without. `check` is called now and then while the file is read and
/// may throw to stop that. Throws NotFound or Io for the file itself.
std::string file_sha256(const std::filesystem::path& path, const std::function<void()>& check = {});

}  // namespace ptravel
