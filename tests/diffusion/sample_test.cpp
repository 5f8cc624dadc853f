#include "diffusion/sample.h"

#include <cmath>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

const std::vector<std::int64_t> kSampleShape{4, 6, 5};

// An eps network whose result depends on latents, time and text.
at::Tensor toy_network(const std::vector<NetworkRow>& rows) {
  std::vector<at::Tensor> results;
  for (const NetworkRow& row : rows) {
    const double strength = row.conditioning->text.tokens.mean().item<double>();
    results.push_back(row.latent * (row.time / 1100) + strength * 0.05);
  }
  return at::stack(results);
}

SamplingModel toy_model() { return {toy_network, Prediction::Eps, SigmaTable()}; }

SamplingBatch toy_batch(std::size_t count) {
  SamplingBatch batch;
  batch.shape = kSampleShape;
  batch.options = at::TensorOptions().dtype(at::kFloat);
  for (std::size_t i = 0; i < count; ++i) {
    batch.seeds.push_back({.seed = 100 + i});
    const double value = 0.1 * static_cast<double>(i) + 0.2;
    batch.images.push_back({{{ScheduledConditioning(TextEncoding{at::full({3, 2}, value)}), 1.0}},
                            ScheduledConditioning(TextEncoding{at::full({3, 2}, -value)})});
  }
  return batch;
}

SamplingBatch img2img_batch(std::size_t count) {
  SamplingBatch batch = toy_batch(count);
  batch.init_latent = Rng(RngSource::Cpu, 8).randn({static_cast<std::int64_t>(count), 4, 6, 5});
  return batch;
}

SamplingSettings settings_for(std::string_view sampler) {
  SamplingSettings settings;
  settings.sampler = std::string(sampler);
  settings.num_steps = 7;
  return settings;
}

class EveryRun : public testing::TestWithParam<std::string> {};

TEST_P(EveryRun, BatchOfTwoEqualsTwoSingles) {
  for (const bool img2img : {false, true}) {
    const SamplingBatch pair = img2img ? img2img_batch(2) : toy_batch(2);
    const at::Tensor both = sample_latents(toy_model(), settings_for(GetParam()), pair);
    EXPECT_TRUE(both.isfinite().all().item<bool>());
    for (std::size_t i = 0; i < 2; ++i) {
      SamplingBatch single{{pair.images[i]}, {pair.seeds[i]}, pair.shape, {}, {}, pair.options};
      if (img2img) {
        single.init_latent = pair.init_latent.narrow(0, static_cast<std::int64_t>(i), 1);
      }
      const at::Tensor alone = sample_latents(toy_model(), settings_for(GetParam()), single);
      EXPECT_CLOSE(alone[0], both[static_cast<std::int64_t>(i)], 1e-5);
    }
  }
}

TEST_P(EveryRun, ReportsAsManyStepsAsItSays) {
  if (GetParam() == "DPM adaptive") {
    GTEST_SKIP() << "does not know beforehand";
  }
  for (const bool img2img : {false, true}) {
    for (const double strength : {0.0, 0.3, 1.0}) {
      SamplingSettings settings = settings_for(GetParam());
      settings.denoising_strength = strength;
      int steps = 0;
      SamplingHooks hooks;
      hooks.on_step = [&steps](const SamplerStep&) { ++steps; };
      sample_latents(toy_model(), settings, img2img ? img2img_batch(1) : toy_batch(1), hooks);
      EXPECT_EQ(steps, reported_steps(settings, img2img)) << img2img << " " << strength;
    }
  }
}

SamplingModel watching_model(const at::TensorOptions& options) {
  return {[options](const std::vector<NetworkRow>& rows) {
            std::vector<at::Tensor> latents;
            for (const NetworkRow& row : rows) {
              EXPECT_EQ(row.latent.device(), options.device());
              EXPECT_EQ(row.latent.dtype(), options.dtype());
              latents.push_back(row.latent * 0.5);
            }
            return at::stack(latents);
          },
          Prediction::Eps, SigmaTable()};
}

/// "meta" is a device whose numbers nobody can read: a run that gets through it has moved nothing
/// away and read nothing back.
TEST_P(EveryRun, LatentsStayWhereTheNetworkIs) {
  if (GetParam() == "DPM adaptive") {
    GTEST_SKIP() << "reads the error of each step";
  }
  for (const bool img2img : {false, true}) {
    SamplingBatch batch = img2img ? img2img_batch(2) : toy_batch(2);
    batch.options = at::TensorOptions(at::kFloat).device(at::kMeta);
    const at::Tensor latents =
        sample_latents(watching_model(batch.options), settings_for(GetParam()), batch);
    EXPECT_TRUE(latents.is_meta());
    EXPECT_EQ(latents.scalar_type(), at::kFloat);
  }
}

TEST_P(EveryRun, WorksInTheNumberFormatOfTheBatch) {
  for (const bool img2img : {false, true}) {
    SamplingBatch batch = img2img ? img2img_batch(1) : toy_batch(1);
    batch.options = at::TensorOptions(at::kDouble);
    const at::Tensor latents =
        sample_latents(watching_model(batch.options), settings_for(GetParam()), batch);
    EXPECT_EQ(latents.scalar_type(), at::kDouble);
  }
}

TEST_P(EveryRun, AnyEtaGivesNumbersOrIsRefused) {
  for (const double eta : {0.0, 0.5, 1.0, 1.5, 10.0}) {
    SamplingSettings settings = settings_for(GetParam());
    settings.sampler_options.eta = eta;
    try {
      const at::Tensor x = sample_latents(toy_model(), settings, toy_batch(1));
      EXPECT_TRUE(x.isfinite().all().item<bool>()) << eta;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidArgument) << error.what();
      EXPECT_GT(eta, 1);
    }
  }
}

/// 7 steps at a strength of 0.0014 are the last 7 of 5000.
TEST_P(EveryRun, AFixedNumberOfStepsAtLowStrength) {
  SamplingSettings settings = settings_for(GetParam());
  settings.fix_steps = true;
  settings.denoising_strength = 0.0014;
  if (find_sampler(GetParam()).timesteps) {
    EXPECT_THROW(sample_latents(toy_model(), settings, img2img_batch(1)), Error);
    return;
  }
  const at::Tensor x = sample_latents(toy_model(), settings, img2img_batch(1));
  EXPECT_TRUE(x.isfinite().all().item<bool>());
}

std::vector<std::string> sampler_labels() {
  std::vector<std::string> labels;
  for (const SamplerInfo& info : sampler_infos()) {
    labels.emplace_back(info.label);
  }
  return labels;
}

INSTANTIATE_TEST_SUITE_P(All, EveryRun, testing::ValuesIn(sampler_labels()), [](const auto& info) {
  return std::string(find_sampler(info.param).name);
});

TEST_P(EveryRun, WhatIsNotRepaintedStays) {
  SamplingBatch batch = img2img_batch(2);
  batch.repaint = at::zeros({2, 1, 6, 5});
  batch.repaint[0].narrow(1, 0, 3).fill_(1);
  batch.repaint[1].fill_(0.5);
  const at::Tensor drawn = sample_latents(toy_model(), settings_for(GetParam()), batch);
  EXPECT_CLOSE(drawn[0].narrow(1, 3, 3), batch.init_latent[0].narrow(1, 3, 3), 0);
  EXPECT_FALSE(at::allclose(drawn[0].narrow(1, 0, 3), batch.init_latent[0].narrow(1, 0, 3)));
  SamplingBatch second = batch;
  second.images.erase(second.images.begin());
  second.seeds.erase(second.seeds.begin());
  second.init_latent = batch.init_latent.narrow(0, 1, 1);
  second.repaint = batch.repaint.narrow(0, 1, 1);
  EXPECT_TRUE(
      at::equal(sample_latents(toy_model(), settings_for(GetParam()), second)[0], drawn[1]));
}

TEST(Sample, RefusesMasksThatDoNotFit) {
  SamplingBatch batch = img2img_batch(1);
  batch.repaint = at::ones({1, 1, 5, 6});
  EXPECT_THROW(sample_latents(toy_model(), settings_for("euler"), batch), Error);
  batch = toy_batch(1);
  batch.repaint = at::ones({1, 1, 6, 5});
  EXPECT_THROW(sample_latents(toy_model(), settings_for("euler"), batch), Error);
}

TEST(Sample, SuffixAndScheduleMeanTheSame) {
  SamplingSettings suffix = settings_for("Euler Karras");
  SamplingSettings separate = settings_for("Euler");
  separate.schedule = "Karras";
  const at::Tensor expected = sample_latents(toy_model(), separate, toy_batch(1));
  EXPECT_TRUE(sample_latents(toy_model(), suffix, toy_batch(1)).equal(expected));
  EXPECT_FALSE(sample_latents(toy_model(), settings_for("Euler"), toy_batch(1)).equal(expected));
}

TEST(Sample, EveryScheduleRuns) {
  for (const ScheduleInfo& info : schedule_infos()) {
    SamplingSettings settings = settings_for("DPM2 a");
    settings.schedule = std::string(info.label);
    for (const bool img2img : {false, true}) {
      settings.denoising_strength = 0.5;
      const at::Tensor x =
          sample_latents(toy_model(), settings, img2img ? img2img_batch(1) : toy_batch(1));
      EXPECT_TRUE(x.isfinite().all().item<bool>()) << info.name;
    }
  }
}

/// What a picture does not tell is the sampler's own.
TEST(Sample, AnAbsentEtaIsTheDefault) {
  for (const SamplerInfo& info : sampler_infos()) {
    if (!info.default_eta) {
      continue;
    }
    SamplingSettings told = settings_for(info.label);
    told.sampler_options.eta = info.default_eta;
    const at::Tensor absent = sample_latents(toy_model(), settings_for(info.label), toy_batch(1));
    EXPECT_TRUE(absent.equal(sample_latents(toy_model(), told, toy_batch(1)))) << info.label;
  }
}

TEST(Sample, TrailingTimesteps) {
  std::vector<double> times;
  SamplingModel model = toy_model();
  model.network = [&times](const std::vector<NetworkRow>& rows) {
    times.push_back(rows.front().time);
    return toy_network(rows);
  };
  for (const char* sampler : {"DDIM", "PLMS", "TCD"}) {
    times.clear();
    SamplingSettings settings = settings_for(sampler);
    settings.schedule = "Trailing";
    settings.num_steps = 4;
    sample_latents(model, settings, toy_batch(1));
    EXPECT_EQ(times.front(), 999) << sampler;
    EXPECT_EQ(times.back(), 249) << sampler;
    settings.denoising_strength = 0.5;
    times.clear();
    sample_latents(model, settings, img2img_batch(1));
    EXPECT_EQ(times.front(), 749) << sampler;
  }
  times.clear();
  SamplingSettings settings = settings_for("Euler a");
  settings.schedule = "Trailing";
  settings.num_steps = 1;
  settings.guidance_scale = 1;
  sample_latents(model, settings, toy_batch(1));
  ASSERT_EQ(times.size(), 1u);
  EXPECT_NEAR(times[0], 999, 1e-4);
}

/// In image-to-image the interval is of the steps that are run.
TEST(Sample, GuidanceHasItsIntervalInEveryKindOfRun) {
  for (const char* sampler : {"Euler", "Heun", "DDIM", "DDIM CFG++", "UniPC", "TCD"}) {
    for (const bool img2img : {false, true}) {
      std::vector<std::size_t> rows;
      SamplingModel model = toy_model();
      model.network = [&rows](const std::vector<NetworkRow>& asked) {
        rows.push_back(asked.size());
        return toy_network(asked);
      };
      SamplingSettings settings = settings_for(sampler);
      settings.num_steps = 10;
      settings.denoising_strength = 0.5;
      settings.skip_early_cond = 0.2;
      settings.skip_late_cond = 0.7;
      sample_latents(model, settings, img2img ? img2img_batch(1) : toy_batch(1));
      const int planned = calls_per_step(find_sampler(sampler)) * (img2img ? 6 : 10);
      for (std::size_t call = 0; call < rows.size(); ++call) {
        const double share = static_cast<double>(call) / planned;
        EXPECT_EQ(rows[call], share <= 0.2 || share >= 0.7 ? 1U : 2U) << sampler << " " << call;
      }
    }
  }
}

TEST(Sample, ProjectedGuidanceIsOneOfCleanLatentsForEverySampler) {
  for (const char* sampler : {"Euler", "DDIM"}) {
    SamplingSettings settings = settings_for(sampler);
    const at::Tensor plain = sample_latents(toy_model(), settings, toy_batch(2));
    settings.projected.threshold = 1e9;  // never reached
    EXPECT_CLOSE(sample_latents(toy_model(), settings, toy_batch(2)), plain, 1e-4);
    settings.projected = {0, 0.5, -0.5};
    const at::Tensor both = sample_latents(toy_model(), settings, toy_batch(2));
    EXPECT_FALSE(both.allclose(plain, 1e-3, 1e-3)) << sampler;
    EXPECT_TRUE(both.isfinite().all().item<bool>());
    EXPECT_CLOSE(sample_latents(toy_model(), settings, toy_batch(1))[0], both[0], 1e-5);
  }
}

TEST(Sample, GuidanceOneEqualsThePromptAlone) {
  SamplingSettings settings = settings_for("Euler a");
  settings.guidance_scale = 1;
  SamplingBatch other_negative = toy_batch(1);
  other_negative.images[0].uncond = ScheduledConditioning(TextEncoding{at::full({5, 2}, 9.0)});
  EXPECT_TRUE(sample_latents(toy_model(), settings, toy_batch(1))
                  .equal(sample_latents(toy_model(), settings, other_negative)));
}

TEST(Sample, NoiseScaleActsOnlyWhereTheWebUiOffersIt) {
  for (const char* name : {"Euler a", "DPM2 a"}) {
    SamplingSettings scaled = settings_for(name);
    scaled.sampler_options.s_noise = 1.1;
    const bool same = sample_latents(toy_model(), scaled, toy_batch(1))
                          .equal(sample_latents(toy_model(), settings_for(name), toy_batch(1)));
    EXPECT_EQ(same, !find_sampler(name).uses_noise_scale) << name;
  }
}

TEST(Sample, StrengthZeroWithFixedStepsReturnsTheInput) {
  SamplingSettings settings = settings_for("Euler");
  settings.denoising_strength = 0;
  settings.fix_steps = true;
  const SamplingBatch batch = img2img_batch(2);
  EXPECT_TRUE(sample_latents(toy_model(), settings, batch).equal(batch.init_latent));
}

TEST(Sample, ReplacedInputChangesThePictureAndHooksSeeEveryCall) {
  int calls = 0;
  SamplingHooks hooks;
  hooks.guidance.on_call = [&calls](int call, const at::Tensor&, double, const GuidedEps&) {
    EXPECT_EQ(call, calls++);
  };
  const at::Tensor plain = sample_latents(toy_model(), settings_for("Euler"), toy_batch(1), hooks);
  EXPECT_EQ(calls, 7);
  hooks = {};
  hooks.guidance.replace_input = [](int call, const at::Tensor& x) {
    return call == 3 ? x * 0 : x;
  };
  EXPECT_FALSE(
      sample_latents(toy_model(), settings_for("Euler"), toy_batch(1), hooks).equal(plain));
}

TEST(Sample, CancellingStopsBetweenCalls) {
  int calls = 0;
  SamplingHooks hooks;
  hooks.check_cancelled = [&calls] {
    if (calls == 2) {
      throw Error(ErrorCode::Cancelled, "[test] stopped");
    }
  };
  hooks.guidance.on_call = [&calls](int, const at::Tensor&, double, const GuidedEps&) { ++calls; };
  EXPECT_THROW(sample_latents(toy_model(), settings_for("Heun"), toy_batch(1), hooks), Error);
  EXPECT_EQ(calls, 2);
}

TEST(Sample, BadInputIsRefused) {
  const auto run = [](const SamplingSettings& settings, const SamplingBatch& batch) {
    return sample_latents(toy_model(), settings, batch);
  };
  EXPECT_THROW(run(settings_for("Euler b"), toy_batch(1)), Error);
  EXPECT_THROW(run(settings_for("Euler"), toy_batch(0)), Error);
  SamplingBatch too_few_seeds = toy_batch(2);
  too_few_seeds.seeds.pop_back();
  EXPECT_THROW(run(settings_for("Euler"), too_few_seeds), Error);
  SamplingBatch wrong_latent = toy_batch(1);
  wrong_latent.init_latent = at::zeros({1, 4, 6, 6});
  EXPECT_THROW(run(settings_for("Euler"), wrong_latent), Error);
  SamplingSettings settings = settings_for("Euler");
  settings.num_steps = 0;
  EXPECT_THROW(run(settings, toy_batch(1)), Error);
  settings = settings_for("DDIM");
  settings.num_steps = 1001;
  EXPECT_THROW(run(settings, toy_batch(1)), Error);
  settings = settings_for("Euler");
  settings.denoising_strength = 2;
  EXPECT_THROW(run(settings, img2img_batch(1)), Error);
}

}  // namespace
}  // namespace ptravel
