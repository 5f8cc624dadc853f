#include "addons/changed_tensors.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/safetensors_writer.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

constexpr const char* kModule = "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q";
constexpr const char* kWeight =
    "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight";
constexpr std::int64_t kWidth = 32;

class ChangedTensorsTest : public testing::Test {
 protected:
  std::shared_ptr<const LoraFit> fit(const std::string& name,
                                     const std::map<std::string, at::Tensor>& parts) {
    std::map<std::string, at::Tensor> tensors;
    for (const auto& [part, tensor] : parts) {
      tensors[std::string(kModule) + "." + part] = tensor;
    }
    write_safetensors(folder_ / name, tensors);
    return LoraFit::make(LoraFile::open(folder_ / name), model_, LoraTargets(model_));
  }
  std::shared_ptr<const LoraFit> low_rank(const std::string& name, double value) {
    return fit(name, {{"lora_up.weight", at::full({kWidth, 2}, value)},
                      {"lora_down.weight", at::ones({2, kWidth})}});
  }
  at::Tensor plain() const { return FileTensors(model_.weights).tensor(kWeight).to(at::kFloat); }
  at::Tensor weight(const std::vector<AppliedLora>& loras) const {
    return ChangedTensors(std::make_shared<FileTensors>(model_.weights), loras).tensor(kWeight);
  }

  TemporaryFolder folder_;
  ModelFiles model_ = open_model(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors");
};

TEST_F(ChangedTensorsTest, LowRanksAddUp) {
  const auto a = low_rank("a.safetensors", 0.25), b = low_rank("b.safetensors", -0.5);
  EXPECT_TRUE(at::allclose(weight({{a, 0, 1}}), plain() + 0.5));
  EXPECT_TRUE(at::allclose(weight({{a, 0, 0.5}, {b, 0, 2}}), plain() + 0.25 - 2));
  EXPECT_TRUE(weight({{a, 1, 0}}).equal(plain()));
  EXPECT_TRUE(at::allclose(weight({{a, 0, 1, {1}}}), plain() + 0.25));   // one of two ranks
  EXPECT_TRUE(at::allclose(weight({{a, 0, 1, {-1}}}), plain() + 0.25));  // all but the last
  EXPECT_TRUE(weight({{a, 0, 1, {0}}}).equal(plain()));
  EXPECT_TRUE(weight({{a, 0, 1, {-9}}}).equal(plain()));
}

TEST_F(ChangedTensorsTest, AlphaIsDividedByTheRankUnlessThereIsAScale) {
  std::map<std::string, at::Tensor> parts = {{"lora_up.weight", at::full({kWidth, 2}, 0.25)},
                                             {"lora_down.weight", at::ones({2, kWidth})},
                                             {"alpha", at::full({}, 1.0)}};
  EXPECT_TRUE(at::allclose(weight({{fit("alpha.safetensors", parts), 0, 1}}), plain() + 0.25));
  parts["scale"] = at::full({}, 3.0);
  EXPECT_TRUE(at::allclose(weight({{fit("scale.safetensors", parts), 0, 1}}), plain() + 1.5));
}

TEST_F(ChangedTensorsTest, LowRanksOfABf16NetworkAreMultipliedInBf16) {
  const auto a = low_rank("a.safetensors", 0.3);
  const at::Tensor made =
      ChangedTensors(std::make_shared<FileTensors>(model_.weights), {{a, 0, 1}}, at::kBFloat16)
          .tensor(kWeight);
  EXPECT_EQ(made.sizes(), plain().sizes());
  const at::Tensor rounded = at::full({}, 0.3).to(at::kBFloat16).to(at::kFloat);
  EXPECT_TRUE(at::allclose(made, plain() + 2 * rounded));
}

TEST_F(ChangedTensorsTest, EachSeesWhatThoseBeforeItLeft) {
  const auto add = low_rank("add.safetensors", 0.5);
  const auto twice = fit("twice.safetensors",
                         {{"weight", at::ones({kWidth})}, {"on_input", at::zeros({}, at::kBool)}});
  EXPECT_TRUE(at::allclose(weight({{add, 0, 1}, {twice, 0, 1}}), 2 * (plain() + 1)));
  EXPECT_TRUE(at::allclose(weight({{twice, 0, 1}, {add, 0, 1}}), 2 * plain() + 1));
}

TEST_F(ChangedTensorsTest, OnlyWhatIsChangedIsWide) {
  const auto a = low_rank("a.safetensors", 1);
  const ChangedTensors changed(std::make_shared<FileTensors>(model_.weights), {{a, 1, 1}});
  EXPECT_EQ(changed.changed(), std::vector<std::string>{kWeight});
  EXPECT_EQ(changed.dtype(kWeight), at::kFloat);
  EXPECT_EQ(changed.names(), FileTensors(model_.weights).names());
}

TEST_F(ChangedTensorsTest, NumbersThatAreNoneNameTheFiles) {
  const auto bad = low_rank("bad.safetensors", std::numeric_limits<double>::infinity());
  const auto good = low_rank("good.safetensors", 1);
  expect_error(ErrorCode::Corrupt, "bad.safetensors", [&] { weight({{bad, 1, 1}}); });
  expect_error(ErrorCode::Corrupt, "good.safetensors", [&] {
    weight({{bad, 1, 1}, {good, 1, 1}});
  });
  expect_error(ErrorCode::Corrupt, "bad.safetensors", [&] { weight({{bad, 1, 1}, {good, 1, 1}}); });
}

TEST_F(ChangedTensorsTest, AMisfitIsCountedAndLeavesTheWeight) {
  const auto narrow = fit("narrow.safetensors", {{"lora_up.weight", at::ones({kWidth, 2})},
                                                 {"lora_down.weight", at::ones({2, 5})}});
  EXPECT_EQ(narrow->misfits(), 1u);
  EXPECT_TRUE(narrow->layers().empty());
  EXPECT_TRUE(weight({{narrow, 1, 1}}).equal(plain()));
}

}  // namespace
}  // namespace ptravel
