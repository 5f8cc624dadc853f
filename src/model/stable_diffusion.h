#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/model_files.h"
#include "model/clip.h"
#include "model/unet.h"
#include "model/vae.h"
#include "ptravel/progress.h"

namespace ptravel {

/// Another source's tensors; `progress` counts those that are read. Reading throws Cancelled too.
std::shared_ptr<const TensorSource> counted(std::shared_ptr<const TensorSource> source,
                                            Progress& progress);

/// Reads the networks of what open_model found, one or all. Each function throws as
/// StableDiffusion::load. Holds `files`.
class NetworkLoader {
 public:
  NetworkLoader(const ModelFiles& files,
                std::shared_ptr<const TensorSource> weights,
                const Compute& compute);
  /// In the order of kTextParts.
  std::vector<ClipTextModel> text_encoders() const;
  Unet unet() const;
  Vae vae() const;
  /// What all weights take in memory.
  std::uint64_t bytes() const;

 private:
  const ModelFiles& files_;
  std::shared_ptr<const TensorSource> weights_;
  Compute compute_;
};

/// A Stable Diffusion model, loaded and ready to compute. Immutable, so that several threads may
/// use it; movable.
struct StableDiffusion {
  /// Loads what open_model found. Tensor by tensor: each is converted and its pages of the mapped
  /// file given back before the next, so that the weights are never in memory twice. The UNet (and
  /// on a CPU the VAE) is in `compute`'s format; text encoders are always fp32, so that
  /// conditionings do not depend on the precision; on a GPU the VAE is fp32 too, because fp16
  /// overflows in some. Reports tensors as they come. Throws Corrupt with all missing, unused and
  /// misshapen tensors of a network, and Cancelled.
  static StableDiffusion load(const ModelFiles& files, const Compute& compute, Progress& progress);
  /// The same with tensors from elsewhere: only the configs and settings of `files` count.
  static StableDiffusion load(const ModelFiles& files,
                              const std::shared_ptr<const TensorSource>& weights,
                              const Compute& compute,
                              Progress& progress);

  std::vector<ClipTextModel> clips;  ///< Its text encoders, in the order of kTextParts.
  Unet unet;
  Vae vae;
  Compute compute;  ///< The UNet's.
  Prediction prediction = Prediction::Eps;
  /// The noise schedule that the model brings along, or nothing for Stable Diffusion's.
  std::optional<std::vector<double>> alphas_cumprod;
  std::filesystem::path path;
};

}  // namespace ptravel
