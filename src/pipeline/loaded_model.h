#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "model/stable_diffusion.h"
#include "model/tiny_decoder.h"
#include "pipeline/latent_colours.h"
#include "pipeline/open_model.h"
#include "pipeline/prompt_encoder.h"
#include "ptravel/progress.h"

namespace ptravel {

/// A model with its weights, ready to compute: what it computes never changes, and any number of
/// pipelines and threads may share it. Where memory is short (ModelSpec::low_memory) each network
/// is read when it is needed first, and the text encoders go again when pictures are drawn. Who
/// asks may give a progress, in which reading is an activity of its own.
class LoadedModel {
 public:
  /// Reads the weights. Progress counts tensors. Throws what StableDiffusion::load throws; where
  /// memory is short the functions below do.
  static std::shared_ptr<const LoadedModel> load(const OpenModel& model, Progress& progress);
  LoadedModel(const LoadedModel&) = delete;
  LoadedModel& operator=(const LoadedModel&) = delete;

  const OpenModel& model() const { return *model_; }
  SharedTextEncoders text_encoders(Progress* progress = nullptr) const;
  /// Where memory is short, lets the text encoders go.
  void begin_drawing() const;
  const Unet& unet(Progress* progress = nullptr) const;
  const Vae& vae(Progress* progress = nullptr) const;
  /// The same VAE on the CPU in fp32, read from its files when it is first asked for: for pictures
  /// that a card has not the memory for.
  const Vae& vae_on_cpu() const;
  /// Its tiny decoder, read when it is first asked for; null where there is none, or where previews
  /// alone would use it and it cannot be read.
  const TinyDecoder* tiny_decoder() const;
  /// The colours of its latents; fitted when they are asked for first.
  const LatentColours& colours() const;
  /// What the weights take in memory, all of them together.
  std::uint64_t bytes() const { return bytes_; }

 private:
  LoadedModel(std::shared_ptr<const OpenModel> model, std::uint64_t bytes);

  std::shared_ptr<const OpenModel> model_;
  std::uint64_t bytes_ = 0;
  mutable std::mutex mutex_;  // guards what is empty until it is read
  mutable SharedTextEncoders text_encoders_;
  mutable std::optional<Unet> unet_;
  mutable std::optional<Vae> vae_;
  mutable std::optional<Vae> vae_on_cpu_;
  mutable std::optional<TinyDecoder> tiny_decoder_;
  mutable bool tiny_decoder_is_broken_ = false;
  mutable std::once_flag fitted_;  // guards the making of colours_
  mutable std::optional<LatentColours> colours_;
};

/// The text encoders, or the UNet, of a model that is open; `progress`, where it is given, tells
/// the reading as an activity of its own. Throw as StableDiffusion::load.
SharedTextEncoders read_text_encoders(const OpenModel& model, Progress* progress);
Unet read_unet(const OpenModel& model, Progress* progress);

}  // namespace ptravel
