#include "apps/train/diffusion_training.h"

#include <cmath>
#include <sstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "apps/train/vae_training.h"
#include "base/files.h"
#include "checkpoint/key_map.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/tiny_plan.h"

namespace ptravel::train {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

StageOptions short_stage(const std::filesystem::path& folder,
                         const std::string& name,
                         std::int64_t steps) {
  StageOptions stage;
  stage.name = name;
  stage.folder = folder;
  stage.steps = steps;
  stage.warmup_steps = 3;
  stage.log_steps = 4;
  return stage;
}

VaeTrainingOptions vae_options(const std::filesystem::path& folder) {
  VaeTrainingOptions options;
  options.stage = short_stage(folder, "vae", 32);
  options.stage.learning_rate = 3e-3;
  return options;
}

/// The numbers in one column of a log.
std::vector<double> column(const std::filesystem::path& path, const std::string& name) {
  std::istringstream lines(read_file(path));
  std::string line;
  std::getline(lines, line);
  std::size_t wanted = 0;
  std::istringstream header(line);
  for (std::string cell; std::getline(header, cell, ',') && cell != name;) {
    ++wanted;
  }
  std::vector<double> values;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string cell;
    for (std::size_t i = 0; i <= wanted; ++i) {
      std::getline(cells, cell, ',');
    }
    values.push_back(std::strtod(cell.c_str(), nullptr));
  }
  return values;
}

void expect_equal(const Tensors& actual, const Tensors& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    EXPECT_TRUE(at::equal(actual.at(name), tensor)) << name;
  }
}

class TinyTraining : public testing::Test {
 protected:
  Tensors trained_vae() {
    return train_vae(plan_, vae_options(folder_.path()), kFp32, progress_)->averaged();
  }

  TemporaryFolder folder_;
  Progress progress_;
  ModelPlan plan_ = tiny_plan();
};

TEST_F(TinyTraining, TheAutoencoderLearns) {
  const Tensors weights = trained_vae();
  const std::vector<double> errors = column(folder_ / "vae-log.csv", "pixel_error");
  ASSERT_EQ(errors.size(), 8U);
  EXPECT_LT(errors.back(), 0.6 * errors.front());
  const VaeScore score = score_vae(make_vae(plan_, weights, kFp32), plan_.picture_size, 20);
  EXPECT_GT(score.psnr, 3);
  EXPECT_LT(score.psnr, 60);
  EXPECT_GT(score.latent_std, 0);
  expect_equal(trained_vae(), weights);
}

TEST_F(TinyTraining, RefiningTheDecoderLeavesTheLatentsAsTheyAre) {
  const Tensors weights = trained_vae();
  VaeTrainingOptions options = vae_options(folder_.path());
  options.stage = short_stage(folder_.path(), "decoder", 6);
  const Tensors refined = refine_decoder(plan_, options, weights, kFp32, progress_);
  ASSERT_EQ(refined.size(), weights.size());
  int changed = 0;
  for (const auto& [name, tensor] : refined) {
    const bool decodes =
        name.find(".decoder.") != name.npos || name.find(".post_quant_conv.") != name.npos;
    const bool same = at::equal(tensor, weights.at(name));
    EXPECT_TRUE(decodes || same) << name;
    changed += same ? 0 : 1;
  }
  EXPECT_GT(changed, 10);
}

TEST_F(TinyTraining, UnetAndTextEncoderLearnTogether) {
  const Tokenizer tokenizer(tiny_vocabulary());
  plan_.clip.vocab_size = tokenizer.vocab_size();
  const Vae vae = make_vae(plan_, trained_vae(), kFp32);
  DiffusionTrainingOptions options;
  options.stage = short_stage(folder_.path(), "diffusion", 12);
  options.batch = 6;
  options.pool = 24;
  options.pool_at_first = 20;
  options.fresh = 3;
  options.text_steps = 4;
  const auto train = [&] {
    return train_diffusion(plan_, options, vae, tokenizer, kFp32, progress_)->averaged();
  };
  const Tensors weights = train();
  const std::vector<double> noise = column(folder_ / "diffusion-log.csv", "noise_error");
  const std::vector<double> tags = column(folder_ / "diffusion-log.csv", "tag_error");
  ASSERT_EQ(noise.size(), 3U);
  EXPECT_TRUE(std::isnan(noise[0]));
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_GT(noise[i], 0.05);
    EXPECT_LT(noise[i], 5);
  }
  for (const double tag : tags) {
    EXPECT_GT(tag, 0);
    EXPECT_LT(tag, 10);
  }
  for (const auto& [name, tensor] : weights) {
    EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << name;
  }
  EXPECT_GT(weights.at(std::string(kUnetPrefix) + "out.2.weight").abs().max().item<double>(), 0);
  const auto time = std::filesystem::last_write_time(folder_ / "diffusion-log.csv");
  expect_equal(train(), weights);
  EXPECT_EQ(std::filesystem::last_write_time(folder_ / "diffusion-log.csv"), time);
}

}  // namespace
}  // namespace ptravel::train
