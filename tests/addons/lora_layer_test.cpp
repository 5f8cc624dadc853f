// DoRA as PEFT saves and merges it.

#include "addons/lora_layer.h"

#include <cmath>
#include <map>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/safetensors_writer.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

/// sin(begin + step * i), in the order of the numbers.
at::Tensor wave(double begin, double step, at::IntArrayRef shape) {
  const at::Tensor places = at::arange(c10::multiply_integers(shape), at::kDouble);
  return (begin + step * places).sin().reshape(shape).to(at::kFloat);
}

class PeftDora : public testing::Test {
 protected:
  /// The file that PEFT saves for one layer: rank 2, alpha 3, magnitudes 1.5, 1.75, 2, ...
  LoraLayer layer(const at::Tensor& weight, const std::string& magnitude) const {
    const std::string name = "unet.down_blocks.0.resnets.0.conv1.";
    std::vector<std::int64_t> down = weight.sizes().vec();
    std::vector<std::int64_t> up(down.size(), 1);
    std::vector<std::int64_t> lengths(down.size(), 1);
    down[0] = 2;
    up[0] = weight.size(0);
    up[1] = 2;
    lengths[1] = weight.size(0);
    at::Tensor vector = 1.5 + 0.25 * at::arange(weight.size(0), at::kFloat);
    write_safetensors(folder_ / "dora.safetensors",
                      {{name + "lora_A.weight", wave(0.5, 1.3, down)},
                       {name + "lora_B.weight", wave(0.4, 1.7, up)},
                       {name + "alpha", at::full({}, 3.0F)},
                       // Of a convolution it has the sides of what it multiplies.
                       {name + magnitude, weight.dim() == 4 ? vector.reshape(lengths) : vector}});
    const auto file = LoraFile::open(folder_ / "dora.safetensors");
    EXPECT_EQ(file->modules().size(), 1U);
    return LoraLayer::make(file, file->modules().front()).value();
  }

  TemporaryFolder folder_;
};

/// Numbers that PEFT 0.21's merge_and_unload makes of the same ones.
TEST_F(PeftDora, MergesAsPeftDoes) {
  const at::Tensor linear = wave(0.1, 0.7, {4, 3});
  const std::vector<float> merged = {-0.598602F, 0.402575F,  1.315146F,  1.329129F,
                                     -0.069317F, -1.136271F, -1.960651F, -0.394535F,
                                     -0.01375F,  -0.476224F, -1.116249F, 1.89465F};
  const at::Tensor wanted = at::tensor(merged).reshape({4, 3});
  for (const char* name : {"lora_magnitude_vector", "lora_magnitude_vector.weight",
                           "lora_magnitude_vector.default.weight"}) {
    const LoraLayer dora = layer(linear, name);
    EXPECT_TRUE(dora.is_dora()) << name;
    EXPECT_FALSE(dora.is_low_rank()) << name;
    EXPECT_TRUE(at::allclose(linear + dora.change(linear, {}), wanted, 0, 2e-6)) << name;
    // The web UI's versions differ in a way that is not PEFT's.
    const LoraOptions old = {{}, DoraRule::ScaleBehind};
    EXPECT_TRUE(at::allclose(linear + dora.change(linear, old), wanted, 0, 2e-6)) << name;
  }
}

TEST_F(PeftDora, MergesConvolutionsAsPeftDoes) {
  const at::Tensor weight = wave(0.2, 0.9, {2, 3, 3, 3});
  const at::Tensor merged = weight + layer(weight, "lora_magnitude_vector").change(weight, {});
  const at::Tensor first = at::tensor({-0.186711F, 0.155316F, 0.454067F, 0.275612F, -0.257149F});
  const at::Tensor last = at::tensor({-0.020837F, 0.518188F, 0.576701F, 0.043985F, -0.516473F});
  EXPECT_TRUE(at::allclose(merged.reshape({-1}).narrow(0, 0, 5), first, 0, 2e-6));
  EXPECT_TRUE(at::allclose(merged.reshape({-1}).narrow(0, 49, 5), last, 0, 2e-6));
  const at::Tensor point = wave(0.3, 1.1, {2, 3, 1, 1});
  const at::Tensor made = point + layer(point, "lora_magnitude_vector").change(point, {});
  const at::Tensor wanted =
      at::tensor({-0.541348F, 0.693619F, 1.21484F, 0.122442F, -1.288624F, -1.177691F});
  EXPECT_TRUE(at::allclose(made.reshape({-1}), wanted, 0, 2e-6));
}

TEST_F(PeftDora, NeedsALengthForEachOutput) {
  const at::Tensor weight = wave(0.2, 0.9, {2, 3, 3, 3});
  const LoraLayer dora = layer(weight, "lora_magnitude_vector");
  EXPECT_TRUE(dora.fits({2, 3, 3, 3}, 2));
  const at::Tensor other = wave(0.2, 0.9, {3, 3});
  const LoraLayer linear = layer(other, "lora_magnitude_vector");
  EXPECT_TRUE(linear.fits({3, 3}, 0));
  write_safetensors(folder_ / "short.safetensors",
                    {{"unet.a.lora_A.weight", wave(0, 1, {2, 3})},
                     {"unet.a.lora_B.weight", wave(0, 1, {3, 2})},
                     {"unet.a.lora_magnitude_vector", wave(0, 1, {2})}});
  const auto file = LoraFile::open(folder_ / "short.safetensors");
  EXPECT_FALSE(LoraLayer::make(file, file->modules().front())->fits({3, 3}, 0));
}

/// What a layer of rank 2 is multiplied by in a file with these settings in its header.
double scale_with(const std::string& settings, std::map<std::string, at::Tensor> more = {}) {
  const TemporaryFolder folder;
  const std::string name = "unet.down_blocks.0.attentions.0.to_q.";
  more.insert(
      {{name + "lora_A.weight", at::ones({2, 3})}, {name + "lora_B.weight", at::ones({4, 2})}});
  write_safetensors(folder / "peft.safetensors", more, {{"lora_adapter_metadata", settings}});
  const auto file = LoraFile::open(folder / "peft.safetensors");
  const LoraLayer layer = LoraLayer::make(file, file->modules().front()).value();
  const at::Tensor change = layer.change(at::zeros({4, 3}), {});
  const auto factors = layer.low_rank({});
  EXPECT_TRUE(at::allclose(at::matmul(factors->up, factors->down), change));
  return change[0][0].item<double>() / 2;
}

/// Diffusers writes PEFT's settings there and no alpha beside the layers.
TEST(PeftAlphas, OfTheHeaderCount) {
  EXPECT_NEAR(scale_with(R"({"unet.lora_alpha": 8, "unet.r": 2})"), 4, 1e-6);
  EXPECT_NEAR(scale_with(R"({"unet.lora_alpha": 8, "unet.use_rslora": true})"), 8 / std::sqrt(2),
              1e-5);
  EXPECT_NEAR(scale_with(R"({"unet.lora_alpha": 8, "unet.use_rslora": false,
                             "unet.alpha_pattern": {"attentions.0.to_q": 3, "to_k": 5}})"),
              1.5, 1e-6);
  EXPECT_NEAR(scale_with(R"({"unet.lora_alpha": 8, "unet.alpha_pattern": {"o_q": 3}})"), 4, 1e-6);
  // Of another part; nothing that can be read.
  for (const char* settings :
       {R"({"text_encoder.lora_alpha": 8})", R"({"unet.lora_alpha": "8"})", "{", "[1]", "3"}) {
    EXPECT_NEAR(scale_with(settings), 1, 1e-6) << settings;
  }
  const std::string alpha = "unet.down_blocks.0.attentions.0.to_q.alpha";
  EXPECT_NEAR(scale_with(R"({"unet.lora_alpha": 8})", {{alpha, at::full({}, 6.0F)}}), 3, 1e-6)
      << "the layer's own";
}

}  // namespace
}  // namespace ptravel
