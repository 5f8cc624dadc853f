#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/key_map.h"
#include "checkpoint/model_family.h"
#include "ptravel/model.h"

namespace ptravel {

class StoredTensors;

/// Hyper-parameters of the CLIP text model. Defaults: CLIP ViT-L/14, as in SD 1.x.
struct ClipConfig {
  std::int64_t vocab_size = 49408;
  std::int64_t width = 768;
  std::int64_t num_layers = 12;
  std::int64_t num_heads =
      12;  ///< Not visible in the weights: width / 64 unless a config says otherwise.
  std::int64_t intermediate = 3072;
  std::int64_t max_positions = 77;
  /// Width of the pooled text, which a second projection (text_projection) makes; 0 = none.
  std::int64_t projection = 0;
  bool quick_gelu = true;  ///< x * sigmoid(1.702 x); otherwise the exact (erf) GELU.
  // How the model uses it, which its weights do not show.
  std::int64_t fixed_skip = 0;    ///< The clip_skip that always holds; 0: what is asked for.
  bool final_norm = true;         ///< Encodings go through the final layer norm.
  bool open_clip_tokens = false;  ///< Texts are tokenized as OpenCLIP does.
};

/// How many numbers tell a network that takes a vector the picture's sizes: height and width of the
/// original, top and left of the crop, height and width that are drawn.
constexpr std::int64_t kSizeNumbers = 6;

/// Hyper-parameters of the UNet. Defaults: SD 1.x.
struct UnetConfig {
  std::int64_t in_channels = 4;
  std::int64_t out_channels = 4;
  std::int64_t model_channels = 320;
  std::int64_t num_res_blocks = 2;
  std::vector<std::int64_t> channel_mult = {1, 2, 4, 4};
  /// Transformer blocks in each spatial transformer of a level; 0 = the level has none.
  std::vector<std::int64_t> transformer_depth = {1, 1, 1, 0};
  std::int64_t middle_depth = 1;
  /// Attention heads of each level; the middle has the last level's. Not visible in the weights.
  std::vector<std::int64_t> heads = {8, 8, 8, 8};
  std::int64_t context_dim = 768;
  /// Width of the vector (pooled text, sizes) that is added to the time embedding; 0 = none.
  std::int64_t vector_dim = 0;
  bool linear_projection = false;  ///< proj_in / proj_out are Linear instead of 1x1 convolutions.
  std::int64_t norm_groups = 32;   ///< Not visible in the weights.
};

/// Hyper-parameters of the AutoencoderKL. Defaults: SD 1.x.
struct VaeConfig {
  std::int64_t channels = 128;
  std::vector<std::int64_t> channel_mult = {1, 2, 4, 4};
  std::int64_t num_res_blocks = 2;
  std::int64_t z_channels = 4;
  std::int64_t embed_dim = 4;
  std::int64_t in_channels = 3;
  std::int64_t out_channels = 3;
  double scale_factor = 0.18215;  ///< Latents are multiplied by it after encoding.
  /// Before that the mean of each channel is taken off them and they are divided by its deviation;
  /// empty: neither.
  std::vector<double> latent_mean;
  std::vector<double> latent_std;
  std::int64_t norm_groups = 32;  ///< Not visible in the weights.

  /// How many pixels one latent cell covers along a side: 8 for SD 1.x.
  std::int64_t factor() const { return std::int64_t{1} << (channel_mult.size() - 1); }
};

/// The factors of latents that a config file may state.
constexpr double kLeastScaleFactor = 1e-6;
constexpr double kMostScaleFactor = 1000;

/// The same of a text encoder.
struct TextHints {
  std::optional<std::int64_t> heads;
  std::optional<bool> quick_gelu;
};

/// What config files say about a model: the values that weights do not show, and numbers that must
/// agree with the weights. Every field is optional.
struct ConfigHints {
  std::vector<std::int64_t> unet_heads;            ///< One number for all levels, or one for each.
  std::optional<std::int64_t> unet_head_channels;  ///< The same width of a head in all levels.
  std::optional<std::int64_t> unet_norm_groups;
  std::optional<std::int64_t> vae_norm_groups;
  std::array<TextHints, std::size(kTextParts)> texts;
  std::optional<double> scale_factor;
  std::optional<Prediction> prediction;
  std::string prediction_reason;  ///< What says so, in a few words.
  /// Numbers by dotted name ("unet.model_channels"), for check_hints.
  std::map<std::string, std::vector<std::int64_t>> stated;
  std::vector<std::filesystem::path> files;  ///< What was read.
  std::vector<std::string> notes;            ///< Sentences worth telling the user.
};

/// The sections of a configuration that describe each text encoder.
inline constexpr std::array<std::array<const char*, 3>, std::size(kTextParts)> kTextSections = {
    {{"clip", "text", "text_l"}, {"text_g", "clip_2", "text_2"}}};

/// Reads a configuration that describes all networks ("unet", "vae", "clip",
/// "parameterization"...). Nothing when the file is not of this kind; one that is not JSON at all
/// gets a note. Throws Corrupt for values of a wrong type or out of range.
std::optional<ConfigHints> read_config_json(const std::filesystem::path& path,
                                            std::vector<std::string>& notes);

/// Reads the `parameterization` of a training configuration (.yaml) that lies beside a checkpoint.
std::optional<Prediction> read_yaml_prediction(const std::filesystem::path& path);

/// Which of the files beside a checkpoint count.
enum class Beside {
  All,    ///< "<stem>.json", or else config.json, and "<stem>.yaml", whose parameterization wins.
  Named,  ///< Only those that bear its name: config.json describes another model.
};

/// What lies beside a single file of weights. Other people's files of the same names, a user's
/// notes for example, are left alone.
ConfigHints read_hints_beside(const std::filesystem::path& path, Beside which = Beside::All);

/// The configs, read from the shapes of LDM-named weights; `hints` give what shapes do not show
/// (the family's defaults, SD 1.x's without one, where they are silent). Throws Corrupt for missing
/// key tensors and for shapes that fit no such network or exceed its bounds, Unsupported where a
/// needed value is not known.
UnetConfig read_unet_config(const StoredTensors& weights, const ConfigHints& hints);
/// `part`: one of kTextParts.
ClipConfig read_clip_config(const StoredTensors& weights,
                            const ConfigHints& hints,
                            ModelPart part = ModelPart::TextEncoder,
                            const TextTraits& traits = {});
VaeConfig read_vae_config(const StoredTensors& weights,
                          const ConfigHints& hints,
                          double scale_factor = VaeConfig{}.scale_factor);

/// Throws Corrupt, naming the field, when a config file states another number than the weights
/// show.
void check_hints(const ConfigHints& hints,
                 const UnetConfig& unet,
                 std::span<const ClipConfig> clips,
                 const VaeConfig& vae);

}  // namespace ptravel
