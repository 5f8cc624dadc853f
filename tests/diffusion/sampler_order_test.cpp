#include <cmath>

#include <ATen/ATen.h>

#include "diffusion/sampler_table.h"
#include "schedule/timesteps.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

// Pictures drawn from a normal distribution of this standard deviation have the denoiser
// D = x d^2 / (d^2 + sigma^2), and the sampling equation can be solved by hand.
constexpr double kDeviation = 0.8;

at::Tensor denoise_gaussian(const at::Tensor& x, double sigma) {
  const double variance = kDeviation * kDeviation;
  return x * (variance / (variance + sigma * sigma));
}

double exact_ratio(double sigma, double sigma_next) {
  return std::hypot(kDeviation, sigma_next) / std::hypot(kDeviation, sigma);
}

class ZeroNoise : public NoiseSource {
 public:
  at::Tensor next(const at::Tensor& like) override { return at::zeros_like(like); }
  at::Tensor brownian(double, double, const at::Tensor& like) override {
    return at::zeros_like(like);
  }
};

double error_with(const SamplerEntry& row, int num_steps) {
  const double first = 8;
  const double last = 0.1;
  Sigmas sigmas;
  for (int i = 0; i <= num_steps; ++i) {
    sigmas.push_back(first * std::pow(last / first, static_cast<double>(i) / num_steps));
  }
  ZeroNoise noise;
  const SamplerRun run{noise, {.eta = 0}, {}, {}, SigmaRange{last, first, num_steps}};
  const at::Tensor x = at::ones({1, 1, 1, 1}, at::kDouble);
  const at::Tensor result = row.by_sigmas(denoise_gaussian, x, sigmas, run);
  return std::abs(result.item<double>() - exact_ratio(first, last));
}

struct OrderCase {
  std::string name;
  double order;
  int num_steps;
};

class SamplerOrder : public testing::TestWithParam<OrderCase> {};

TEST_P(SamplerOrder, ErrorFallsWithTheStatedOrder) {
  const SamplerEntry& row = find_sampler_entry(GetParam().name);
  const double coarse = error_with(row, GetParam().num_steps);
  const double fine = error_with(row, 2 * GetParam().num_steps);
  EXPECT_GT(std::log2(coarse / fine), GetParam().order - 0.35) << coarse << " " << fine;
  EXPECT_LT(fine, 0.02);
}

// The lower orders that 3M SDE begins with and DPM fast ends with limit both to the second.
INSTANTIATE_TEST_SUITE_P(Samplers,
                         SamplerOrder,
                         testing::Values(OrderCase{"euler", 1, 80},
                                         OrderCase{"euler_ancestral", 1, 80},
                                         OrderCase{"heun", 2, 40},
                                         OrderCase{"dpm_2", 2, 40},
                                         OrderCase{"dpm_2_ancestral", 2, 40},
                                         OrderCase{"dpmpp_2s_ancestral", 2, 40},
                                         OrderCase{"dpmpp_2m", 2, 40},
                                         OrderCase{"dpmpp_sde", 2, 40},
                                         OrderCase{"dpmpp_2m_sde", 2, 40},
                                         OrderCase{"dpmpp_2m_sde_heun", 2, 40},
                                         OrderCase{"dpmpp_3m_sde", 2, 80},
                                         OrderCase{"lms", 3, 80},
                                         OrderCase{"dpm_fast", 2, 60}),
                         [](const auto& info) { return info.param.name; });

TEST(SamplerAccuracy, AdaptiveStepsMeetTheirTolerance) {
  EXPECT_LT(error_with(find_sampler_entry("dpm_adaptive"), 1), 0.01);
}

// The same pictures seen by the timestep samplers: eps of x = sqrt(abar) x0 + sqrt(1 - abar) noise.
double timestep_error(const SamplerEntry& row, int num_steps) {
  const std::vector<double> alphas_cumprod = default_alphas_cumprod();
  const auto model = [&](const at::Tensor& x, double t) -> GuidedEps {
    const auto low = static_cast<std::size_t>(t);
    const double w = t - static_cast<double>(low);
    const double abar = std::exp((1 - w) * std::log(alphas_cumprod[low]) +
                                 w * std::log(alphas_cumprod[std::min<std::size_t>(low + 1, 999)]));
    const at::Tensor eps = x * (std::sqrt(1 - abar) / (abar * kDeviation * kDeviation + 1 - abar));
    return {eps, eps};
  };
  const TimestepPlan plan{make_timesteps(num_steps), alphas_cumprod};
  ZeroNoise noise;
  const bool unipc = row.info.name == "unipc";
  const double start = alphas_cumprod[unipc ? 999 : plan.timesteps.back()];
  const double end = alphas_cumprod[unipc ? 0 : plan.timesteps.front()];
  const auto deviation = [](double abar) {
    return std::sqrt(abar * kDeviation * kDeviation + 1 - abar);
  };
  const at::Tensor x = at::ones({1, 1, 1, 1}, at::kDouble);
  const at::Tensor result = row.by_timesteps(model, x, plan, {noise, {}, {}, {}, {}});
  return std::abs(result.item<double>() - deviation(end) / deviation(start));
}

TEST(SamplerAccuracy, TimestepSamplersConverge) {
  for (const char* name : {"ddim", "ddim_cfgpp", "plms", "unipc"}) {
    const double coarse = timestep_error(find_sampler_entry(name), 20);
    const double fine = timestep_error(find_sampler_entry(name), 100);
    EXPECT_LT(fine, coarse / 3) << name;
    EXPECT_LT(fine, 0.02) << name;
  }
}

}  // namespace
}  // namespace ptravel
