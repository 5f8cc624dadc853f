#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "model/stable_diffusion.h"
#include "pipeline/latent_colours.h"
#include "pipeline/open_model.h"
#include "ptravel/progress.h"

namespace ptravel {

/// A model with its weights, ready to compute. Immutable: any number of pipelines and threads may
/// share it.
class LoadedModel {
 public:
  /// Reads the weights. Progress counts tensors. Throws what StableDiffusion::load throws.
  static std::shared_ptr<const LoadedModel> load(const OpenModel& model, Progress& progress);
  LoadedModel(const LoadedModel&) = delete;
  LoadedModel& operator=(const LoadedModel&) = delete;

  const OpenModel& model() const { return *model_; }
  const std::vector<ClipTextModel>& text_encoders() const { return networks_.clips; }
  const Unet& unet() const { return networks_.unet; }
  const Vae& vae() const { return networks_.vae; }
  /// The colours of its latents; fitted when they are asked for first.
  const LatentColours& colours() const;
  /// What the weights take in memory.
  std::uint64_t bytes() const { return bytes_; }

 private:
  LoadedModel(std::shared_ptr<const OpenModel> model, StableDiffusion networks, std::uint64_t bytes)
      : model_(std::move(model)), networks_(std::move(networks)), bytes_(bytes) {}

  std::shared_ptr<const OpenModel> model_;
  StableDiffusion networks_;
  std::uint64_t bytes_ = 0;
  mutable std::once_flag fitted_;  // guards the making of colours_
  mutable std::optional<LatentColours> colours_;
};

}  // namespace ptravel
