#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ptravel/request.h"

namespace ptravel {

/// One file that pictures depend on.
struct FileIdentity {
  std::string role;    ///< What it is for: "model", "unet", "config", "vae", "init picture".
  std::string name;    ///< Its path in the model's folder; of a single file its name.
  std::string sha256;  ///< 64 hex digits.
  bool operator==(const FileIdentity&) const = default;
};

/// Roles of the files that prompts name.
inline constexpr const char* kEmbeddingRole = "embedding";
inline constexpr const char* kHypernetworkRole = "hypernetwork";

/// Which files a picture is drawn with, for metadata and manifests.
struct ModelIdentity {
  std::string name;                     ///< File or folder stem.
  std::string sha256;                   ///< 64 hex digits.
  std::string vae_name;                 ///< Empty without a separate VAE file.
  std::string vae_sha256;               ///< Empty without a separate VAE file.
  std::string vae_decoder_sha256 = {};  ///< Of a tiny decoder's file; empty without one.
  std::string init_image_name = {};     ///< File name; empty without an init picture.
  std::string init_image_sha256 = {};   ///< Of the file; empty without an init picture.
  std::map<std::string, std::string> mask_sha256 = {};  ///< Of each of the request's masks.
  /// Hashes of the embeddings that prompts name, by prompt, as the web UI writes them ("name: first
  /// 12 digits, ..."); those of negative prompts apart. Only of prompts that name some.
  std::map<std::string, std::string> embedding_hashes = {};
  std::map<std::string, std::string> negative_embedding_hashes = {};
  /// Hashes of the hypernetworks that prompts name, likewise.
  std::map<std::string, std::string> hypernetwork_hashes = {};
  bool takes_mask = false;  ///< Its UNet takes a mask: an inpainting model.
  bool edits = false;       ///< Its UNet takes a picture: InstructPix2Pix.
  /// Of each LoRA, by the name that prompts call it: the first digits of its hash, as the web UI
  /// has it.
  std::vector<std::pair<std::string, std::string>> lora_hashes = {};
  /// Names of those that stood beside the UNet's weights, in their order (docs/addons.md).
  std::vector<std::string> loras_beside = {};
  std::string kernels = {};  ///< What computes: "cuda", or a CPU's instructions such as "avx2".
  std::vector<FileIdentity> files = {};  ///< Every file that was read, the init picture included.
};

/// Most sampling steps of a bridge that a file may tell.
inline constexpr std::int64_t kMostBridgeSteps = 1'000'000;

/// A jump that frames of a film lead across: those between two alphas on the way from stage `stage`
/// to the next. They are drawn from what the network said for the pictures at both, mixed in the
/// first `steps` sampling steps.
struct FilmBridge {
  std::int64_t stage = 0;
  double from_alpha = 0;  ///< 0: the stage itself.
  double to_alpha = 1;    ///< 1: the next stage.
  int steps = 1;
  /// How far a place within is on the way across, above 0 and below 1.
  double share(double alpha) const { return (alpha - from_alpha) / (to_alpha - from_alpha); }
  bool operator==(const FilmBridge&) const = default;
};

/// One frame's place, as its metadata tells it: between two stages at alpha.
struct FrameSpot {
  std::int64_t index = 0;        ///< Place in the film.
  std::int64_t frame_count = 1;  ///< Length of the film.
  std::int64_t stage = 0;        ///< The stage that was left last.
  std::int64_t stage_count = 1;  ///< Stages of the travel.
  double alpha = 0;              ///< 0: exactly at the stage, < 1 towards the next one.
  std::int64_t step = 0;         ///< Number of the in-between, from 1; 0 at the stage.
  std::int64_t steps = 0;        ///< Travel steps of the gap; 0 at the stage.
  /// The bridge that it lies on.
  std::optional<FilmBridge> bridge = {};
};

/// Where the in-betweens of a film lie whose pace was chosen by looking at its pictures.
struct FilmPace {
  /// By gap: rising, in (0, 1).
  std::vector<std::vector<double>> alphas;
  /// By gap: the steps that its walk takes, of which the frames show some (alpha is k / (steps +
  /// 1)); empty where the mode does not walk in steps.
  std::vector<std::int64_t> walk_steps;
  /// In film order; places within one need not be steps of a walk.
  std::vector<FilmBridge> bridges = {};
  bool operator==(const FilmPace&) const = default;
};

/// Whether a frame can be drawn from its two stages alone (and the picture before it, with genesis
/// successive). Walks that go by a picture, frames that share an embryo, those on a bridge or that
/// attend to their stages, and the first version's chains need the travel as a whole.
bool is_lone_frame(const TravelRequest& request, const FrameSpot& spot);

/// A frame's request as its parameters text tells it: stages 0 and 1 are its neighbours.
struct FrameRequest {
  TravelRequest request;
  FrameSpot spot;
  std::string model_hash;           ///< Short sha256 of the model that drew it; empty when unknown.
  std::string init_image_name;      ///< Its file's name; empty when it did not start from one.
  std::string init_image_hash;      ///< Short sha256 of that file.
  std::string embedding_hashes;     ///< "name: first 12 digits, ..." of embeddings; or empty.
  std::string hypernetwork_hashes;  ///< The same of hypernetworks.
  std::string lora_hashes;          ///< The same of LoRAs.
  std::vector<std::string> loras_beside;  ///< As ModelIdentity has them, without commas.
  std::string masks;  ///< Name and short sha256 of its masks, as "a.png [0123456789]"; or empty.
};

/// Reads what draws a frame again from its parameters text. Throws InvalidArgument when the text is
/// not that of a travel's frame or a plain picture with the usual keys.
FrameRequest parse_frame_parameters(const std::string& parameters);

}  // namespace ptravel
