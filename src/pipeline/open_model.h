#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "addons/changed_tensors.h"
#include "addons/side_tensors.h"
#include "checkpoint/model_files.h"
#include "ptravel/model_store.h"
#include "ptravel/sampling.h"
#include "schedule/schedule.h"
#include "tensor/compute.h"
#include "text/tokenizer.h"

namespace ptravel {

/// A file of a model as it was when the model was opened.
struct FileStamp {
  std::string role;
  std::filesystem::path path;
  std::string name;  ///< In the model's folder; of a single file its name.
  std::uint64_t size = 0;
  std::int64_t time = 0;
  bool operator==(const FileStamp&) const = default;
};

/// A model of which names, shapes and configs are read, but no weights: what it is, and how it will
/// compute (device and number format are settled). Immutable; may be used from several threads.
class OpenModel {
 public:
  /// Throws what open_model, resolve_compute and the tokenizer throw, and Unsupported for add-ons.
  /// With VaeDecoder::Tiny NotFound where there is no tiny decoder, and what open_tiny_decoder
  /// throws.
  static std::shared_ptr<const OpenModel> open(const ModelSpec& spec);

  const ModelSpec& spec() const { return spec_; }
  const ModelFiles& files() const { return files_; }
  const Compute& compute() const { return compute_; }
  /// One for each of its text encoders.
  const Tokenizers& tokenizers() const { return *tokenizers_; }
  /// Its tensors under our names, changed by its LoRAs.
  std::shared_ptr<const TensorSource> weights() const;
  /// What its LoRAs do to the text encoders and to the UNet: texts that are equal where they do the
  /// same, and empty where they do nothing.
  const std::string& text_changes() const { return text_changes_; }
  const std::string& unet_changes() const { return unet_changes_; }
  /// The same with other add-ons instead of its own. Not of one without its weights.
  std::shared_ptr<const OpenModel> with_addons(std::vector<ModelAddon> addons) const;
  /// Whether those add-ons that are to stand beside the UNet can, with the others as they are.
  bool can_stand_beside() const;
  /// Whether one of its add-ons (by its place in the spec) has anything that fits the UNet.
  bool changes_unet(std::size_t addon) const { return loras_.at(addon).fit->changes_unet(); }
  /// How many do: as many strengths a picture has.
  std::size_t side_slots() const { return side_slots_; }
  /// What the web UI says of LoRAs that do not fit, and what else is worth telling of them.
  const std::vector<std::string>& addon_notes() const { return addon_notes_; }
  /// Every file that pictures depend on, weights first.
  const std::vector<FileStamp>& stamps() const { return stamps_; }

  /// The file of the tiny decoder for its latents, where there is one that can be used. With
  /// VaeDecoder::Tiny always.
  const std::optional<std::filesystem::path>& tiny_decoder() const { return tiny_decoder_; }

  /// Pixels along a side must be multiples of it.
  int size_factor() const { return static_cast<int>(files_.vae.factor()); }
  /// The side in pixels of the pictures that the model was trained on; its family's usual one where
  /// it does not say.
  int trained_size() const;
  /// Noise levels by timestep, as the model was trained.
  SigmaTable sigma_table() const;
  /// What samplers are given is v, not the noise: the network's prediction, of EDM models made so.
  bool predicts_v() const { return files_.edm || files_.prediction == Prediction::V; }
  /// The same without its hold on the files of weights.
  std::shared_ptr<const OpenModel> without_weights() const;

 private:
  OpenModel() = default;
  void find_tiny_decoder();
  void use_addons(std::vector<ModelAddon> addons);
  std::shared_ptr<const TensorSource> changed_weights(
      std::shared_ptr<const TensorSource> plain) const;

  ModelSpec spec_;
  ModelFiles files_;
  Compute compute_;
  std::shared_ptr<const Tokenizers> tokenizers_;
  std::vector<FileStamp> stamps_;
  std::vector<AppliedLora> loras_;  // of those that stand beside, the part for text encoders
  std::vector<SideLora> sides_;
  std::size_t side_slots_ = 0;
  std::string text_changes_;
  std::string unet_changes_;
  std::vector<std::string> addon_notes_;
  std::optional<std::filesystem::path> tiny_decoder_;
};

}  // namespace ptravel
