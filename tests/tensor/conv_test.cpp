#include "tensor/conv.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

struct Case {
  std::int64_t in, out, kernel, height, width;
  cpu::ConvGeometry geometry;
};

constexpr cpu::ConvGeometry kSame = {1, 1, 1};

at::Tensor reference(const at::Tensor& x,
                     const at::Tensor& weight,
                     const at::Tensor& bias,
                     const cpu::ConvGeometry& geometry) {
  const std::int64_t before = geometry.pad_before, after = geometry.pad_after;
  return at::conv2d(at::constant_pad_nd(x.to(at::kDouble), {before, after, before, after}),
                    weight.to(at::kDouble), bias.to(at::kDouble), geometry.stride);
}

class ConvolutionCases : public testing::TestWithParam<Case> {};

TEST_P(ConvolutionCases, AgreesWithTheDefinition) {
  const Case c = GetParam();
  const at::Tensor x = at::randn({2, c.in, c.height, c.width});
  const at::Tensor weight = at::randn({c.out, c.in, c.kernel, c.kernel}) / std::sqrt(9.0 * c.in);
  const at::Tensor bias = at::randn({c.out});
  const at::Tensor expected = reference(x, weight, bias, c.geometry);
  const Convolution convolution(weight, bias, c.geometry);
  EXPECT_CLOSE(convolution(x), expected, 1e-5);

  const at::Tensor xb = x.to(at::kBFloat16), wb = weight.to(at::kBFloat16);
  const Convolution low(wb, bias, c.geometry);
  EXPECT_TRUE(close_to(low(xb), reference(xb, wb, bias, c.geometry), 1e-4, 0.0079));
  const at::Tensor unrounded =
      low(xb, {.image_bias = {}, .residual = {}, .format = ResultFormat::Float32});
  EXPECT_EQ(unrounded.scalar_type(), at::kFloat);
  EXPECT_CLOSE(unrounded, reference(xb, wb, bias, c.geometry), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Sizes,
                         ConvolutionCases,
                         testing::Values(Case{4, 32, 3, 8, 8, kSame},
                                         Case{32, 4, 3, 9, 12, kSame},
                                         Case{64, 96, 3, 1, 1, kSame},
                                         Case{3, 5, 3, 7, 2, kSame},
                                         Case{32, 64, 3, 9, 11, {2, 1, 1}},
                                         Case{32, 32, 3, 8, 10, {2, 0, 1}},
                                         Case{40, 24, 1, 5, 6, {}}));

TEST(Convolution, AddsImageBiasAndResidual) {
  const at::Tensor x = at::randn({2, 32, 6, 5});
  const at::Tensor weight = at::randn({48, 32, 3, 3}) / 17.0;
  const at::Tensor bias = at::randn({48});
  const at::Tensor image_bias = at::randn({2, 48});
  const at::Tensor residual = at::randn({2, 48, 6, 5});
  const at::Tensor before = residual.clone();
  const Convolution convolution(weight, bias, kSame);
  const at::Tensor plain = reference(x, weight, bias, kSame);
  const at::Tensor out = convolution(x, {image_bias, residual, ResultFormat::AsInput});
  EXPECT_CLOSE(out, plain + image_bias.unsqueeze(2).unsqueeze(3) + residual, 1e-5);
  EXPECT_TRUE(at::equal(residual, before)) << "the residual must not be written to";
}

TEST(Convolution, AResidualThatNobodyElseHoldsGivesItsMemory) {
  const at::Tensor x = at::randn({2, 32, 6, 5});
  const Convolution convolution(at::randn({48, 32, 3, 3}), at::randn({48}), kSame);
  const at::Tensor residual = at::randn({2, 48, 6, 5}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor expected = convolution(x, {{}, residual, ResultFormat::AsInput});
  EXPECT_NE(expected.data_ptr(), residual.data_ptr());
  ConvExtras own{{}, residual.clone(), ResultFormat::AsInput};
  const void* const memory = own.residual.data_ptr();
  const at::Tensor out = convolution(x, std::move(own));
  EXPECT_TRUE(at::equal(out, expected));
  if (cpu::onednn_available()) {
    EXPECT_EQ(out.data_ptr(), memory);
  }
  const at::Tensor whole = residual.clone();
  ConvExtras view{{}, whole.narrow(0, 0, 2), ResultFormat::AsInput};
  convolution(x, std::move(view));
  EXPECT_TRUE(at::equal(whole, residual)) << "a view shows memory that is still in use";
}

TEST(Convolution, DoesNotDependOnBatchOrThreads) {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const std::int64_t channels : {32, 320}) {
      const at::Tensor x = at::randn({3, channels, 9, 8}).to(type);
      const at::Tensor weight = at::randn({channels, channels, 3, 3}).to(type);
      const Convolution convolution(weight, at::randn({channels}), kSame);
      const at::Tensor all = with_threads(2, [&] { return convolution(x); });
      const at::Tensor one =
          with_threads(other_threads(), [&] { return convolution(x.narrow(0, 2, 1)); });
      EXPECT_TRUE(at::equal(all.narrow(0, 2, 1), one)) << channels << " channels";
    }
  }
}

TEST(Convolution, GivesItsWeightsBack) {
  const at::Tensor weight = at::randn({48, 32, 3, 3});
  const Convolution convolution(weight.clone(), at::zeros({48}), kSame);
  for (const std::int64_t side : {4, 64, 7}) {
    convolution(at::randn({1, 32, side, side}));
    EXPECT_TRUE(at::equal(convolution.weight(), weight));
  }
}

/// On another device than a CPU, and in formats that its kernels do not know, as here.
TEST(Convolution, KeepsWeightsLikeThePicturesWhereLibTorchComputes) {
  const at::Tensor weight = at::randn({48, 32, 3, 3}, at::kDouble);
  const at::Tensor bias = at::randn({48}, at::kDouble);
  const at::Tensor x =
      at::randn({2, 32, 9, 8}, at::kDouble).contiguous(at::MemoryFormat::ChannelsLast);
  const Convolution convolution(weight, bias, kSame);
  EXPECT_TRUE(convolution.weight().is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::equal(convolution.weight(), weight));
  const at::Tensor out = convolution(x);
  EXPECT_TRUE(out.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_CLOSE(out, reference(x, weight, bias, kSame), 1e-12);
}

TEST(Convolution, LeavesAParameterAsItIs) {
  const at::Tensor weight = at::randn({48, 32, 3, 3}).requires_grad_();
  EXPECT_TRUE(Convolution(weight, at::zeros({48}), kSame).weight().is_same(weight));
}

TEST(Convolution, IsDifferentiableAfterInference) {
  const at::Tensor weight = at::randn({8, 4, 3, 3});
  const Convolution convolution(weight, at::randn({8}), kSame);
  const at::Tensor x = at::randn({1, 4, 5, 5});
  const at::Tensor fast = convolution(x);
  const at::Tensor slow = convolution(x.clone().requires_grad_());
  EXPECT_TRUE(slow.requires_grad());
  EXPECT_CLOSE(slow, fast, 1e-5);
}

}  // namespace
}  // namespace ptravel
