// Layers of small maps and short texts, and long sums: where oneDNN and LibTorch add up otherwise
// on another number of threads.

#include "tests/tensor/threads.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/conv.h"
#include "tensor/linear.h"
#include "tensor/reduce.h"

namespace ptravel {
namespace {

constexpr cpu::ConvGeometry kSame = {1, 1, 1};

/// What a layer gives for x and what comes back for a gradient of ones, on so many threads.
template <typename Layer>
at::Tensor both_ways(const Layer& layer, const at::Tensor& x, int threads) {
  return with_threads(threads, [&] {
    const at::Tensor leaf = x.clone(at::MemoryFormat::Preserve).requires_grad_();
    const at::Tensor out = layer(leaf);
    out.backward(at::ones_like(out));
    return at::cat({out.detach().flatten(), leaf.grad().to(at::kFloat).flatten()});
  });
}

template <typename Layer>
void expect_same_bytes(const Layer& layer, const at::Tensor& x) {
  if (!cpu::onednn_available()) {
    GTEST_SKIP() << "LibTorch's products depend on the number of threads";
  }
  const at::Tensor one = both_ways(layer, x, 1);
  for (const int threads : {2, 3, 8}) {
    EXPECT_TRUE(at::equal(both_ways(layer, x, threads), one))
        << x.sizes() << " of " << x.scalar_type() << " on " << threads << " threads";
  }
}

class SameBytes : public testing::TestWithParam<at::ScalarType> {};

TEST_P(SameBytes, OfConvolutionsOnSmallMaps) {
  struct Sizes {
    std::int64_t side, in, out;
  };
  for (const Sizes& sizes : {Sizes{16, 288, 96},
                             {8, 384, 192},
                             {8, 192, 192},
                             {4, 128, 64},
                             {1, 320, 64},
                             {1, 640, 96},
                             {32, 4, 48},
                             {8, 640, 320}}) {
    const Convolution convolution(at::randn({sizes.out, sizes.in, 3, 3}).to(GetParam()),
                                  at::randn({sizes.out}), kSame);
    const ConvExtras unrounded{.format = ResultFormat::Float32};
    expect_same_bytes([&](const at::Tensor& x) { return convolution(x, unrounded); },
                      at::randn({1, sizes.in, sizes.side, sizes.side}).to(GetParam()));
  }
}

TEST_P(SameBytes, OfLinearMapsOfFewRows) {
  struct Sizes {
    std::int64_t rows, in, out;
  };
  for (const Sizes& sizes : {Sizes{1, 48, 192},
                             {1, 192, 96},
                             {1, 1280, 320},
                             {64, 768, 192},
                             {64, 192, 1536},
                             {77, 192, 192},
                             {77, 768, 320},
                             {256, 384, 96}}) {
    const LinearMap map(at::randn({sizes.out, sizes.in}).to(GetParam()), at::randn({sizes.out}));
    expect_same_bytes([&](const at::Tensor& x) { return map(x, {}, ResultFormat::Float32); },
                      at::randn({1, sizes.rows, sizes.in}).to(GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, SameBytes, testing::Values(at::kFloat, at::kBFloat16));

TEST(MeanOfAll, DoesNotDependOnThreads) {
  const at::Tensor x = at::randn({3, 77, 768});
  const at::Tensor one = with_threads(1, [&] { return mean_of_all(x); });
  EXPECT_NEAR(one.item<double>(), x.to(at::kDouble).mean().item<double>(), 1e-6);
  for (const int threads : {2, 3, 7}) {
    EXPECT_TRUE(at::equal(with_threads(threads, [&] { return mean_of_all(x); }), one)) << threads;
  }
}

}  // namespace
}  // namespace ptravel
