#include "diffusion/denoiser.h"

#include <cmath>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/rng.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

at::Tensor latents_of(const std::vector<NetworkRow>& rows) {
  std::vector<at::Tensor> latents;
  for (const NetworkRow& row : rows) {
    latents.push_back(row.latent);
  }
  return at::stack(latents);
}

// For networks that do not look at them.
std::vector<SharedConditioning> nothing(std::size_t rows) {
  return std::vector<SharedConditioning>(rows);
}

// A network that knows the clean picture x0 and so predicts perfectly.
Network perfect_network(const at::Tensor& x0, Prediction prediction, const SigmaTable& table) {
  return [=](const std::vector<NetworkRow>& rows) -> at::Tensor {
    const at::Tensor x = latents_of(rows);
    const double sigma = table.t_to_sigma(rows[0].time);
    const double alpha = 1 / std::sqrt(1 + sigma * sigma);
    const double std = sigma * alpha;
    const at::Tensor noise = (x - x0 * alpha) / std;
    return prediction == Prediction::Eps ? noise : noise * alpha - x0 * std;
  };
}

class DenoiserOutput : public testing::TestWithParam<Prediction> {};

TEST_P(DenoiserOutput, PerfectNetworkGivesTheCleanPicture) {
  const SigmaTable table;
  Rng rng(RngSource::Cpu, 1);
  const at::Tensor x0 = rng.randn({2, 4, 3, 5}, at::kDouble);
  const at::Tensor noise = rng.randn({2, 4, 3, 5}, at::kDouble);
  const ConditionedModel denoiser =
      make_denoiser(perfect_network(x0, GetParam(), table), GetParam(), table);
  for (const double sigma : {0.05, 0.7, 3.0, 14.0}) {
    const at::Tensor denoised = denoiser(x0 + noise * sigma, sigma, nothing(2));
    EXPECT_EQ(denoised.scalar_type(), at::kDouble);
    EXPECT_CLOSE(denoised, x0, 1e-6);
  }
}

TEST_P(DenoiserOutput, TimestepModelGivesTheNoise) {
  const SigmaTable table;
  Rng rng(RngSource::Cpu, 2);
  const at::Tensor x0 = rng.randn({1, 4, 3, 5}, at::kDouble);
  const at::Tensor noise = rng.randn({1, 4, 3, 5}, at::kDouble);
  const ConditionedModel model =
      make_eps_model(perfect_network(x0, GetParam(), table), GetParam(), table);
  for (const int t : {1, 400, 999}) {
    const double abar = table.alphas_cumprod()[t];
    const at::Tensor x = x0 * std::sqrt(abar) + noise * std::sqrt(1 - abar);
    EXPECT_CLOSE(model(x, t, nothing(1)), noise, 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Outputs, DenoiserOutput, testing::Values(Prediction::Eps, Prediction::V));

TEST(Denoiser, NetworkSeesScaledLatentsAndOneTimePerRow) {
  const SigmaTable table;
  std::vector<SharedConditioning> conditionings;
  for (int i = 0; i < 3; ++i) {
    conditionings.push_back(make_conditioning({at::zeros({77, 2})}));
  }
  const Network network = [&](const std::vector<NetworkRow>& rows) {
    EXPECT_EQ(rows.size(), 3U);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_NEAR(rows[i].time, table.sigma_to_t(2.5), 1e-4);
      EXPECT_NEAR(rows[i].latent[0][0][0].item<double>(), 1 / std::sqrt(1 + 2.5 * 2.5), 1e-6);
      EXPECT_EQ(rows[i].conditioning, conditionings[i]);
    }
    return at::zeros_like(latents_of(rows));
  };
  const at::Tensor x = at::ones({3, 4, 2, 2});
  EXPECT_CLOSE(make_denoiser(network, Prediction::Eps, table)(x, 2.5, conditionings), x, 0);
}

TEST(Denoiser, LcmUsesDistilledTimes) {
  const SigmaTable table = lcm_sigma_table(SigmaTable());
  const Network network = [](const std::vector<NetworkRow>& rows) {
    EXPECT_EQ(std::fmod(rows[0].time, 20), 19);
    return at::zeros_like(latents_of(rows));
  };
  const at::Tensor x = at::ones({1, 4, 2, 2});
  const ConditionedModel denoiser = make_lcm_denoiser(network, Prediction::Eps, table);
  EXPECT_CLOSE(denoiser(x, 1.0, nothing(1)), x, 1e-4);
  EXPECT_THROW(make_lcm_denoiser(network, Prediction::V, table), Error);
}

}  // namespace
}  // namespace ptravel
