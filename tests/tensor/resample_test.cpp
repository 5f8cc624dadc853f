#include "tensor/resample.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/layout.h"
#include "tensor/leaky_relu.h"
#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

TEST(Resample, ResizesAsLibTorchDoes) {
  const at::Tensor x = at::randn({2, 5, 13, 9});
  for (const auto& [height, width] : {std::pair{26, 18}, {7, 30}, {1, 1}, {13, 9}, {40, 3}}) {
    EXPECT_CLOSE(resize_bilinear(x, height, width),
                 at::upsample_bilinear2d(x, {height, width}, false), 1e-5);
  }
}

TEST(Resample, WarpsAsLibTorchSamples) {
  const at::Tensor x = at::randn({2, 3, 11, 17});
  const at::Tensor flow = at::randn({2, 2, 11, 17}) * 6;
  const at::Tensor columns = flow.select(1, 0) + at::arange(17, at::kFloat).reshape({1, 1, 17});
  const at::Tensor rows = flow.select(1, 1) + at::arange(11, at::kFloat).reshape({1, 11, 1});
  const at::Tensor grid = at::stack({columns / 8.0 - 1.0, rows / 5.0 - 1.0}, 3);
  EXPECT_CLOSE(warp(x, flow), at::grid_sampler_2d(x, grid, 0, 1, true), 1e-4);
}

TEST(Resample, AStillFlowChangesNothing) {
  const at::Tensor x = at::randn({1, 4, 6, 5});
  EXPECT_TRUE(at::equal(warp(x, at::zeros({1, 2, 6, 5})), x));
}

TEST(Resample, WildFlowsTakePixelsOfTheBorder) {
  const at::Tensor x = at::arange(6, at::kFloat).reshape({1, 1, 2, 3});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto flow = [](float dx, float dy) {
    return at::tensor({dx, dy}).reshape({1, 2, 1, 1}).expand({1, 2, 2, 3});
  };
  EXPECT_TRUE((warp(x, flow(1e30F, 1e30F)) == 5).all().item<bool>());
  EXPECT_TRUE((warp(x, flow(-1e30F, -1e30F)) == 0).all().item<bool>());
  EXPECT_TRUE((warp(x, flow(nan, nan)) == 0).all().item<bool>());
}

TEST(Resample, BytesDoNotDependOnThreads) {
  const at::Tensor x = at::randn({1, 6, 120, 131}), flow = at::randn({1, 2, 120, 131}) * 4;
  const auto both = [&] {
    return at::cat({warp(x, flow), resize_bilinear(resize_bilinear(x, 77, 50), 120, 131)});
  };
  EXPECT_TRUE(at::equal(with_threads(1, both), with_threads(3, both)));
}

TEST(LeakyRelu, AgreesWithLibTorch) {
  const at::Tensor x = at::randn({2, 7, 9, 5});
  const at::Tensor slopes = at::randn({7});
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    EXPECT_TRUE(at::equal(leaky_relu(x.clone(format), 0.2), at::leaky_relu(x, 0.2)));
    EXPECT_TRUE(at::equal(leaky_relu(x.clone(format), slopes),
                          at::where(x > 0, x, x * slopes.reshape({1, 7, 1, 1}))));
  }
  const at::Tensor low = x.to(at::kBFloat16);
  EXPECT_TRUE(at::equal(leaky_relu(low.clone(), 0.2), at::leaky_relu(low, 0.2)));
}

TEST(JoinChannels, LaysThemSideBySide) {
  const at::Tensor a = at::randn({2, 3, 5, 4}), b = at::randn({2, 1, 5, 4});
  const at::Tensor c = at::randn({2, 6, 5, 4}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor joined = join_channels({a, b, c});
  EXPECT_TRUE(at::equal(joined, at::cat({a, b, c}, 1)));
  EXPECT_TRUE(joined.is_contiguous(at::MemoryFormat::ChannelsLast));
}

}  // namespace
}  // namespace ptravel
