#include "model/unet.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/model/tiny.h"
#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

struct Inputs {
  explicit Inputs(std::int64_t n, std::int64_t h = 8, std::int64_t w = 12, std::int64_t tokens = 77)
      : x(at::randn({n, 4, h, w})), t(at::rand({n}) * 999), context(at::randn({n, tokens, 24})) {}
  Inputs image(std::int64_t i) const {
    Inputs one = *this;
    one.x = x.narrow(0, i, 1);
    one.t = t.narrow(0, i, 1);
    one.context = context.narrow(0, i, 1);
    return one;
  }
  at::Tensor x, t, context;
};

class TinyUnet : public testing::Test {
 protected:
  Unet unet{random_weights("unet"), tiny_unet(), cpu_fp32()};
  at::Tensor run(const Inputs& in) const { return unet.forward(in.x, in.t, in.context); }
};

TEST_F(TinyUnet, TakesEverySize) {
  for (const auto& [h, w] : {std::pair{1, 1}, {8, 8}, {9, 12}, {3, 17}}) {
    const Inputs in(1, h, w, 154);
    const at::Tensor out = run(in);
    EXPECT_EQ(out.sizes(), in.x.sizes());
    EXPECT_EQ(out.scalar_type(), at::kFloat);
    EXPECT_TRUE(out.is_contiguous());
    EXPECT_TRUE(out.isfinite().all().item<bool>());
  }
}

TEST_F(TinyUnet, AnImageDoesNotDependOnBatchOrThreads) {
  const Inputs in(3);
  set_num_threads(2);
  const at::Tensor all = run(in);
  set_num_threads(other_threads());
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::equal(all.narrow(0, i, 1), run(in.image(i)))) << i;
  }
}

TEST_F(TinyUnet, PreparedConditioningsGiveTheSame) {
  for (const Compute& compute : {cpu_fp32(), cpu_bf16()}) {
    const Unet net(random_weights("unet"), tiny_unet(), compute);
    const Inputs in(3);
    std::vector<UnetConditioning> prepared;
    for (std::int64_t i = 0; i < 3; ++i) {
      prepared.push_back(
          {net.prepare_time(in.t[i].item<float>()), net.prepare_text(in.context[i])});
    }
    set_num_threads(2);
    const at::Tensor plain = net.forward(in.x, in.t, in.context);
    EXPECT_TRUE(at::equal(net.forward(in.x, prepared), plain));
    set_num_threads(other_threads());
    EXPECT_TRUE(at::equal(net.forward(in.x.narrow(0, 1, 1), {prepared[1]}), plain.narrow(0, 1, 1)));
  }
  EXPECT_THROW(unet.prepare_text(at::randn({77, 25})), Error);
  EXPECT_THROW(unet.prepare_text(at::randn({0, 24})), Error);
  EXPECT_THROW(unet.prepare_text(at::randn({1, 77, 24})), Error);
}

/// By whole cells of the lowest level: a latent that goes on at its other edge has no place where
/// it begins.
TEST_F(TinyUnet, AWrappedLatentTurnsWithItsNoise) {
  UnetInputs inputs{at::randn({1, 4, 8, 12}), at::full({1}, 400.0f), at::randn({1, 77, 24})};
  const at::Tensor plain = unet.forward(inputs);
  const std::vector<std::int64_t> by = {4, 8}, axes = {2, 3};
  for (const Wrap wrap : {Wrap{true, true}, Wrap{true, false}}) {
    inputs.wrap = wrap;
    const at::Tensor out = unet.forward(inputs);
    EXPECT_FALSE(at::equal(out, plain));
    const UnetConditioning prepared{unet.prepare_time(400), unet.prepare_text(inputs.context[0])};
    EXPECT_TRUE(at::equal(unet.forward(inputs.x, {prepared}, {}, wrap), out));
    UnetInputs turned = inputs;
    turned.x = wrap.down ? at::roll(inputs.x, by, axes) : at::roll(inputs.x, by[1], axes[1]);
    const at::Tensor expected = wrap.down ? at::roll(out, by, axes) : at::roll(out, by[1], axes[1]);
    EXPECT_CLOSE(unet.forward(turned), expected, 1e-4);
  }
}

TEST_F(TinyUnet, Bfloat16IsCloseAndEquallyIndependent) {
  const Unet low(random_weights("unet"), tiny_unet(), cpu_bf16());
  const Inputs in(2);
  const at::Tensor exact = run(in);
  const at::Tensor rounded = low.forward(in.x, in.t, in.context);
  EXPECT_LT((rounded - exact).norm().item<double>(), 0.03 * exact.norm().item<double>());
  const Inputs second = in.image(1);
  EXPECT_TRUE(at::equal(rounded.narrow(0, 1, 1), low.forward(second.x, second.t, second.context)));
}

TEST_F(TinyUnet, GradientOfTheConditioningIsTheSlope) {
  Inputs in(1, 4, 4, 5);
  const at::Tensor fast = run(in);
  const at::Tensor direction = at::randn_like(in.context);
  in.context.requires_grad_();
  const at::Tensor out = run(in);
  EXPECT_CLOSE(out.detach(), fast, 1e-4);
  out.sum().backward();
  const double slope = (in.context.grad() * direction).sum().item<double>();
  const double step = 2e-3;
  const at::NoGradGuard inference;
  const auto shifted = [&](double by) {
    return unet.forward(in.x, in.t, in.context + by * direction).sum().item<double>();
  };
  EXPECT_NEAR((shifted(step) - shifted(-step)) / (2 * step), slope, 0.02 * std::abs(slope) + 0.05);
}

TEST_F(TinyUnet, RefusesOperandsThatDoNotFit) {
  const Inputs in(2);
  EXPECT_THROW(unet.forward(at::randn({2, 5, 8, 8}), in.t, in.context), Error);
  EXPECT_THROW(unet.forward(at::randn({2, 4, 8}), in.t, in.context), Error);
  EXPECT_THROW(unet.forward(at::randn({2, 4, 0, 8}), in.t, in.context), Error);
  EXPECT_THROW(unet.forward(in.x, at::zeros({1}), in.context), Error);
  EXPECT_THROW(unet.forward(in.x, in.t, at::randn({2, 77, 25})), Error);
  EXPECT_THROW(unet.forward(in.x, in.t, at::randn({1, 77, 24})), Error);
  EXPECT_THROW(unet.forward(in.x, in.t, at::randn({2, 0, 24})), Error);
}

TEST_F(TinyUnet, ShowsEveryBlock) {
  std::vector<std::string> names;
  const Inputs in(1);
  unet.forward(in.x, in.t, in.context,
               [&](const std::string& name, const at::Tensor&) { names.push_back(name); });
  for (const char* name :
       {"time_embed", "input_blocks.0", "input_blocks.1.1/transformer_blocks.0.attn2",
        "middle_block", "output_blocks.1.1", "output_blocks.5", "out"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
}

TEST(UnetConfigs, LinearProjectionsAndHeadsOfEachLevel) {
  UnetConfig config = tiny_unet();
  config.linear_projection = true;
  config.heads = {2, 4, 8};
  const Unet unet(random_weights("unet"), config, cpu_fp32());
  const Unet exact(random_weights("unet"), config, Compute{at::kCPU, at::kDouble});
  const Inputs in(1);
  const at::Tensor out = unet.forward(in.x, in.t, in.context);
  EXPECT_CLOSE(out, exact.forward(in.x, in.t, in.context), 1e-4);
  // Blocks on the way: one input block and two output blocks of each level that attends, and the
  // middle, which has the last level's heads.
  std::vector<std::int64_t> found;
  const auto text = unet.prepare_text(in.context[0]);
  for (const KeysValues& block : text->blocks) {
    found.push_back(block.heads());
  }
  EXPECT_EQ(found, (std::vector<std::int64_t>{2, 4, 8, 4, 4, 2, 2}));
  config.heads = {2, 2, 2};
  EXPECT_FALSE(at::equal(
      Unet(random_weights("unet"), config, cpu_fp32()).forward(in.x, in.t, in.context), out));
  config.heads = {2, 4, 3};
  EXPECT_THROW(Unet(random_weights("unet"), config, cpu_fp32()), Error);
}

std::vector<UnetConditioning> prepared_for(const Unet& unet, const UnetInputs& in) {
  std::vector<UnetConditioning> images;
  for (std::int64_t i = 0; i < in.x.size(0); ++i) {
    images.push_back({unet.prepare_time(in.t[i].item<float>(),
                                        in.vector.defined() ? in.vector[i] : at::Tensor()),
                      unet.prepare_text(in.context[i])});
  }
  return images;
}

TEST(UnetConfigs, DepthsOfEachLevelAndOfTheMiddle) {
  UnetConfig config = tiny_unet();
  config.transformer_depth = {0, 2, 3};
  config.middle_depth = 4;
  config.num_res_blocks = 2;
  std::vector<std::string> names;
  const Inputs in(2, 8, 8);
  const UnetInputs operands{in.x, in.t, in.context};
  const Unet unet(random_weights("unet"), config, cpu_fp32());
  const at::Tensor out = unet.forward(operands);
  EXPECT_TRUE(at::equal(unet.forward(in.x, prepared_for(unet, operands)), out));
  const Unet exact(random_weights("unet"), config, Compute{at::kCPU, at::kDouble});
  EXPECT_CLOSE(out, exact.forward(operands), 1e-4);
  // Blocks: 2 inputs and 3 outputs at each of two levels.
  EXPECT_EQ(unet.prepare_text(in.context[0])->blocks.size(), 2U * 5 + 3U * 5 + 4);
  EXPECT_EQ(unet.prepare_time(1)->blocks.size(), 6U + 2 + 9);
}

TEST(UnetConfigs, AVectorIsAddedToTheTimeEmbedding) {
  UnetConfig config = tiny_unet();
  const Unet without(random_weights("unet"), config, cpu_fp32());
  config.vector_dim = 20;
  const Unet unet(random_weights("unet"), config, cpu_fp32());
  const Inputs in(3);
  UnetInputs operands{in.x, in.t, in.context, at::randn({3, 20})};
  const RandomTensors weights(3);
  const at::Tensor first = *weights.make("net.label_emb.0.0.weight", {128, 20}, cpu_fp32());
  const at::Tensor second = *weights.make("net.label_emb.0.2.weight", {128, 128}, cpu_fp32());
  const at::Tensor expected =
      at::matmul(at::silu(at::matmul(operands.vector, first.t())), second.t());
  at::Tensor added;
  const at::Tensor out =
      unet.forward(operands, [&](const std::string& name, const at::Tensor& value) {
        added = name == "label_emb" ? value : added;
      });
  EXPECT_CLOSE(added, expected, 1e-5);
  EXPECT_TRUE(at::equal(unet.forward(in.x, prepared_for(unet, operands)), out));
  EXPECT_FALSE(at::equal(without.forward(in.x, in.t, in.context), out));
  EXPECT_THROW(unet.forward(in.x, in.t, in.context), Error);
  EXPECT_THROW(unet.prepare_time(1), Error);
  EXPECT_THROW(without.forward(operands), Error);
  operands.vector = at::randn({3, 21});
  EXPECT_THROW(unet.forward(operands), Error);
}

/// The residual blocks take the sum of both embeddings: a vector whose projection is known moves
/// them as another time embedding would.
TEST(UnetConfigs, TheSumOfTimeAndVectorReachesTheBlocks) {
  UnetConfig config = tiny_unet();
  config.vector_dim = 20;
  const TimeEmbedding embedding(random_weights("unet"), config, cpu_fp32());
  at::Tensor time, added;
  const BlockObserver observer = [&](const std::string& name, const at::Tensor& value) {
    (name == "label_emb" ? added : time) = value;
  };
  const at::Tensor sum = embedding(at::tensor({7.0F}), at::randn({1, 20}), BlockProbe(observer));
  EXPECT_CLOSE(sum, at::silu(time + added), 1e-5);
}

class TinyHalves : public testing::Test {
 protected:
  ControlResiduals residuals(double scale) const {
    ControlResiduals result;
    for (const std::int64_t channels : builder.skip_channels()) {
      const std::size_t level = result.skips.size() < 2 ? 0 : result.skips.size() < 4 ? 1 : 2;
      const std::int64_t side = 8 >> level;
      result.skips.push_back(at::randn({2, channels, side, side}) * scale);
    }
    result.middle = at::randn({2, 64, 2, 2}) * scale;
    return result;
  }

  static at::Tensor first_weight() {
    return *RandomTensors(3).make("net.input_blocks.0.0.weight", {32, 4, 3, 3}, cpu_fp32());
  }

  Compute compute = cpu_fp32();
  Weights weights = random_weights("unet");
  UnetBlockBuilder builder{weights, tiny_unet(), compute};
  UnetEncoder encoder{builder, compute};
  UnetDecoder decoder{builder, weights, tiny_unet(), compute};
  TimeEmbedding time{weights, tiny_unet(), compute};
  Unet unet{weights, tiny_unet(), compute};
  Inputs in{2, 8, 8};
};

TEST_F(TinyHalves, ResidualsAreAddedToSkipsAndMiddle) {
  const ControlResiduals added = residuals(0.5);
  UnetInputs operands{in.x, in.t, in.context, {}, added};
  const at::Tensor out = unet.forward(operands);
  UnetPass pass;
  pass.time_silu = time(in.t, {}, {});
  pass.text.context = in.context;
  EncodedLatent encoded = encoder(in.x, pass, {});
  for (std::size_t i = 0; i < encoded.skips.size(); ++i) {
    encoded.skips[i] = encoded.skips[i] + added.skips[i];
  }
  encoded.h = encoded.h + added.middle;
  EXPECT_CLOSE(out, decoder(encoded, pass, {}), 1e-5);
  EXPECT_GT((out - unet.forward(in.x, in.t, in.context)).abs().max().item<double>(), 1e-2);
  EXPECT_TRUE(at::equal(unet.forward(in.x, prepared_for(unet, operands), added), out));
}

TEST_F(TinyHalves, AHintIsAddedBehindTheFirstConvolution) {
  UnetPass pass;
  pass.time_silu = time(in.t, {}, {});
  pass.text.context = in.context;
  const at::Tensor hint = at::randn({2, 32, 8, 8});
  const EncodedLatent encoded = encoder(in.x, pass, {}, hint);
  at::Tensor h = at::conv2d(in.x, first_weight(), {}, 1, 1) + hint;
  EXPECT_CLOSE(encoded.skips[0], h, 1e-5);
  h = encoded.skips[0];
  for (std::size_t i = 1; i < encoder.inputs.size(); ++i) {
    h = encoder.inputs[i](h, pass, {});
    EXPECT_TRUE(at::equal(encoded.skips[i], h)) << i;
  }
  for (const UnetBlock& block : encoder.middle) {
    h = block(h, pass, {});
  }
  EXPECT_TRUE(at::equal(encoded.h, h));
  EXPECT_FALSE(at::equal(encoded.h, encoder(in.x, pass, {}).h));
}

TEST_F(TinyHalves, AHintOfZerosChangesNothing) {
  UnetPass pass;
  pass.time_silu = time(in.t, {}, {});
  pass.text.context = in.context;
  const EncodedLatent plain = encoder(in.x, pass, {});
  const EncodedLatent hinted = encoder(in.x, pass, {}, at::zeros({2, 32, 8, 8}));
  EXPECT_TRUE(at::equal(hinted.h, plain.h));
  for (std::size_t i = 0; i < plain.skips.size(); ++i) {
    EXPECT_TRUE(at::equal(hinted.skips[i], plain.skips[i])) << i;
  }
  for (const at::Tensor& wrong : {at::zeros({2, 32, 8, 7}), at::zeros({2, 4, 8, 8})}) {
    EXPECT_THROW(encoder(in.x, pass, {}, wrong), Error);
  }
}

TEST_F(TinyHalves, ResidualsOfZerosChangeNothing) {
  const at::Tensor plain = unet.forward(in.x, in.t, in.context);
  EXPECT_TRUE(at::equal(unet.forward({in.x, in.t, in.context, {}, residuals(0)}), plain));
}

TEST_F(TinyHalves, ResidualsOfAnotherShapeAreRefused) {
  ControlResiduals wrong = residuals(1);
  wrong.skips[1] = wrong.skips[1].narrow(2, 0, 7);
  EXPECT_THROW(unet.forward({in.x, in.t, in.context, {}, wrong}), Error);
  wrong = residuals(1);
  wrong.skips.pop_back();
  EXPECT_THROW(unet.forward({in.x, in.t, in.context, {}, wrong}), Error);
}

TEST(TimestepEmbedding, StartsWithCosines) {
  const at::Tensor out = timestep_embedding(at::tensor({0.0F, 500.5F}), 8);
  EXPECT_CLOSE(out[0], at::tensor({1.0F, 1.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F}), 0);
  EXPECT_NEAR(out[1][4].item<double>(), std::sin(500.5), 1e-4);
  EXPECT_NEAR(out[1][1].item<double>(), std::cos(50.05), 1e-4);
}

}  // namespace
}  // namespace ptravel
