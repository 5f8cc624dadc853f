#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/compute.h"
#include "ptravel/progress.h"

namespace ptravel {

/// The role of LoRA's family among a model's files and add-ons.
inline constexpr const char* kLoraRole = "lora";

/// A file that changes what a model does, and by that which model it is.
struct ModelAddon {
  std::string role;  ///< What kind of add-on it is: kLoraRole, "controlnet", ...
  std::filesystem::path path;
  std::string name = {};                 ///< As prompts call it.
  double text_encoder = 1;               ///< How strongly it changes the text encoders,
  double unet = 1;                       ///< and the UNet.
  std::optional<std::int64_t> dyn = {};  ///< LoRA: how many ranks are used (docs/addons.md).
  bool dora_1_9 = false;                 ///< DoRA as version 1.9 of the web UI scales it.
  /// Low ranks stand beside the UNet's weights, and each picture says how strong they are there;
  /// `unet` says nothing then.
  bool beside = false;
  bool operator==(const ModelAddon&) const = default;
};

/// Which model to load and how to compute with it.
struct ModelSpec {
  std::filesystem::path model;
  std::filesystem::path
      vae;  ///< Empty: a VAE file beside the model, else its own; "none": its own.
  /// Where VAEs that are given by name and tiny decoders lie (checkpoint/models_folder.h).
  std::vector<std::filesystem::path> models_folders;
  PredictionChoice prediction = PredictionChoice::Auto;
  ZeroSnrChoice zero_snr = ZeroSnrChoice::Auto;
  VaeDecoder vae_decoder = VaeDecoder::Full;
  DeviceChoice device = DeviceChoice::Auto;
  Precision precision = Precision::Auto;
  /// Networks are read when they are needed first, and those that are only needed for texts go
  /// again while pictures are drawn.
  bool low_memory = false;
  /// In the order in which they are applied. Those of kLoraRole change the weights as they
  /// are read; other roles are refused (Unsupported).
  std::vector<ModelAddon> addons;
  bool operator==(const ModelSpec&) const = default;
};

class OpenModel;    // pipeline/open_model.h
class LoadedModel;  // pipeline/loaded_model.h

/// Models that are loaded, shared by everybody who asks for the same one: equal settings, and files
/// that have not changed since (size and time). May be used from several threads; one model is
/// loaded at a time, and who asks meanwhile waits.
class ModelStore {
 public:
  /// Keeps models until their weights take more than `memory_bound` bytes together; then those that
  /// were not asked for the longest are let go (one that is still in use lives until its users let
  /// go too). 0: keeps none, but shares what is in use.
  explicit ModelStore(std::uint64_t memory_bound);
  ~ModelStore();
  ModelStore(const ModelStore&) = delete;
  ModelStore& operator=(const ModelStore&) = delete;

  /// The loaded model of what was opened. Throws what loading throws, and Cancelled also while it
  /// waits for others.
  std::shared_ptr<const LoadedModel> load(std::shared_ptr<const OpenModel> model,
                                          Progress& progress);

  /// Keeps none of the models any more and gives their memory back to the system and to cards;
  /// those in use live until their users let go. The destructor does so, too.
  void unload();
  /// Models that are kept now, and the bytes of their weights.
  std::size_t models() const;
  std::uint64_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptravel
