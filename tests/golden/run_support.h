#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/noise.h"
#include "pipeline/pipeline.h"
#include "ptravel/image.h"
#include "ptravel/sampling.h"
#include "tests/support/golden.h"

namespace ptravel::golden {

/// How far a whole run may be from the reference. The fp32 numbers are the golden set's own; the
/// bf16 ones are loose, because guidance 7 amplifies the rounding of networks with random weights.
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

/// The allowances for a number format.
RunTolerances tolerances(Precision precision);

/// The set's model, loaded.
std::unique_ptr<Pipeline> open_pipeline(const Context& context);

/// The settings of a run as the set writes them.
SamplingSettings settings_of(const nlohmann::json& run);

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
