#include "tensor/wrap.h"

#include <cmath>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/banded.h"
#include "tensor/conv.h"
#include "tensor/layout.h"
#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

constexpr Wrap kWraps[] = {{true, true}, {true, false}, {false, true}};
constexpr cpu::ConvGeometry kSameSize = {1, 1, 1};

/// One axis longer by a pixel at both ends, by the definition.
at::Tensor longer(const at::Tensor& x, std::int64_t axis, bool wraps) {
  const std::int64_t n = x.size(axis);
  std::vector<std::int64_t> places = {n - 1};
  for (std::int64_t i = 0; i <= n; ++i) {
    places.push_back(i % n);
  }
  at::Tensor result = at::index_select(x, axis, at::tensor(places, at::kLong));
  if (!wraps) {
    result.narrow(axis, 0, 1).zero_();
    result.narrow(axis, n + 1, 1).zero_();
  }
  return result;
}

at::Tensor bordered(const at::Tensor& x, Wrap wrap) {
  return longer(longer(x, 3, wrap.across), 2, wrap.down);
}

at::Tensor reference(const at::Tensor& x,
                     const at::Tensor& weight,
                     const at::Tensor& bias,
                     std::int64_t stride,
                     Wrap wrap) {
  return at::conv2d(bordered(x.to(at::kDouble), wrap), weight.to(at::kDouble), bias.to(at::kDouble),
                    stride);
}

TEST(WithBorder, HasTheOtherEdgeOrZeros) {
  for (const Wrap wrap : kWraps) {
    for (const auto& [height, width] : {std::pair{5, 7}, std::pair{1, 1}, std::pair{2, 1}}) {
      const at::Tensor x = at::randn({2, 3, height, width});
      const at::Tensor made = with_border(x, 1, 1, wrap);
      EXPECT_TRUE(at::equal(made, bordered(x, wrap)));
      const at::Tensor recorded = with_border(x.clone().requires_grad_(), 1, 1, wrap);
      EXPECT_TRUE(at::equal(recorded.detach(), made));
      for (const at::Tensor& picture : {made, recorded}) {
        EXPECT_TRUE(picture.is_contiguous(at::MemoryFormat::ChannelsLast));
      }
    }
  }
  const at::Tensor x = at::randn({1, 2, 4, 6});
  EXPECT_TRUE(at::equal(with_border(x, 2, 0, {true, true}),
                        at::cat({x.narrow(2, 2, 2), x, x.narrow(2, 0, 2)}, 2)));
}

TEST(WrappedConvolution, AgreesWithTheDefinition) {
  for (const Wrap wrap : kWraps) {
    for (const std::int64_t stride : {1, 2}) {
      for (const auto& [height, width] : {std::pair{8, 12}, std::pair{7, 5}, std::pair{1, 2}}) {
        const at::Tensor x = at::randn({2, 32, height, width});
        const at::Tensor weight = at::randn({48, 32, 3, 3}) / 17.0, bias = at::randn({48});
        const at::Tensor expected = reference(x, weight, bias, stride, wrap);
        const ConvExtras extras{.wrap = wrap};
        const cpu::ConvGeometry geometry = {stride, 1, 1};
        EXPECT_CLOSE(Convolution(weight, bias, geometry)(x, extras), expected, 1e-5);
        const at::Tensor wide = weight.to(at::kDouble);  // by LibTorch's operators
        EXPECT_CLOSE(Convolution(wide, bias.to(at::kDouble), geometry)(x.to(at::kDouble), extras),
                     expected, 1e-12);
        const at::Tensor xb = x.to(at::kBFloat16), wb = weight.to(at::kBFloat16);
        EXPECT_TRUE(close_to(Convolution(wb, bias, geometry)(xb, extras),
                             reference(xb, wb, bias, stride, wrap), 1e-4, 0.0079));
      }
    }
  }
}

TEST(WrappedConvolution, AddsWhatOthersAdd) {
  const Wrap wrap = {true, true};
  const at::Tensor x = at::randn({2, 32, 6, 5});
  const at::Tensor weight = at::randn({48, 32, 3, 3}) / 17.0, bias = at::randn({48});
  const at::Tensor image_bias = at::randn({2, 48}), residual = at::randn({2, 48, 6, 5});
  const at::Tensor out = Convolution(weight, bias, kSameSize)(
      x, {.image_bias = image_bias, .residual = residual, .wrap = wrap});
  EXPECT_CLOSE(
      out, reference(x, weight, bias, 1, wrap) + image_bias.unsqueeze(2).unsqueeze(3) + residual,
      1e-5);
}

/// As the web UI has it: the encoder's own zeros stay, and there is nothing around a single pixel.
TEST(WrappedConvolution, OthersThanCentredOnesSeeZeros) {
  const at::Tensor x = at::randn({1, 32, 8, 10});
  const at::Tensor bias = at::randn({32});
  const Convolution halving(at::randn({32, 32, 3, 3}), bias, {2, 0, 1});
  EXPECT_TRUE(at::equal(halving(x, {.wrap = {true, true}}), halving(x)));
  const Convolution pixels(at::randn({32, 32, 1, 1}), bias, {});
  EXPECT_TRUE(at::equal(pixels(x, {.wrap = {true, true}}), pixels(x)));
}

TEST(WrappedConvolution, TurnsWithThePicture) {
  const at::Tensor x = at::randn({1, 32, 8, 10});
  const Convolution convolution(at::randn({32, 32, 3, 3}), at::randn({32}), kSameSize);
  const ConvExtras extras{.wrap = {true, true}};
  const std::vector<std::int64_t> by = {3, 4}, axes = {2, 3};
  EXPECT_CLOSE(convolution(at::roll(x, by, axes), extras),
               at::roll(convolution(x, extras), by, axes), 1e-5);
}

TEST(WrappedConvolution, DoesNotDependOnBatchOrThreads) {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor x = at::randn({3, 32, 9, 8}).to(type);
    const Convolution convolution(at::randn({32, 32, 3, 3}).to(type), at::randn({32}), kSameSize);
    const ConvExtras extras{.wrap = {true, false}};
    const at::Tensor all = with_threads(2, [&] { return convolution(x, extras); });
    const at::Tensor one =
        with_threads(other_threads(), [&] { return convolution(x.narrow(0, 2, 1), extras); });
    EXPECT_TRUE(at::equal(all.narrow(0, 2, 1), one));
  }
}

TEST(WrappedConvolution, IsDifferentiable) {
  for (const Wrap wrap : kWraps) {
    for (const std::int64_t stride : {1, 2}) {
      const at::Tensor weight = at::randn({48, 32, 3, 3}) / 17.0, bias = at::randn({48});
      const at::Tensor start = at::randn({2, 32, 6, 8});
      const auto gradient = [&](const at::Tensor& x, const at::Tensor& out) {
        out.square().sum().backward();
        return x.grad();
      };
      const at::Tensor x = start.clone().requires_grad_();
      const at::Tensor out = Convolution(weight, bias, {stride, 1, 1})(x, {.wrap = wrap});
      const at::Tensor y = start.to(at::kDouble).requires_grad_();
      const at::Tensor expected = gradient(y, reference(y, weight, bias, stride, wrap));
      EXPECT_CLOSE(gradient(x, out), expected, 1e-3);
    }
  }
}

TEST(WrappedBands, GiveTheNumbersOfTheWholePicture) {
  constexpr std::int64_t kChannels = 64, kHeight = 301, kWidth = 290;
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const GroupNormStep norm = {at::randn({kChannels}), at::randn({kChannels}), 32, 1e-5,
                                AfterNorm::Silu};
    const Convolution convolution(at::randn({24, kChannels, 3, 3}).to(type), at::randn({24}),
                                  kSameSize);
    const at::Tensor x = at::randn({2, kChannels, kHeight, kWidth}).to(type);
    const at::Tensor small = at::randn({1, kChannels, 151, 145}).to(type);
    ASSERT_TRUE(convolution.wants_bands(x.sizes(), x));
    for (const Wrap wrap : kWraps) {
      const ConvExtras extras{.image_bias = at::randn({2, 24}), .wrap = wrap};
      const at::Tensor normed =
          group_norm(x, norm.groups, norm.weight, norm.bias, norm.eps, norm.after);
      EXPECT_TRUE(
          at::equal(norm_then_convolve(x, norm, convolution, extras), convolution(normed, extras)));
      EXPECT_TRUE(at::equal(resize_then_convolve(small, kHeight, kWidth, convolution, wrap),
                            convolution(resize_nearest(small, kHeight, kWidth), {.wrap = wrap})));
    }
  }
}

}  // namespace
}  // namespace ptravel
