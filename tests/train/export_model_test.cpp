#include "apps/train/export_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "apps/train/parameters.h"
#include "base/files.h"
#include "checkpoint/key_map.h"
#include "model/random_tensors.h"
#include "model/stable_diffusion.h"
#include "model/tensor_sources.h"
#include "schedule/sigma_table.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_testing.h"
#include "tests/train/tiny_plan.h"
#include "text/tokenizer.h"

namespace ptravel::train {
namespace {

/// The three networks built from one source.
struct Networks {
  Networks(const std::shared_ptr<const TensorSource>& source, const ModelPlan& plan)
      : clip(Weights(source, std::string(kTextPrefix), "text"), plan.clip, kFp32),
        unet(Weights(source, std::string(kUnetPrefix), "unet"), plan.unet, kFp32),
        vae(Weights(source, std::string(kVaePrefix), "vae"), plan.vae, kFp32) {}

  ClipTextModel clip;
  Unet unet;
  Vae vae;
};

/// Random weights (none of them zero) for all that the plan's networks ask for.
FinishedModel random_model(ModelPlan plan) {
  FinishedModel model;
  model.vocabulary = tiny_vocabulary();
  plan.clip.vocab_size = static_cast<std::int64_t>(model.vocabulary.ids.size());
  plan.vae.scale_factor = 0.7361;
  model.plan = plan;
  const auto parameters = std::make_shared<Parameters>(1);
  const Networks networks(parameters, plan);
  const RandomTensors random(51);
  for (const std::string& name : parameters->names()) {
    const at::Tensor tensor = *random.make(name, parameters->shape(name), kFp32);
    model.weights.emplace(name, tensor + 0.05 * at::ones_like(tensor));
  }
  model.weights.emplace("task.tags.weight", at::ones({2, 2}));
  return model;
}

std::shared_ptr<MemoryTensors> rounded(const FinishedModel& model) {
  const auto source = std::make_shared<MemoryTensors>();
  for (const auto& [name, tensor] : model.weights) {
    const at::Tensor weight = tensor.dim() > 1 ? tensor.to(at::kBFloat16) : tensor;
    source->add(name, weight.to(at::kHalf).to(at::kFloat));
  }
  return source;
}

class ExportModel : public testing::TestWithParam<int> {
 protected:
  static ModelPlan plan() {
    ModelPlan plan = tiny_plan();
    if (GetParam() == 1) {
      plan.unet.channel_mult = {1, 2, 2};
      plan.unet.transformer_depth = {1, 1, 0};
      plan.unet.num_res_blocks = 2;
      plan.unet.linear_projection = false;
      plan.unet.heads = {4, 8, 4};
      plan.vae.channel_mult = {1, 1, 2};
      plan.vae.num_res_blocks = 2;
      plan.vae.norm_groups = 16;
      plan.clip.quick_gelu = false;
    }
    return plan;
  }
};

TEST_P(ExportModel, TellsTheSameConfigs) {
  const TemporaryFolder folder;
  const FinishedModel model = random_model(plan());
  export_model(model, folder.path());
  const ModelFiles files = open_model(folder.path());
  const UnetConfig& unet = model.plan.unet;
  EXPECT_EQ(files.unet.in_channels, unet.in_channels);
  EXPECT_EQ(files.unet.out_channels, unet.out_channels);
  EXPECT_EQ(files.unet.model_channels, unet.model_channels);
  EXPECT_EQ(files.unet.num_res_blocks, unet.num_res_blocks);
  EXPECT_EQ(files.unet.channel_mult, unet.channel_mult);
  EXPECT_EQ(files.unet.transformer_depth, unet.transformer_depth);
  EXPECT_EQ(files.unet.middle_depth, unet.middle_depth);
  EXPECT_EQ(files.unet.heads, unet.heads);
  EXPECT_EQ(files.unet.context_dim, unet.context_dim);
  EXPECT_EQ(files.unet.linear_projection, unet.linear_projection);
  EXPECT_EQ(files.unet.norm_groups, unet.norm_groups);
  const VaeConfig& vae = model.plan.vae;
  EXPECT_EQ(files.vae.channels, vae.channels);
  EXPECT_EQ(files.vae.channel_mult, vae.channel_mult);
  EXPECT_EQ(files.vae.num_res_blocks, vae.num_res_blocks);
  EXPECT_EQ(files.vae.z_channels, vae.z_channels);
  EXPECT_EQ(files.vae.embed_dim, vae.embed_dim);
  EXPECT_EQ(files.vae.scale_factor, vae.scale_factor);
  EXPECT_EQ(files.vae.norm_groups, vae.norm_groups);
  const ClipConfig& clip = model.plan.clip;
  EXPECT_EQ(files.clips[0].vocab_size, clip.vocab_size);
  EXPECT_EQ(files.clips[0].width, clip.width);
  EXPECT_EQ(files.clips[0].num_layers, clip.num_layers);
  EXPECT_EQ(files.clips[0].num_heads, clip.num_heads);
  EXPECT_EQ(files.clips[0].intermediate, clip.intermediate);
  EXPECT_EQ(files.clips[0].quick_gelu, clip.quick_gelu);
  EXPECT_EQ(files.prediction, Prediction::Eps);
  EXPECT_EQ(files.sample_size, model.plan.picture_size / vae.factor());
}

TEST_P(ExportModel, ComputesTheSame) {
  const TemporaryFolder folder;
  const FinishedModel model = random_model(plan());
  export_model(model, folder.path());
  Progress progress;
  const StableDiffusion loaded = StableDiffusion::load(open_model(folder.path()), kFp32, progress);
  const Networks expected(rounded(model), model.plan);
  at::Generator noise = at::globalContext().defaultGenerator(at::kCPU).clone();
  noise.set_current_seed(52);
  const at::Tensor x = at::randn({2, 4, 8, 8}, noise);
  const at::Tensor t = at::tensor({10.0F, 700.0F});
  at::Tensor ids = at::full({2, 77}, model.plan.clip.vocab_size - 1, at::kLong);
  ids.narrow(1, 0, 20).copy_(at::arange(20) + 3);
  const at::Tensor context = expected.clip.forward(ids);
  EXPECT_CLOSE(loaded.clips[0].forward(ids), context, 1e-5);
  const at::Tensor eps = expected.unet.forward(x, t, context);
  EXPECT_GT(eps.std().item<double>(), 1e-3);
  EXPECT_CLOSE(loaded.unet.forward(x, t, context), eps, 1e-5 * eps.abs().max().item<double>());
  const at::Tensor picture = expected.vae.decode(x);
  EXPECT_GT(picture.std().item<double>(), 1e-3);
  EXPECT_CLOSE(loaded.vae.decode(x), picture, 1e-5 * picture.abs().max().item<double>());
  EXPECT_CLOSE(loaded.vae.encode(picture.clamp(-1, 1)).mean,
               expected.vae.encode(picture.clamp(-1, 1)).mean, 1e-4);
  if (loaded.alphas_cumprod) {
    const std::vector<double> alphas = default_alphas_cumprod();
    ASSERT_EQ(loaded.alphas_cumprod->size(), alphas.size());
    EXPECT_NEAR(loaded.alphas_cumprod->back(), alphas.back(), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Plans, ExportModel, testing::Values(0, 1));

TEST(ExportModelFolder, BringsItsVocabulary) {
  const TemporaryFolder folder;
  const FinishedModel model = random_model(tiny_plan());
  export_model(model, folder.path());
  const ModelFiles files = open_model(folder.path());
  ASSERT_TRUE(files.tokenizers.at(0).has_value());
  const Vocabulary loaded = load_vocabulary(*files.tokenizers.at(0));
  EXPECT_EQ(loaded.ids, model.vocabulary.ids);
  EXPECT_EQ(loaded.merges, model.vocabulary.merges);
  EXPECT_EQ(files.weights->names().size(), model.weights.size() - 1) << "a task is no weight";
}

TEST(ExportModelFolder, CannotBeAFile) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "model", "x");
  expect_error(ErrorCode::Io, "",
               [&] { export_model(random_model(tiny_plan()), folder / "model"); });
}

}  // namespace
}  // namespace ptravel::train
