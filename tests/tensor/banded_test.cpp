#include "tensor/banded.h"

#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/layout.h"
#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

constexpr cpu::ConvGeometry kSame = {1, 1, 1};

/// Large enough for bands in both number formats, with a last band that is lower than the others.
constexpr std::int64_t kChannels = 64, kHeight = 301, kWidth = 290;

GroupNormStep norm_of(std::int64_t channels) {
  return {at::randn({channels}), at::randn({channels}), 32, 1e-5, AfterNorm::Silu};
}

at::Tensor normed(const at::Tensor& x, const GroupNormStep& norm) {
  return group_norm(x, norm.groups, norm.weight, norm.bias, norm.eps, norm.after);
}

TEST(Bands, GiveTheNumbersOfTheWholePicture) {
  const GroupNormStep norm = norm_of(kChannels);
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const std::int64_t kernel : {1, 3}) {
      const cpu::ConvGeometry geometry = kernel == 3 ? kSame : cpu::ConvGeometry{};
      const Convolution convolution(at::randn({24, kChannels, kernel, kernel}).to(type),
                                    at::randn({24}), geometry);
      const at::Tensor x = at::randn({2, kChannels, kHeight, kWidth}).to(type);
      ASSERT_TRUE(convolution.wants_bands(x.sizes(), x));
      const ConvExtras extras{at::randn({2, 24}), at::randn({2, 24, kHeight, kWidth}).to(type),
                              ResultFormat::AsInput};
      const at::Tensor before = extras.residual.clone();
      const at::Tensor whole = convolution(normed(x, norm), extras);
      EXPECT_TRUE(at::equal(norm_then_convolve(x, norm, convolution, extras), whole));
      EXPECT_TRUE(at::equal(extras.residual, before));
      const ConvExtras unrounded{{}, {}, ResultFormat::Float32};
      EXPECT_TRUE(at::equal(norm_then_convolve(x, norm, convolution, unrounded),
                            convolution(normed(x, norm), unrounded)));
    }
  }
}

TEST(Bands, GiveTheNumbersOfTheWholeResizedPicture) {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const Convolution convolution(at::randn({24, kChannels, 3, 3}).to(type), at::randn({24}),
                                  kSame);
    const at::Tensor x = at::randn({2, kChannels, 151, 145}).to(type);
    const at::Tensor whole = convolution(resize_nearest(x, kHeight, kWidth));
    EXPECT_TRUE(at::equal(resize_then_convolve(x, kHeight, kWidth, convolution), whole));
  }
}

TEST(Bands, DoNotDependOnBatchOrThreads) {
  const GroupNormStep norm = norm_of(kChannels);
  const Convolution convolution(at::randn({24, kChannels, 3, 3}), at::randn({24}), kSame);
  const at::Tensor x = at::randn({2, kChannels, kHeight, kWidth});
  const at::Tensor all = with_threads(2, [&] { return norm_then_convolve(x, norm, convolution); });
  const at::Tensor one = with_threads(
      other_threads(), [&] { return norm_then_convolve(x.narrow(0, 1, 1), norm, convolution); });
  EXPECT_TRUE(at::equal(all.narrow(0, 1, 1), one));
}

TEST(Bands, AreForConvolutionsThatKeepTheSizeOfLargePictures) {
  const at::Tensor like = at::zeros({1});
  const std::vector<std::int64_t> large = {1, kChannels, kHeight, kWidth};
  const std::vector<std::int64_t> small = {64, kChannels, 32, 32};
  const at::Tensor weight = at::randn({8, kChannels, 3, 3}), bias = at::randn({8});
  EXPECT_TRUE(Convolution(weight, bias, kSame).wants_bands(large, like));
  EXPECT_FALSE(Convolution(weight, bias, kSame).wants_bands(small, like));
  EXPECT_FALSE(Convolution(weight, bias, {2, 1, 1}).wants_bands(large, like));
  EXPECT_FALSE(Convolution(weight, bias, {1, 0, 0}).wants_bands(large, like));
}

TEST(NormThenConvolve, TakesPicturesWhoseChannelsLieSideBySide) {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const auto& [height, width] : {std::pair{9, 7}, std::pair{200, 210}}) {
      // Groups of six channels: one of them has channels of both pictures.
      const std::vector<at::Tensor> parts = {at::randn({2, 128, height, width}).to(type),
                                             at::randn({2, 64, height, width}).to(type) + 3};
      const at::Tensor whole = at::cat(parts, 1);
      const GroupNormStep norm = norm_of(192);
      const Convolution convolution(at::randn({24, 192, 3, 3}).to(type), at::randn({24}), kSame);
      EXPECT_TRUE(
          at::equal(norm_then_convolve(parts, norm, convolution), convolution(normed(whole, norm))))
          << height << "x" << width;
    }
  }
}

TEST(NormThenConvolve, IsDifferentiable) {
  const GroupNormStep norm = norm_of(64);
  const Convolution convolution(at::randn({8, 64, 3, 3}), at::randn({8}), kSame);
  const at::Tensor first = at::randn({1, 32, 6, 5}).requires_grad_();
  const at::Tensor second = at::randn({1, 32, 6, 5}).requires_grad_();
  const at::Tensor grad = at::randn({1, 8, 6, 5});
  const auto gradients = [&](const at::Tensor& out) {
    out.backward(grad);
    const std::pair result(first.grad().clone(), second.grad().clone());
    first.mutable_grad().reset();
    second.mutable_grad().reset();
    return result;
  };
  const auto joined = gradients(norm_then_convolve({first, second}, norm, convolution));
  const auto plain = gradients(convolution(normed(at::cat({first, second}, 1), norm)));
  EXPECT_CLOSE(joined.first, plain.first, 1e-6);
  EXPECT_CLOSE(joined.second, plain.second, 1e-6);
}

}  // namespace
}  // namespace ptravel
