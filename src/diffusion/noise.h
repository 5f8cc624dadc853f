#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/brownian.h"
#include "diffusion/noise_source.h"
#include "tensor/rng.h"

namespace ptravel {

/// What one picture's noise depends on: nothing else does.
struct ImageSeed {
  std::uint64_t seed = 0;
  std::uint64_t subseed = 0;
  std::uint64_t to_seed = 0;    ///< Seed travel: the seed that the noise is on its way to ...
  double to_share = 0;          ///< ... and how far it has come, 0 to 1: slerp of every tensor.
  double subseed_strength = 0;  ///< 0: the seed's noise, 1: the subseed's, in between slerp.
  std::int64_t resize_from_height = 0;  ///< In latent cells; 0: the picture's own size.
  std::int64_t resize_from_width = 0;
  std::int64_t ensd = 0;  ///< Eta noise seed delta: added to the seed after the first tensor.
  RngSource source = RngSource::Cpu;
  bool operator==(const ImageSeed&) const = default;
};

/// Spherical interpolation between noise tensors [C, h, w] as the web UI has it: lengths and
/// angles along h, for each channel and column; where the two are nearly equal (mean cosine above
/// 0.9995) the result is low * value + high * (1 - value). Of latents that are one cell high, which
/// have no angles, both are taken to stand at a right angle.
at::Tensor slerp(double value, const at::Tensor& low, const at::Tensor& high);

/// The stream of noise tensors of one picture: the first one with subseed and seed resize, then
/// what the seed's generator goes on to give (or a new one's, seeded with seed + ensd). On the way
/// to another seed every tensor is the slerp of both seeds' streams, so that neighbouring frames
/// have neighbouring noise in samplers that add noise, too.
class ImageRng {
 public:
  /// `shape` is [C, h, w] of the latents; throws InvalidArgument when it has another rank, or when
  /// subseed_strength is not a number.
  ImageRng(const ImageSeed& seed, at::IntArrayRef shape);

  /// The next tensor [C, h, w]: float, on the CPU.
  at::Tensor next();

 private:
  at::Tensor first();
  at::Tensor drawn();

  ImageSeed seed_;
  std::vector<std::int64_t> shape_;
  Rng rng_;
  std::optional<Rng> to_rng_;  // The stream of to_seed while under way.
  bool is_first_ = true;
};

/// The noise of a batch: one ImageRng per picture, and one Brownian path per picture for samplers
/// that ask for it. Pictures of one seed share what is drawn for it.
class ImageNoise : public NoiseSource {
 public:
  /// One seed per picture; `shape` is [C, h, w] of the latents.
  ImageNoise(const std::vector<ImageSeed>& seeds, at::IntArrayRef shape);

  /// Starts the Brownian paths between two levels of sigma; to be called before brownian().
  void begin_brownian(double sigma_min, double sigma_max);

  /// The pictures' next tensors [N, C, h, w]: float, on the CPU.
  at::Tensor next();

  at::Tensor next(const at::Tensor& like) override;
  at::Tensor brownian(double sigma, double sigma_next, const at::Tensor& like) override;

 private:
  at::Tensor by_picture(const std::vector<at::Tensor>& drawn) const;

  std::vector<ImageSeed> seeds_;      // each one once, as for the vectors of streams and trees
  std::vector<std::size_t> seed_of_;  // by picture: which one it has
  std::vector<std::int64_t> shape_;
  std::vector<ImageRng> streams_;
  std::vector<BrownianTree> trees_;
  std::vector<std::optional<BrownianTree>> to_trees_;  // Of to_seed, where a picture is under way.
};

}  // namespace ptravel
