// The gradients of our own CPU operators against those of LibTorch's in double precision.

#include <cmath>
#include <functional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/activation.h"
#include "tensor/attention.h"
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

TEST(Gradient, OfActivationsOfAViewThatLiesOtherwiseInMemory) {
  const at::Tensor x = at::randn({4, 6, 5}).transpose(1, 2).requires_grad_();
  ptravel::silu(x * 1.0).sum().backward();
  const at::Tensor y = x.detach().clone().requires_grad_();
  at::silu(y).sum().backward();
  EXPECT_CLOSE(x.grad(), y.grad(), 1e-5);
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

}  // namespace
}  // namespace ptravel
