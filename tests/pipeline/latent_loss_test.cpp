#include "pipeline/latent_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "ptravel/error.h"
#include "ptravel/profile.h"
#include "tensor/rng.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

std::unique_ptr<Pipeline> tiny_pipeline(PredictionChoice prediction) {
  PipelineOptions options;
  options.model = PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors";
  options.prediction = prediction;
  options.precision = Precision::Fp32;
  options.device = DeviceChoice::Cpu;
  auto pipeline = Pipeline::open(options);
  Progress progress;
  pipeline->load(progress);
  return pipeline;
}

struct Place {
  at::Tensor latent, context;
  LossDraw draw;
};

Place some_place(const Pipeline& pipeline, std::int64_t tokens) {
  Rng rng(RngSource::Cpu, 3);
  Place place;
  place.latent = rng.randn({1, 4, 8, 8});
  place.draw = {400, rng.randn({1, 4, 8, 8})};
  place.context = rng.randn({tokens, pipeline.files().unet.context_dim});
  return place;
}

/// d(sum of loss^2 / 2) along a direction, by central differences.
double difference_along(const Pipeline& pipeline, const Place& place, const at::Tensor& direction) {
  constexpr double kStep = 1e-3;
  const auto value = [&](double step) {
    const at::Tensor context = place.context + direction * step;
    return latent_loss(pipeline, place.latent, place.draw, {context}, false)
               .loss.to(at::kDouble)
               .square()
               .sum()
               .item<double>() /
           2;
  };
  return (value(kStep) - value(-kStep)) / (2 * kStep);
}

TEST(LatentLoss, GradientIsTheSlopeForNoiseAndVelocityModelsAndLongPrompts) {
  for (const PredictionChoice prediction : {PredictionChoice::Eps, PredictionChoice::V}) {
    const auto pipeline = tiny_pipeline(prediction);
    for (const std::int64_t tokens : {77, 231}) {
      const Place place = some_place(*pipeline, tokens);
      const LatentLoss loss =
          latent_loss(*pipeline, place.latent, place.draw, {place.context}, true);
      ASSERT_EQ(loss.gradient.sizes(), place.context.sizes());
      const at::Tensor direction = loss.gradient / loss.gradient.norm();
      const double slope = (loss.gradient * direction).sum().item<double>();
      EXPECT_GT(slope, 0);
      EXPECT_NEAR(difference_along(*pipeline, place, direction), slope, 0.05 * slope) << tokens;
    }
  }
}

TEST(LatentLoss, TheBackwardIsWorkOfTheUnet) {
  const auto pipeline = tiny_pipeline(PredictionChoice::Eps);
  const Place place = some_place(*pipeline, 77);
  const auto backward_calls = [&](bool with_gradient) {
    const Profile profile;
    latent_loss(*pipeline, place.latent, place.draw, {place.context}, with_gradient);
    std::int64_t calls = 0;
    for (const ProfileEntry& entry : profile.report().entries) {
      calls += entry.part == "unet" && entry.kind == "backward" ? entry.calls : 0;
    }
    return calls;
  };
  EXPECT_EQ(backward_calls(true), 1);
  EXPECT_EQ(backward_calls(false), 0);
}

TEST(LatentLoss, VelocityIsReadAsNoise) {
  const auto eps = tiny_pipeline(PredictionChoice::Eps);
  const auto v = tiny_pipeline(PredictionChoice::V);
  const Place place = some_place(*eps, 77);
  const double abar = eps->sigma_table().alphas_cumprod().at(400);
  const at::Tensor x = place.latent * std::sqrt(abar) + place.draw.noise * std::sqrt(1 - abar);
  const at::NoGradGuard no_gradients;
  const at::Tensor out = eps->unet().forward(x, at::full({1}, 400.0f), place.context.unsqueeze(0));
  EXPECT_CLOSE(latent_loss(*eps, place.latent, place.draw, {place.context}, false).loss,
               (out - place.draw.noise).square(), 1e-5);
  const at::Tensor noise = out * std::sqrt(abar) + x * std::sqrt(1 - abar);
  EXPECT_CLOSE(latent_loss(*v, place.latent, place.draw, {place.context}, false).loss,
               (noise - place.draw.noise).square(), 1e-4);
}

TEST(LatentLoss, WithoutAGradientTheLossIsTheSame) {
  const auto pipeline = tiny_pipeline(PredictionChoice::Auto);
  const Place place = some_place(*pipeline, 77);
  const LatentLoss with = latent_loss(*pipeline, place.latent, place.draw, {place.context}, true);
  const LatentLoss without =
      latent_loss(*pipeline, place.latent, place.draw, {place.context}, false);
  EXPECT_CLOSE(with.loss, without.loss, 1e-5);
  EXPECT_FALSE(without.gradient.defined());
}

/// Where pictures go on at their other edge, one that is turned has the same loss, turned.
TEST(LatentLoss, ATiledPictureMayBeTurned) {
  const auto pipeline = tiny_pipeline(PredictionChoice::Auto);
  Place place = some_place(*pipeline, 77);
  place.latent = at::randn({1, 4, 16, 16});
  place.draw.noise = at::randn({1, 4, 16, 16});
  // By as much as the smallest of the network's pictures turns by one pixel.
  const auto turned = [](const at::Tensor& x) { return at::roll(x, {8, 8}, {2, 3}); };
  const auto losses = [&] {
    return std::pair(latent_loss(*pipeline, place.latent, place.draw, {place.context}, true),
                     latent_loss(*pipeline, turned(place.latent),
                                 {place.draw.t, turned(place.draw.noise)}, {place.context}, true));
  };
  const auto [plain, plain_turned] = losses();
  EXPECT_FALSE(at::allclose(turned(plain.loss), plain_turned.loss, 1e-3, 1e-3));
  pipeline->set_wrap({true, true});
  const auto [tiled, tiled_turned] = losses();
  EXPECT_CLOSE(turned(tiled.loss), tiled_turned.loss, 1e-3);
  EXPECT_CLOSE(tiled.gradient, tiled_turned.gradient,
               1e-3 * tiled.gradient.abs().max().item<double>());
}

}  // namespace
}  // namespace ptravel
