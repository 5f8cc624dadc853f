#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/noise.h"
#include "pipeline/latent_loss.h"
#include "pipeline/pipeline.h"
#include "ptravel/image.h"
#include "ptravel/sampling.h"
#include "tests/support/golden.h"

namespace ptravel::golden {

/// How far a whole run may be from the reference. The fp32 numbers are the golden set's own; the
/// bf16 ones are loose, because guidance 7 amplifies the rounding of networks with random weights;
/// fp16, whose rounding is an eighth, is allowed about a third of them.
struct RunTolerances {
  double cond = 2e-5;
  double noise = 1e-5;
  double sigma_relative = 1e-5;
  double timestep = 2e-3;
  double first_call = 1e-3;
  double latent = 5e-3;
  double encoded = 1e-4;
  double decoded = 1e-4;
  double level = 2;             ///< Of 255.
  double pixels_beyond = 0.02;  ///< Fraction that may differ by more than `level`.
  double latents_beyond = 0;    ///< Fraction of latents beyond `latent`.
};

/// The allowances for a number format, on any device.
RunTolerances tolerances(Precision precision);

/// The model of tiny_sd1, loaded, or another one.
std::unique_ptr<Pipeline> open_pipeline(const Context& context,
                                        const std::filesystem::path& model = {});

/// The model of a set's folder with the tensors of another file put in, in `folder`, beside its
/// config with `changes`. Returns the model's file.
std::filesystem::path write_variant(const std::filesystem::path& set,
                                    const std::filesystem::path& overriding,
                                    const nlohmann::json& changes,
                                    const std::filesystem::path& folder);

/// What a run's network is told of the picture.
PictureSizes sizes_of(const nlohmann::json& run);

/// The settings of a run as the set writes them.
SamplingSettings settings_of(const nlohmann::json& run);

/// The latent loss and its gradient computed in float64: what tells rounding from mistakes where a
/// network with random weights is ill-conditioned.
LatentLoss latent_loss_in_float64(const Pipeline& pipeline,
                                  const at::Tensor& latent,
                                  const LossDraw& draw,
                                  const at::Tensor& context);

/// |actual - expected| <= atol + rtol * |expected|; where that fails, four times the expected
/// tensor's largest distance from `float64()` is allowed on top: the reference's rounding, and
/// ours, which other orders of sums (AVX2's, LibTorch 2's) make three times as large.
void close_or_rounded(Report& report,
                      const std::string& name,
                      const at::Tensor& actual,
                      const at::Tensor& expected,
                      double atol,
                      double rtol,
                      const std::function<at::Tensor()>& float64);

/// One seed for each picture of a run.
std::vector<ImageSeed> seeds_of(const nlohmann::json& run);

/// Pictures as the set stores them: uint8 [n, h, w, 3].
at::Tensor as_bytes(const std::vector<Image>& images);

/// A member of a JSON object, or `fallback` when it is missing or null.
template <typename Value>
Value value_or(const nlohmann::json& object, const char* key, Value fallback) {
  return object.contains(key) && !object.at(key).is_null() ? object.at(key).get<Value>() : fallback;
}

}  // namespace ptravel::golden
