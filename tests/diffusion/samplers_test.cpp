#include "diffusion/samplers.h"

#include <cmath>

#include <ATen/ATen.h>

#include "diffusion/noise.h"
#include "diffusion/sampler_table.h"
#include "ptravel/error.h"
#include "schedule/timesteps.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

const std::vector<std::int64_t> kShape{4, 5, 7};

at::Tensor denoise(const at::Tensor& x, double sigma) {
  return (x / (1 + sigma)).clamp(-1, 1) * 0.9;
}

GuidedEps predict(const at::Tensor& x, double t) {
  const at::Tensor eps = x * (t / (t + 300)) + x.clamp(-1, 1) * 0.1;
  return {eps, eps * 0.8};
}

struct Outcome {
  at::Tensor x;
  int steps = 0;
};

Outcome run_sampler(const SamplerEntry& row,
                    const std::vector<ImageSeed>& seeds,
                    at::ScalarType dtype,
                    const std::function<void()>& check_cancelled = {}) {
  ImageNoise noise(seeds, kShape);
  noise.begin_brownian(0.02, 15);
  Outcome outcome;
  SamplerRun run{noise, {.s_churn = 2}, {}, check_cancelled, {}};
  run.on_step = [&](const SamplerStep& step) {
    EXPECT_EQ(step.index, outcome.steps++);
    EXPECT_EQ(step.x.scalar_type(), dtype);
  };
  const at::Tensor x = noise.next().to(dtype);
  if (row.by_sigmas != nullptr) {
    const Sigmas sigmas = make_schedule("karras", SigmaTable(), 20);
    outcome.x = row.by_sigmas(denoise, x * sigmas.front(), sigmas, run);
  } else {
    const std::vector<double> alphas_cumprod = default_alphas_cumprod();
    outcome.x = row.by_timesteps(predict, x, {make_timesteps(10), alphas_cumprod}, run);
  }
  return outcome;
}

class EverySampler : public testing::TestWithParam<std::string> {};

TEST_P(EverySampler, BatchEqualsSinglesBitForBit) {
  const SamplerEntry& row = find_sampler_entry(GetParam());
  if (!row.info.batchable) {
    GTEST_SKIP() << "takes one picture at a time";
  }
  const std::vector<ImageSeed> seeds{
      {.seed = 1}, {.seed = 2}, {.seed = 3, .source = RngSource::Nv}};
  const at::Tensor batch = run_sampler(row, seeds, at::kFloat).x;
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(run_sampler(row, {seeds[i]}, at::kFloat).x[0].equal(batch[i])) << "picture " << i;
  }
}

TEST_P(EverySampler, BothNumberFormatsAgree) {
  const SamplerEntry& row = find_sampler_entry(GetParam());
  const Outcome single = run_sampler(row, {{.seed = 5}}, at::kFloat);
  const Outcome twice = run_sampler(row, {{.seed = 5}}, at::kDouble);
  EXPECT_EQ(single.x.scalar_type(), at::kFloat);
  EXPECT_EQ(twice.x.scalar_type(), at::kDouble);
  EXPECT_GT(single.steps, 0);
  EXPECT_TRUE(twice.x.isfinite().all().item<bool>());
  // The Brownian path moves with the last digits of sigma, hence the wide margin for it.
  EXPECT_CLOSE(single.x.to(at::kDouble), twice.x, row.info.brownian ? 2e-2 : 1e-4);
}

TEST_P(EverySampler, StopsWhenCancelled) {
  int checks = 0;
  const auto cancel = [&checks] {
    if (++checks == 2) {
      throw Error(ErrorCode::Cancelled, "[test] stopped");
    }
  };
  EXPECT_THROW(run_sampler(find_sampler_entry(GetParam()), {{.seed = 1}}, at::kFloat, cancel),
               Error);
  EXPECT_EQ(checks, 2);
}

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const SamplerEntry& row : sampler_entries()) {
    names.emplace_back(row.info.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All,
                         EverySampler,
                         testing::ValuesIn(sampler_names()),
                         [](const auto& info) { return info.param; });

TEST(Samplers, ChurnDoesNothingOutsideItsRange) {
  const Sigmas sigmas = make_schedule("karras", SigmaTable(), 6);
  const auto run_euler = [&](SamplerOptions options) {
    ImageNoise noise({{.seed = 1}}, kShape);
    const at::Tensor x = noise.next() * sigmas.front();
    return sample_euler(denoise, x, sigmas, {noise, options, {}, {}, {}});
  };
  const at::Tensor plain = run_euler({});
  EXPECT_TRUE(run_euler({.s_churn = 5, .s_tmin = 50}).equal(plain));
  EXPECT_TRUE(run_euler({.s_churn = 5, .s_tmax = 0.001}).equal(plain));
  EXPECT_FALSE(run_euler({.s_churn = 5}).equal(plain));
}

TEST(Samplers, UnipcTakesFewStepsAndRefusesBadOrders) {
  const std::vector<double> alphas_cumprod = default_alphas_cumprod();
  ImageNoise noise({{.seed = 1}}, kShape);
  const at::Tensor x = noise.next();
  const auto run_unipc = [&](std::vector<std::int64_t> timesteps, int order) {
    return sample_unipc(predict, x, {timesteps, alphas_cumprod, true},
                        {noise, {.unipc_order = order}, {}, {}, {}});
  };
  EXPECT_TRUE(run_unipc({}, 3).equal(x));
  EXPECT_TRUE(run_unipc({1}, 3).isfinite().all().item<bool>());
  EXPECT_TRUE(run_unipc({1, 51}, 3).isfinite().all().item<bool>());
  EXPECT_THROW(run_unipc({1, 51}, 0), Error);
  EXPECT_THROW(run_unipc({1, 51}, 4), Error);
}

TEST(Samplers, AdaptiveStepsStopAtBadNumbers) {
  ImageNoise noise({{.seed = 1}}, kShape);
  const auto broken = [](const at::Tensor& x, double) { return x * std::nan(""); };
  EXPECT_THROW(sample_dpm_adaptive(broken, noise.next(), {10, 0.1, 0}, {noise, {}, {}, {}, {}}),
               Error);
  EXPECT_THROW(sample_dpm_adaptive(denoise, noise.next(), {10, 0.1, 0},
                                   {noise, {.adaptive_order = 4}, {}, {}, {}}),
               Error);
}

}  // namespace
}  // namespace ptravel
