#include "tensor/activation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

/// A range that covers both tails and the middle; its length is no multiple of a vector's.
at::Tensor numbers() { return at::linspace(-30, 30, 4001, at::kFloat); }

TEST(Activation, AgreesWithLibTorch) {
  const at::Tensor x = numbers();
  EXPECT_TRUE(close_to(ptravel::silu(x), at::silu(x), 1e-6, 1e-6));
  EXPECT_TRUE(close_to(ptravel::gelu(x), at::gelu(x), 2e-6, 1e-6));
  EXPECT_TRUE(close_to(quick_gelu(x), x * at::sigmoid(1.702 * x), 1e-6, 2e-6));
}

TEST(Activation, GatesTheFirstHalfByTheSecond) {
  const at::Tensor x = at::randn({2, 3, 74});
  const at::Tensor expected = x.narrow(2, 0, 37) * at::gelu(x.narrow(2, 37, 37));
  EXPECT_CLOSE(geglu(x), expected, 2e-6);
}

TEST(Activation, RoundsToBfloat16OnceOnly) {
  const at::Tensor x = numbers().to(at::kBFloat16);
  const at::Tensor expected = at::silu(x.to(at::kFloat)).to(at::kBFloat16);
  // A last-bit difference in fp32 may tip a rounding: one bf16 step.
  EXPECT_TRUE(close_to(ptravel::silu(x), expected, 1e-30, 0.0079));
}

TEST(Activation, KeepsTheLayoutOfPictures) {
  const at::Tensor x = at::randn({2, 5, 3, 4}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor y = ptravel::silu(x);
  EXPECT_EQ(y.strides(), x.strides());
  EXPECT_CLOSE(y, at::silu(x), 1e-6);
}

TEST(Activation, CarriesNotANumberAndExtremes) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor y = ptravel::silu(at::tensor({nan, 1e30F, -1e30F, 0.0F}));
  EXPECT_TRUE(std::isnan(y[0].item<float>()));
  EXPECT_FLOAT_EQ(y[1].item<float>(), 1e30F);
  EXPECT_EQ(y[2].item<float>(), 0.0F);
  EXPECT_EQ(y[3].item<float>(), 0.0F);
}

TEST(Activation, IsDifferentiable) {
  const at::Tensor x = at::randn({8}).requires_grad_();
  const at::Tensor y = ptravel::silu(x);
  EXPECT_TRUE(y.requires_grad());
  EXPECT_TRUE(geglu(x).requires_grad());
}

}  // namespace
}  // namespace ptravel
