#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoint/model_files.h"
#include "diffusion/sample.h"
#include "model/stable_diffusion.h"
#include "pipeline/prompt_encoder.h"
#include "pipeline/shared_calls.h"
#include "ptravel/compute.h"
#include "ptravel/image.h"
#include "ptravel/progress.h"
#include "tensor/compute.h"
#include "text/tokenizer.h"

namespace ptravel {

/// Which model to open and how to compute with it.
struct PipelineOptions {
  std::filesystem::path model;
  std::filesystem::path
      vae;  ///< Empty: a VAE file beside the model, else its own; "none": its own.
  PredictionChoice prediction = PredictionChoice::Auto;
  DeviceChoice device = DeviceChoice::Auto;
  Precision precision = Precision::Auto;
  int threads = 0;
};

/// Pictures to draw together; one entry of each list per picture.
struct PictureBatch {
  std::vector<ImageConditioning> images;
  std::vector<ImageSeed> seeds;
  int width = 512;  ///< Multiples of Pipeline::size_factor().
  int height = 512;
  at::Tensor init_latent;  ///< [N, C, h, w] for image-to-image; undefined for text-to-image.
  std::vector<double> guidance_scales;  ///< One per picture; empty: the settings' for all.
};

/// A loaded Stable Diffusion model and everything around it: prompts in, pictures out. One thread.
class Pipeline {
 public:
  /// Opens the files (names and shapes only), settles device and precision and loads the tokenizer;
  /// load() follows.
  static std::unique_ptr<Pipeline> open(const PipelineOptions& options);
  /// Reads the weights. Call once, before anything that computes.
  void load(Progress& progress);

  /// Pixels along a side must be multiples of it.
  int size_factor() const { return static_cast<int>(files_.vae.factor()); }
  /// The side in pixels of the pictures that the model was trained on; 512 where it does not say.
  int trained_size() const;
  const ModelFiles& files() const { return files_; }
  const Compute& compute() const { return compute_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }
  /// Noise levels by timestep, as the model was trained.
  SigmaTable sigma_table() const;
  /// The network's prediction is v, not the noise.
  bool predicts_v() const { return files_.prediction == Prediction::V; }
  const PromptEncoder& encoder() const;
  const Vae& vae() const;
  const Unet& unet() const;
  const ClipTextModel& text_encoder() const;

  /// Draws a batch; returns float32 latents [N, C, h, w] on the networks' device.
  at::Tensor sample(const SamplingSettings& settings,
                    const PictureBatch& batch,
                    const SamplingHooks& hooks = {}) const;

 private:
  Pipeline(ModelFiles files, Compute compute);

  ModelFiles files_;
  Compute compute_;
  Tokenizer tokenizer_;
  std::optional<StableDiffusion> model_;
  std::optional<PromptEncoder> encoder_;
  std::unique_ptr<SharedCalls> calls_;
};

}  // namespace ptravel
