// Samplers and spacings of few-step models against the schedulers that those are published with.

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "diffusion/samplers.h"
#include "ptravel/error.h"
#include "schedule/timesteps.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

/// Noise that is easy to make elsewhere: an even spacing from 1 to -1, times the draw's number.
class CountedNoise : public NoiseSource {
 public:
  at::Tensor next(const at::Tensor& like) override {
    return at::linspace(1, -1, like.numel(), like.options()).reshape(like.sizes()) * ++draws;
  }
  at::Tensor brownian(double, double, const at::Tensor& like) override { return next(like); }

  int draws = 0;
};

GuidedEps toy(const at::Tensor& x, double t) {
  const at::Tensor eps = x * (t / (t + 300)) + x.clamp(-1, 1) * 0.1;
  return {eps, eps};
}

at::Tensor first_latents() { return at::linspace(-1.5, 1.5, 8, at::kDouble).reshape({1, 1, 2, 4}); }

/// The result's first half; the toy's second half mirrors it.
at::Tensor half(std::vector<double> numbers) {
  const at::Tensor first = at::tensor(numbers, at::kDouble);
  return at::cat({first, -first.flip(0)}).reshape({1, 1, 2, 4});
}

struct Drawn {
  at::Tensor x;
  int draws;
};

template <typename Sampler>
Drawn run(Sampler sampler, int steps, Spacing spacing, double eta) {
  const std::vector<double> alphas_cumprod = default_alphas_cumprod();
  CountedNoise noise;
  const SamplerRun sampler_run{noise, {.eta = eta}, {}, {}, {}};
  const at::Tensor x =
      sampler(toy, first_latents(), {make_timesteps(steps, spacing), alphas_cumprod}, sampler_run);
  return {x, noise.draws};
}

/// diffusers 0.31: DDIMScheduler, timestep_spacing "trailing", set_alpha_to_one false.
TEST(FewSteps, DdimWithTrailingTimes) {
  EXPECT_CLOSE(run(sample_ddim, 4, Spacing::Trailing, 0).x,
               half({-2.405195155, -1.550634601, -0.834374704, -0.278124901}), 1e-5);
  EXPECT_CLOSE(run(sample_ddim, 8, Spacing::Trailing, 0).x,
               half({-2.414898126, -1.578813392, -0.857639916, -0.285879972}), 1e-5);
}

/// diffusers 0.31: TCDScheduler.
TEST(FewSteps, TcdJumpsAndAddsNoise) {
  const Drawn plain = run(sample_tcd, 4, Spacing::Distilled, 0);
  EXPECT_CLOSE(plain.x, half({-2.387917752, -1.53998454, -0.828266114, -0.276088705}), 1e-5);
  EXPECT_EQ(plain.draws, 0);
  const Drawn usual = run(sample_tcd, 4, Spacing::Distilled, 0.3);
  EXPECT_CLOSE(usual.x, half({1.782202365, 1.314933976, 0.776065455, 0.258688485}), 1e-5);
  EXPECT_EQ(usual.draws, 3) << "the last step adds none";
  EXPECT_CLOSE(run(sample_tcd, 4, Spacing::Distilled, 1).x,
               half({2.595172419, 1.831555198, 1.053708834, 0.345913534}), 1e-5);
  const Drawn single = run(sample_tcd, 1, Spacing::Distilled, 1);
  EXPECT_CLOSE(single.x, half({-3.687599694, -2.217448935, -1.267986734, -0.422662245}), 2e-5);
  EXPECT_EQ(single.draws, 0);
  EXPECT_THROW(run(sample_tcd, 4, Spacing::Distilled, 1.1), Error);
  EXPECT_THROW(run(sample_tcd, 4, Spacing::Distilled, -0.1), Error);
}

}  // namespace
}  // namespace ptravel
