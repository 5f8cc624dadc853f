// What files say of their prediction and their noise levels, a file for each way to say it, with
// the levels that come out. The sigmas were computed from the rules in double precision (Python).
#include <array>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "checkpoint/noise_schedule.h"
#include "pipeline/latents.h"
#include "pipeline/pipeline.h"
#include "schedule/sigma_table.h"
#include "tensor/rng.h"
#include "tests/support/tensor_testing.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// Sigmas of six timesteps.
using Golden = std::array<double, 6>;
constexpr std::int64_t kTimes[] = {0, 250, 500, 750, 998, 999};
constexpr Golden kUsual = {0.029167158151720367, 0.6957989370616523, 1.6182788260186167,
                           4.099164050712038,    14.526275689349738, 14.614641229333646};
constexpr Golden kZeroSnr = {0.029167158151720367, 0.7298410903629242, 1.7745574742873307,
                             5.430342954632865,    2254.2379783370716, 4518.7636986558555};
constexpr Golden kCosXl = {
    0.002, 0.031387992618620436, 0.49260304031328545, 7.730910296631696, 118.68567712299696, 120};
constexpr Golden kPlayground = {
    0.004, 0.05671875062325129, 0.8042541680656418, 11.404072899056388, 158.31181062922278, 160};

using Metadata = std::map<std::string, std::string>;

struct Case {
  const char* title;
  TinyTensors marks;
  Metadata metadata;
  Prediction prediction;
  const Golden& sigmas;
  std::size_t notes = 0;
  const char* yaml = nullptr;
};

TinyTensor levels(const BetaRule& rule, NumberFormat format) {
  const std::vector<double> all = alphas_cumprod_of(rule).value_or(default_alphas_cumprod());
  return tiny_tensor(
      {1000}, [&](std::size_t i) { return all[i]; }, format);
}

std::vector<Case> cases() {
  const TinyTensor empty = tiny_tensor({0});
  const BetaRule zero{.zero_terminal_snr = true};
  return {
      {"nothing", {}, {}, Prediction::Eps, kUsual},
      {"v_pred", {{"v_pred", empty}}, {}, Prediction::V, kUsual},
      {"v_pred and ztsnr", {{"v_pred", empty}, {"ztsnr", empty}}, {}, Prediction::V, kZeroSnr},
      {"ztsnr alone", {{"ztsnr", empty}}, {}, Prediction::Eps, kZeroSnr},
      {"the specification's key", {}, {{"modelspec.predict_key", "v"}}, Prediction::V, kUsual},
      {"its other key", {}, {{"modelspec.prediction_type", "v"}}, Prediction::V, kUsual},
      {"kohya's keys",
       {},
       {{"ss_v_parameterization", "True"}, {"ss_zero_terminal_snr", "True"}},
       Prediction::V,
       kZeroSnr},
      {"a yaml beside it", {}, {}, Prediction::V, kUsual, 0, "parameterization: v"},
      {"a yaml against metadata",
       {},
       {{"modelspec.predict_key", "v"}},
       Prediction::Eps,
       kUsual,
       0,
       "parameterization: eps"},
      {"rounded levels",
       {{"alphas_cumprod", levels({}, NumberFormat::F16)}},
       {},
       Prediction::Eps,
       kUsual},
      {"levels rounded to 8 bits",
       {{"alphas_cumprod", levels({}, NumberFormat::F8E4M3)}},
       {},
       Prediction::Eps,
       kUsual},
      {"rounded levels without signal at the end",
       {{"alphas_cumprod", levels(zero, NumberFormat::F16)}, {"v_pred", empty}},
       {},
       Prediction::V,
       kZeroSnr},
      {"a contradiction",
       {{"v_pred", empty}},
       {{"modelspec.predict_key", "epsilon"}},
       Prediction::V,
       kUsual,
       1},
      {"CosXL",
       {{"edm_vpred.sigma_max", tiny_tensor({}, 120)},
        {"edm_vpred.sigma_min", tiny_tensor({}, 0.002)}},
       {},
       Prediction::V,
       kCosXl},
      {"Playground 2.5",
       {{"edm_mean", tiny_tensor({1, 4, 1, 1}, 1)}, {"edm_std", tiny_tensor({1, 4, 1, 1}, 6)}},
       {},
       Prediction::Eps,
       kPlayground},
  };
}

void expect_sigmas(const OpenModel& model, const Golden& expected, const char* title) {
  const SigmaTable table = model.sigma_table();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double sigma = table.sigmas().at(static_cast<std::size_t>(kTimes[i]));
    EXPECT_NEAR(sigma, expected[i], 2e-5 * expected[i]) << title << " " << kTimes[i];
  }
}

TEST(ModelMarks, EachWayToSayItGivesItsLevels) {
  for (const Case& one : cases()) {
    const TemporaryFolder folder;
    TinyTensors file = tiny_sd1();
    file.insert(one.marks.begin(), one.marks.end());
    write_tiny_safetensors(folder / "m.safetensors", file, one.metadata);
    if (one.yaml != nullptr) {
      write_bytes(folder / "m.yaml", one.yaml);
    }
    ModelSpec spec;
    spec.model = folder / "m.safetensors";
    const auto model = OpenModel::open(spec);
    EXPECT_EQ(model->files().prediction, one.prediction) << one.title;
    EXPECT_EQ(model->files().notes.size(), one.notes) << one.title;
    expect_sigmas(*model, one.sigmas, one.title);
  }
}

TEST(ModelMarks, AFoldersScheduleIsRescaled) {
  const TemporaryFolder folder;
  write_tiny_folder(folder / "d", tiny_sd1());
  write_bytes(folder / "d/scheduler/scheduler_config.json",
              R"({"prediction_type":"v_prediction","rescale_betas_zero_snr":true})");
  ModelSpec spec;
  spec.model = folder / "d";
  const auto model = OpenModel::open(spec);
  EXPECT_EQ(model->files().prediction, Prediction::V);
  expect_sigmas(*model, kZeroSnr, "rescale_betas_zero_snr");
}

/// The tiny model with marks, opened and loaded.
std::unique_ptr<Pipeline> loaded(const fs::path& path, const TinyTensors& marks) {
  TinyTensors file = tiny_sd1({.vocabulary = 49408});
  file.insert(marks.begin(), marks.end());
  write_tiny_safetensors(path, file);
  PipelineOptions options;
  options.model = path;
  options.precision = Precision::Fp32;
  auto pipeline = Pipeline::open(options);
  Progress progress;
  pipeline->load(progress);
  return pipeline;
}

TEST(ModelMarks, EdmModelsDrawWithEveryKindOfSampler) {
  const TemporaryFolder folder;
  const TinyTensors marks[] = {
      {{"edm_vpred.sigma_max", tiny_tensor({}, 120)}},
      {{"edm_mean", tiny_tensor({4}, 1)}, {"edm_std", tiny_tensor({4}, 6)}}};
  std::vector<at::Tensor> drawn;
  for (const TinyTensors& mark : marks) {
    const auto pipeline = loaded(folder / "m.safetensors", mark);
    PictureBatch batch;
    batch.width = 16;
    batch.height = 16;
    for (const char* sampler : {"Euler", "DPM++ 2M", "DDIM", "UniPC"}) {
      SamplingSettings settings;
      settings.sampler = sampler;
      settings.num_steps = 3;
      batch.images = {pipeline->encoder().encode("a", "", {})};
      batch.seeds.resize(1);
      const at::Tensor latent = pipeline->sample(settings, batch);
      EXPECT_TRUE(at::isfinite(latent).all().item<bool>()) << sampler;
      EXPECT_GT(latent.std().item<double>(), 0) << sampler;
      drawn.push_back(latent);
    }
  }
  EXPECT_FALSE(at::equal(drawn.front(), drawn.back()));
}

TEST(ModelMarks, LatentsAreToldByMeanAndDeviation) {
  const TemporaryFolder folder;
  const auto plain = loaded(folder / "a.safetensors", {});
  const std::vector<double> means = {-1.5, 2, -1.25, 2.5};
  const std::vector<double> deviations = {8.5, 6, 6.5, 5.25};
  const auto four = [](const std::vector<double>& numbers) {
    return tiny_tensor({1, 4, 1, 1}, [&](std::size_t i) { return numbers[i]; });
  };
  const auto edm =
      loaded(folder / "b.safetensors", {{"edm_mean", four(means)}, {"edm_std", four(deviations)}});
  Rng rng(RngSource::Cpu, 3);
  const at::Tensor sample = rng.randn({1, 4, 3, 5});
  const auto column = [](const std::vector<double>& numbers) {
    return at::tensor(numbers, at::kDouble).to(at::kFloat).view({1, 4, 1, 1});
  };
  const at::Tensor latent = edm->vae().to_latent(sample);
  EXPECT_CLOSE(latent, (sample - column(means)) / column(deviations), 1e-6);
  // Both decode the same sample to the same picture.
  EXPECT_CLOSE(edm->vae().decode(latent), plain->vae().decode(plain->vae().to_latent(sample)),
               1e-4);
}

}  // namespace
}  // namespace ptravel
