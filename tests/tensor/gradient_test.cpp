// The gradients of our own CPU operators against those of LibTorch's in double precision.

#include <cmath>
#include <functional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/activation.h"
#include "tensor/attention.h"
#include "tensor/conv.h"
#include "tensor/layout.h"
#include "tensor/linear.h"
#include "tensor/norm.h"
#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

using Tensors = std::vector<at::Tensor>;
using Function = std::function<at::Tensor(const Tensors&)>;

/// The gradients of sum(function(inputs) * weights) with respect to all inputs.
Tensors gradients(const Function& function, const Tensors& inputs, at::ScalarType type) {
  Tensors leaves;
  for (const at::Tensor& input : inputs) {
    leaves.push_back(input.to(type).clone().requires_grad_());
  }
  const at::Tensor out = function(leaves);
  const at::Tensor above = at::linspace(-1, 1, out.numel(), at::kDouble).reshape(out.sizes());
  (out * above.to(out.scalar_type())).sum().backward();
  Tensors result;
  for (const at::Tensor& leaf : leaves) {
    result.push_back(leaf.grad());
  }
  return result;
}

void expect_same_gradients(const Function& ours, const Function& reference, const Tensors& inputs) {
  const Tensors expected = gradients(reference, inputs, at::kDouble);
  const Tensors fp32 = gradients(ours, inputs, at::kFloat);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double size = expected[i].abs().max().item<double>();
    EXPECT_TRUE(close_to(fp32[i], expected[i], 3e-5 * size, 0)) << "input " << i;
  }
  // bf16 rounds inputs and results; what is summed is rounded once.
  Tensors rounded;
  for (const at::Tensor& input : inputs) {
    rounded.push_back(input.to(at::kBFloat16));
  }
  const Tensors expected_low = gradients(reference, rounded, at::kDouble);
  const Tensors low = gradients(ours, rounded, at::kBFloat16);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double size = expected_low[i].abs().max().item<double>();
    EXPECT_TRUE(close_to(low[i], expected_low[i], 0.012 * size, 0)) << "bf16 input " << i;
  }
}

TEST(Gradient, OfGroupNorm) {
  for (const AfterNorm after : {AfterNorm::Nothing, AfterNorm::Silu}) {
    const Function ours = [&](const Tensors& in) {
      return group_norm(in[0], 8, in[1], in[2], 1e-5, after);
    };
    const Function reference = [&](const Tensors& in) {
      const at::Tensor normal = at::group_norm(in[0], 8, in[1], in[2], 1e-5);
      return after == AfterNorm::Silu ? at::silu(normal) : normal;
    };
    for (const std::int64_t channels : {16, 24}) {
      expect_same_gradients(
          ours, reference,
          {2 * at::randn({3, channels, 9, 7}) + 1, at::randn({channels}), at::randn({channels})});
    }
  }
}

TEST(Gradient, OfLayerNorm) {
  expect_same_gradients(
      [](const Tensors& in) { return layer_norm(in[0], in[1], in[2], 1e-5); },
      [](const Tensors& in) { return at::layer_norm(in[0], {40}, in[1], in[2], 1e-5); },
      {2 * at::randn({3, 21, 40}) - 1, at::randn({40}), at::randn({40})});
}

TEST(Gradient, OfActivations) {
  const Tensors x = {3 * at::randn({5, 11, 37})};
  expect_same_gradients([](const Tensors& in) { return ptravel::silu(in[0]); },
                        [](const Tensors& in) { return at::silu(in[0]); }, x);
  expect_same_gradients([](const Tensors& in) { return ptravel::gelu(in[0]); },
                        [](const Tensors& in) { return at::gelu(in[0]); }, x);
  expect_same_gradients([](const Tensors& in) { return quick_gelu(in[0]); },
                        [](const Tensors& in) { return in[0] * at::sigmoid(1.702 * in[0]); }, x);
}

TEST(Gradient, OfGeglu) {
  expect_same_gradients([](const Tensors& in) { return geglu(in[0]); },
                        [](const Tensors& in) {
                          return in[0].narrow(-1, 0, 19) * at::gelu(in[0].narrow(-1, 19, 19));
                        },
                        {2 * at::randn({4, 10, 38})});
}

/// Attention written out.
at::Tensor attend(const Tensors& in, std::int64_t heads, bool causal) {
  const auto split = [&](const at::Tensor& x) {
    return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);
  };
  const at::Tensor q = split(in[0]);
  at::Tensor scores =
      at::matmul(q, split(in[1]).transpose(2, 3)) / std::sqrt(static_cast<double>(q.size(3)));
  if (causal) {
    const at::Tensor hidden = at::ones({q.size(2), in[1].size(1)}, at::kBool).triu(1);
    scores = scores.masked_fill(hidden, -INFINITY);
  }
  return at::matmul(at::softmax(scores, -1), split(in[2])).transpose(1, 2).flatten(2, 3);
}

TEST(Gradient, OfAttention) {
  for (const bool causal : {false, true}) {
    const std::int64_t keys = causal ? 19 : 37;
    const auto mask = causal ? AttentionMask::Causal : AttentionMask::None;
    expect_same_gradients(
        [&](const Tensors& in) { return attention(in[0], in[1], in[2], 3, mask); },
        [&](const Tensors& in) { return attend(in, 3, causal); },
        {at::randn({2, 19, 48}), at::randn({2, keys, 48}), at::randn({2, keys, 48})});
  }
}

TEST(Gradient, OfAttentionBlockByBlock) {
  struct Case {
    std::int64_t queries, keys, heads, head_dim;
    AttentionMask mask;
  };
  // Blocks of queries and keys that end early, channels that fill vectors or do not, and so many
  // keys that they are differentiated in parts.
  for (const Case& c :
       {Case{1, 1, 1, 1, AttentionMask::None}, Case{50, 77, 2, 40, AttentionMask::None},
        Case{49, 250, 2, 80, AttentionMask::None}, Case{100, 1600, 1, 7, AttentionMask::None},
        Case{20, 193, 1, 160, AttentionMask::None}, Case{300, 300, 2, 24, AttentionMask::Causal}}) {
    const std::int64_t width = c.heads * c.head_dim;
    const bool causal = c.mask == AttentionMask::Causal;
    expect_same_gradients(
        [&](const Tensors& in) { return attention(in[0], in[1], in[2], c.heads, c.mask); },
        [&](const Tensors& in) { return attend(in, c.heads, causal); },
        {at::randn({1, c.queries, width}), at::randn({1, c.keys, width}),
         at::randn({1, c.keys, width})});
  }
}

/// Weights that bf16 holds exactly, so that all number formats compute with the same ones.
at::Tensor weights_for_all(at::IntArrayRef sizes) {
  const at::Tensor weights = at::randn(sizes) / std::sqrt(static_cast<double>(sizes[1]));
  return weights.to(at::kBFloat16).to(at::kFloat);
}

struct ConvCase {
  std::int64_t in, out, kernel, height, width;
  cpu::ConvGeometry geometry;
};

at::Tensor conv_reference(const at::Tensor& x,
                          const at::Tensor& weight,
                          const cpu::ConvGeometry& geometry) {
  const std::int64_t before = geometry.pad_before, after = geometry.pad_after;
  return at::conv2d(at::constant_pad_nd(x, {before, after, before, after}), weight.to(at::kDouble),
                    {}, geometry.stride);
}

TEST(Gradient, OfConvolutionsOfEveryGeometry) {
  for (const ConvCase& c :
       {ConvCase{4, 32, 3, 8, 8, {1, 1, 1}}, ConvCase{32, 4, 3, 9, 12, {1, 1, 1}},
        ConvCase{64, 96, 3, 1, 1, {1, 1, 1}}, ConvCase{3, 5, 3, 7, 2, {1, 1, 1}},
        ConvCase{48, 32, 3, 17, 5, {1, 1, 1}}, ConvCase{32, 64, 3, 9, 11, {2, 1, 1}},
        ConvCase{64, 32, 3, 8, 10, {2, 1, 1}}, ConvCase{32, 32, 3, 8, 10, {2, 0, 1}},
        ConvCase{32, 64, 3, 9, 7, {2, 0, 1}}, ConvCase{40, 24, 1, 5, 6, {}}}) {
    SCOPED_TRACE(testing::Message() << c.in << " to " << c.out << ", " << c.height << " x "
                                    << c.width << ", stride " << c.geometry.stride);
    const at::Tensor weight = weights_for_all({c.out, c.in, c.kernel, c.kernel});
    expect_same_gradients(
        [&](const Tensors& in) {
          return Convolution(weight.to(in[0].scalar_type()), at::ones({c.out}), c.geometry)(in[0]);
        },
        [&](const Tensors& in) { return conv_reference(in[0], weight, c.geometry); },
        {at::randn({2, c.in, c.height, c.width})});
  }
}

TEST(Gradient, OfWhatAConvolutionAdds) {
  const at::Tensor weight = weights_for_all({24, 16, 3, 3});
  const Tensors inputs = {at::randn({2, 16, 5, 6}), at::randn({2, 24, 5, 6}), at::randn({2, 24})};
  expect_same_gradients(
      [&](const Tensors& in) {
        const Convolution convolution(weight.to(in[0].scalar_type()), at::zeros({24}), {1, 1, 1});
        return convolution(in[0], {.image_bias = in[2], .residual = in[1]});
      },
      [&](const Tensors& in) {
        return conv_reference(in[0], weight, {1, 1, 1}) + in[1] + in[2].unsqueeze(2).unsqueeze(3);
      },
      inputs);
}

TEST(Gradient, OfAResidualAlone) {
  const Convolution convolution(at::randn({8, 8, 1, 1}), at::zeros({8}), {});
  const at::Tensor residual = at::randn({1, 8, 3, 3}).requires_grad_();
  convolution(at::randn({1, 8, 3, 3}), {.image_bias = {}, .residual = residual}).sum().backward();
  EXPECT_CLOSE(residual.grad(), at::ones({1, 8, 3, 3}), 0);
}

TEST(Gradient, OfAConvolutionWithAWiderResult) {
  const at::Tensor weight = weights_for_all({4, 32, 3, 3});
  const Convolution convolution(weight.to(at::kBFloat16), at::zeros({4}), {1, 1, 1});
  const at::Tensor x = at::randn({1, 32, 6, 5}).to(at::kBFloat16).requires_grad_();
  const at::Tensor out =
      convolution(x, {.image_bias = {}, .residual = {}, .format = ResultFormat::Float32});
  EXPECT_EQ(out.scalar_type(), at::kFloat);
  out.sum().backward();
  const at::Tensor exact = x.detach().to(at::kDouble).requires_grad_();
  conv_reference(exact, weight, {1, 1, 1}).sum().backward();
  EXPECT_TRUE(close_to(x.grad(), exact.grad(), 1e-4, 0.004));
}

TEST(Gradient, OfLinearMaps) {
  const at::Tensor weight = weights_for_all({40, 24});
  const Function ours = [&](const Tensors& in) {
    return LinearMap(weight.to(in[0].scalar_type()), at::ones({40}))(
        in[0], in.size() > 1 ? in[1] : at::Tensor());
  };
  const Function reference = [&](const Tensors& in) {
    const at::Tensor product = at::matmul(in[0], weight.t().to(at::kDouble));
    return in.size() > 1 ? product + in[1] : product;
  };
  expect_same_gradients(ours, reference, {at::randn({3, 24})});
  expect_same_gradients(ours, reference, {at::randn({3, 24}), at::randn({3, 40})});
  for (const std::int64_t tokens : {1, 7, 77}) {
    expect_same_gradients(ours, reference, {at::randn({2, tokens, 24})});
    expect_same_gradients(ours, reference,
                          {at::randn({2, tokens, 24}), at::randn({2, tokens, 40})});
  }
}

TEST(Gradient, LeavesTheResultOfInferenceAsItIs) {
  const Convolution convolution(at::randn({320, 64, 3, 3}), at::randn({320}), {1, 1, 1});
  const LinearMap map(at::randn({128, 64}), at::randn({128}));
  const at::Tensor picture = to_channels_last(at::randn({1, 64, 9, 8}));
  const at::Tensor tokens = at::randn({1, 200, 64});
  const auto with = [](const at::Tensor& x) { return x.clone().requires_grad_(); };
  EXPECT_TRUE(at::equal(convolution(with(picture)).detach(), convolution(picture)));
  EXPECT_TRUE(at::equal(map(with(tokens)).detach(), map(tokens)));
  EXPECT_TRUE(at::equal(attention(with(tokens), tokens, tokens, 4).detach(),
                        attention(tokens, tokens, tokens, 4)));
}

TEST(Gradient, OfActivationsOfAViewThatLiesOtherwiseInMemory) {
  const at::Tensor x = at::randn({4, 6, 5}).transpose(1, 2).requires_grad_();
  ptravel::silu(x * 1.0).sum().backward();
  const at::Tensor y = x.detach().clone().requires_grad_();
  at::silu(y).sum().backward();
  EXPECT_CLOSE(x.grad(), y.grad(), 1e-5);
}

/// The gradients of sum(square(function(x))), one after the other.
at::Tensor gradients_of_squares(const Function& function, const at::Tensor& x) {
  const at::Tensor leaf = x.clone(at::MemoryFormat::Preserve).requires_grad_();
  function({leaf}).square().sum().backward();
  return leaf.grad();
}

TEST(Gradient, IsTheSameForEveryNumberOfThreads) {
  const auto run = [] {
    at::Tensor x = at::linspace(-2, 2, 2 * 64 * 16 * 16).reshape({2, 64, 16, 16}).clone();
    x.requires_grad_();
    const at::Tensor weight = at::ones({64}).requires_grad_();
    const at::Tensor bias = at::zeros({64}).requires_grad_();
    group_norm(x, 32, weight, bias, 1e-5, AfterNorm::Silu).square().sum().backward();
    return at::cat({x.grad().flatten(), weight.grad()});
  };
  EXPECT_TRUE(at::equal(with_threads(1, run), with_threads(2, run)));
}

TEST(Gradient, OfLayersIsTheSameForEveryBatchAndNumberOfThreads) {
  const auto expect_same = [](const Function& function, const at::Tensor& x) {
    const at::Tensor all = with_threads(2, [&] { return gradients_of_squares(function, x); });
    const at::Tensor one = with_threads(
        other_threads(), [&] { return gradients_of_squares(function, x.narrow(0, 1, 1)); });
    EXPECT_TRUE(at::equal(all.narrow(0, 1, 1), one));
  };
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const std::int64_t channels : {32, 320, 1280}) {
      const Convolution convolution(weights_for_all({channels, channels, 3, 3}).to(type),
                                    at::zeros({channels}), {1, 1, 1});
      expect_same([&](const Tensors& in) { return convolution(in[0]); },
                  at::randn({2, channels, 9, 8}).to(type));
    }
    const LinearMap map(weights_for_all({1280, 640}).to(type), at::zeros({1280}));
    expect_same([&](const Tensors& in) { return map(in[0]); }, at::randn({2, 77, 640}).to(type));
    expect_same([](const Tensors& in) { return attention(in[0], in[0], in[0], 2); },
                at::randn({2, 1600, 80}).to(type));
  }
}

}  // namespace
}  // namespace ptravel
