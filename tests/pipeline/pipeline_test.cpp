#include "pipeline/pipeline.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/support/tensor_testing.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

/// The tiny model, loaded once for all tests.
const Pipeline& tiny_pipeline() {
  static const std::unique_ptr<Pipeline> pipeline = [] {
    PipelineOptions options;
    options.model = PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors";
    options.precision = Precision::Fp32;
    auto opened = Pipeline::open(options);
    Progress progress;
    opened->load(progress);
    return opened;
  }();
  return *pipeline;
}

PictureBatch batch_of(const std::vector<std::string>& prompts, std::uint64_t seed) {
  PictureBatch batch;
  batch.width = 64;
  batch.height = 64;
  for (const std::string& prompt : prompts) {
    batch.images.push_back(tiny_pipeline().encoder().encode(prompt, "blurry", {}));
    ImageSeed image_seed;
    image_seed.seed = seed++;
    batch.seeds.push_back(image_seed);
  }
  return batch;
}

SamplingSettings settings_of(const std::string& sampler) {
  SamplingSettings settings;
  settings.sampler = sampler;
  settings.num_steps = 3;
  return settings;
}

class EverySampler : public testing::TestWithParam<std::string> {};

TEST_P(EverySampler, ABatchGivesThePicturesOfSingleRuns) {
  const SamplingSettings settings = settings_of(GetParam());
  const at::Tensor both = tiny_pipeline().sample(settings, batch_of({"a cat", "a (dog:1.3)"}, 5));
  const at::Tensor first = tiny_pipeline().sample(settings, batch_of({"a cat"}, 5));
  const at::Tensor second = tiny_pipeline().sample(settings, batch_of({"a (dog:1.3)"}, 6));
  EXPECT_TRUE(at::equal(both, at::cat({first, second})));
}

INSTANTIATE_TEST_SUITE_P(
    Samplers,
    EverySampler,
    testing::Values("Euler a", "DPM++ 2M", "DPM++ SDE", "DDIM", "UniPC", "PLMS", "LCM", "Restart"));

TEST(Pipeline, PromptsOfDifferentLengthRunInOneBatch) {
  std::string long_prompt;
  for (int i = 0; i < 60; ++i) {
    long_prompt += "many words, ";
  }
  const SamplingSettings settings = settings_of("Euler");
  const at::Tensor both =
      tiny_pipeline().sample(settings, batch_of({long_prompt, "a cat AND a dog:0.5"}, 9));
  const at::Tensor second = tiny_pipeline().sample(settings, batch_of({"a cat AND a dog:0.5"}, 10));
  EXPECT_TRUE(at::equal(both.narrow(0, 1, 1), second));
}

TEST(Pipeline, GuidanceOneIsThePromptAlone) {
  SamplingSettings settings = settings_of("Euler");
  settings.guidance_scale = 1;
  PictureBatch batch = batch_of({"a cat"}, 1);
  const at::Tensor one = tiny_pipeline().sample(settings, batch);
  batch.images[0].uncond = batch.images[0].parts[0].schedule;
  EXPECT_CLOSE(tiny_pipeline().sample(settings, batch), one, 0);
}

/// Weights with other strengths are other UNets: each row of a call goes to its picture's.
TEST(Pipeline, PicturesWithOtherAddonsInOneBatchAreThoseOfSingleRuns) {
  const SamplingSettings settings = settings_of("Euler a");
  const auto loha = [](double strength) {
    return std::vector<ModelAddon>{
        {kLoraRole, PTRAVEL_TEST_DATA "/addons/lora/loha.safetensors", "loha", 1, strength}};
  };
  const std::vector<std::vector<ModelAddon>> addons = {loha(1), {}, loha(0.25), loha(1)};
  PictureBatch together = batch_of({"a cat", "a dog", "a bird", "a dog"}, 3);
  together.addons = addons;
  const at::Tensor all = tiny_pipeline().sample(settings, together);
  for (std::size_t i = 0; i < addons.size(); ++i) {
    PictureBatch alone;
    alone.width = together.width;
    alone.height = together.height;
    alone.images = {together.images[i]};
    alone.seeds = {together.seeds[i]};
    const at::Tensor plain = tiny_pipeline().sample(settings, alone);
    alone.addons = {addons[i]};
    const auto place = static_cast<std::int64_t>(i);
    EXPECT_TRUE(at::equal(all.narrow(0, place, 1), tiny_pipeline().sample(settings, alone))) << i;
    EXPECT_EQ(at::equal(all.narrow(0, place, 1), plain), addons[i].empty()) << i;
  }
}

TEST(Pipeline, OddLatentSizesWork) {
  PictureBatch batch = batch_of({"a cat"}, 1);
  batch.width = 72;
  batch.height = 56;
  const at::Tensor latent = tiny_pipeline().sample(settings_of("Euler a"), batch);
  EXPECT_EQ(latent.sizes(), (std::vector<std::int64_t>{1, 4, 7, 9}));
}

TEST(Pipeline, TrainedSizeIsTheFoldersOrThatOfStableDiffusion) {
  EXPECT_EQ(tiny_pipeline().trained_size(), 512);
  const TemporaryFolder folder;
  write_tiny_folder(folder.path(), tiny_sd1());
  write_bytes(folder / "unet/config.json", R"({"attention_head_dim":4,"sample_size":32})");
  PipelineOptions options;
  options.model = folder.path();
  const auto pipeline = Pipeline::open(options);
  EXPECT_EQ(pipeline->size_factor(), 2);
  EXPECT_EQ(pipeline->trained_size(), 64);
}

TEST(Pipeline, MissingModelIsNamed) {
  PipelineOptions options;
  options.model = "/nowhere/model.safetensors";
  try {
    Pipeline::open(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
    EXPECT_NE(std::string(error.what()).find("/nowhere/model.safetensors"), std::string::npos);
  }
}

}  // namespace
}  // namespace ptravel
