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

/// D(x, sigma) of Karras et al., table 1, computed by those formulas for the network
/// F(u, t) = 0.3 u + 0.2 t - 0.1. CosXL's kind (sigma_data 1) has the opposite sign before F.
struct EdmReference {
  double sigma_data;
  Prediction prediction;
  double sigma;
  double x;
  double denoised;
};

constexpr EdmReference kEdm[] = {
    {0.5, Prediction::Eps, 0.01, 0.35, 0.348657291539},
    {0.5, Prediction::Eps, 0.7, -2.5, -1.24726695639},
    {0.5, Prediction::Eps, 15, 40, 0.461642594556},
    {0.5, Prediction::Eps, 79, 0.35, 0.0599135598849},
    {1, Prediction::V, 0.01, 40, 39.8793148187},
    {1, Prediction::V, 0.7, 0.35, 0.253143686711},
    {1, Prediction::V, 15, -2.5, 0.00339271507543},
    {1, Prediction::V, 79, 40, -0.263929099037},
};

TEST(EdmNetwork, IsPreconditionedAsInThePaper) {
  const Network linear = [](const std::vector<NetworkRow>& rows) -> at::Tensor {
    return latents_of(rows) * 0.3 + (0.2 * rows[0].time - 0.1);
  };
  constexpr double kMin = 0.002;
  constexpr double kMax = 80;
  for (const EdmReference& row : kEdm) {
    const ConditionedModel denoiser = make_denoiser(
        make_edm_network(linear, row.prediction, kMin, kMax), Prediction::V,
        SigmaTable::evenly_in_logarithm(kMin / row.sigma_data, kMax / row.sigma_data));
    const at::Tensor x = at::full({1, 1, 1, 1}, row.x / row.sigma_data, at::kDouble);
    const at::Tensor denoised = denoiser(x, row.sigma / row.sigma_data, nothing(1));
    EXPECT_NEAR(denoised.item<double>() * row.sigma_data, row.denoised,
                1e-6 * (1 + std::fabs(row.denoised)))
        << row.sigma << " " << row.x;
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
