#include "tensor/norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

at::Tensor reference(const at::Tensor& x,
                     std::int64_t groups,
                     const at::Tensor& weight,
                     const at::Tensor& bias) {
  return at::group_norm(x.to(at::kDouble).contiguous(), groups, weight.to(at::kDouble),
                        bias.to(at::kDouble), 1e-6);
}

TEST(GroupNorm, AgreesWithTheDefinition) {
  for (const std::int64_t channels : {32, 64, 96, 320}) {
    for (const std::int64_t side : {1, 3, 20}) {
      const at::Tensor x = 3 * at::randn({2, channels, side, side + 1}) + 1;
      const at::Tensor weight = at::randn({channels}), bias = at::randn({channels});
      const at::Tensor expected = reference(x, 32, weight, bias);
      EXPECT_CLOSE(group_norm(x, 32, weight, bias, 1e-6, AfterNorm::Nothing), expected, 2e-5);
      EXPECT_CLOSE(group_norm(x, 32, weight, bias, 1e-6, AfterNorm::Silu), at::silu(expected),
                   2e-5);
      const at::Tensor low = x.to(at::kBFloat16);
      EXPECT_TRUE(close_to(group_norm(low, 32, weight, bias, 1e-6, AfterNorm::Nothing),
                           reference(low, 32, weight, bias), 1e-3, 0.0079));
    }
  }
}

TEST(GroupNorm, KeepsTheVarianceOfChannelsFarFromZero) {
  const at::Tensor x = at::randn({1, 32, 40, 40}) + 3000;
  const at::Tensor ones = at::ones({32}), zeros = at::zeros({32});
  const at::Tensor out = group_norm(x, 32, ones, zeros, 1e-6, AfterNorm::Nothing);
  EXPECT_CLOSE(out, reference(x, 32, ones, zeros), 1e-3);
}

TEST(GroupNorm, DoesNotDependOnBatchOrThreads) {
  const at::Tensor x = at::randn({3, 64, 33, 31});
  const at::Tensor weight = at::randn({64}), bias = at::randn({64});
  const auto run = [&](const at::Tensor& part) {
    return group_norm(part, 32, weight, bias, 1e-5, AfterNorm::Silu);
  };
  const at::Tensor all = with_threads(2, [&] { return run(x); });
  const at::Tensor one = with_threads(1, [&] { return run(x.narrow(0, 2, 1)); });
  EXPECT_TRUE(at::equal(all.narrow(0, 2, 1), one));
}

TEST(GroupNorm, IsDifferentiable) {
  const at::Tensor x = at::randn({1, 32, 3, 3}).requires_grad_();
  const at::Tensor out = group_norm(x, 32, at::ones({32}), at::zeros({32}), 1e-5, AfterNorm::Silu);
  EXPECT_TRUE(out.requires_grad());
}

TEST(LayerNorm, AgreesWithTheDefinition) {
  for (const std::int64_t width : {1, 5, 48, 768}) {
    const at::Tensor x = 2 * at::randn({2, 7, width}) + 5;
    const at::Tensor weight = at::randn({width}), bias = at::randn({width});
    const at::Tensor expected = at::layer_norm(x.to(at::kDouble), {width}, weight.to(at::kDouble),
                                               bias.to(at::kDouble), 1e-5);
    EXPECT_CLOSE(ptravel::layer_norm(x, weight, bias, 1e-5), expected, 2e-5);
    const at::Tensor low = x.to(at::kBFloat16);
    const at::Tensor low_expected = at::layer_norm(
        low.to(at::kDouble), {width}, weight.to(at::kDouble), bias.to(at::kDouble), 1e-5);
    EXPECT_TRUE(close_to(ptravel::layer_norm(low, weight, bias, 1e-5), low_expected, 1e-3, 0.0079));
  }
}

}  // namespace
}  // namespace ptravel
