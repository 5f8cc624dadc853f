// The kernels for NVIDIA cards on an emulated GPU: their index arithmetic, their copies and
// barriers, and that the number of pictures and of blocks changes no bit.

// It defines what the kernels are written in, so it comes first.
// clang-format off
#include "tests/tensor/emulated_device.h"
// clang-format on

#include <cstring>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/matrix_kernel.h"
#include "tensor/cuda/norm_kernels.h"
#include "tests/tensor/cuda_convolved.h"

namespace ptravel::cuda {
namespace {

template <typename T>
void expect_convolved(const ConvCase& c) {
  const Convolved<T> convolved(c);
  const double bound = std::is_same_v<T, Half> ? 1e-3 : 6e-3;
  EXPECT_LT(error(convolved.template run<WarpProducts, 128, 2>(), convolved.reference), bound);
  EXPECT_LT(error(convolved.template run<WarpProducts, 160, 3>(), convolved.reference), bound);
  EXPECT_LT(error(convolved.template run<WarpgroupProducts, 128, 3>(), convolved.reference), bound);
  EXPECT_LT(error(convolved.template run<WarpgroupProducts, 160, 3>(), convolved.reference), bound);
}

TEST(CudaKernels, ConvolutionsOfManyShapes) {
  expect_convolved<Half>(
      {.images = 2, .height = 6, .width = 5, .columns = 40, .channels = {72}, .residual = true});
  expect_convolved<Half>({.images = 1,
                          .height = 8,
                          .width = 10,
                          .columns = 168,
                          .stride = 2,
                          .channels = {64},
                          .image_bias = true});
  expect_convolved<Bfloat16>(
      {.images = 3, .height = 4, .width = 3, .columns = 24, .channels = {64, 40}, .doubled = true});
  expect_convolved<Half>(
      {.images = 2, .height = 7, .width = 11, .columns = 4, .channels = {32}, .out_float = true});
  expect_convolved<Half>({.images = 2,
                          .height = 1,
                          .width = 77,
                          .columns = 320,
                          .kernel = 1,
                          .pad = 0,
                          .channels = {192},
                          .residual = true,
                          .image_bias = true});
}

TEST(CudaKernels, SegmentsGiveTheSameBitsSplitOrNot) {
  const Convolved<Half> c({.images = 2,
                           .height = 5,
                           .width = 4,
                           .columns = 48,
                           .channels = {128},
                           .residual = true,
                           .segments = 4});
  const at::Tensor whole = c.run<WarpProducts, 128, 2>(false);
  EXPECT_LT(error(whole, c.reference), 1e-3);
  EXPECT_TRUE((c.run<WarpProducts, 128, 2>(true)).equal(whole));
  const at::Tensor grouped = c.run<WarpgroupProducts, 160, 3>(false);
  EXPECT_LT(error(grouped, c.reference), 1e-3);
  EXPECT_TRUE((c.run<WarpgroupProducts, 160, 3>(true)).equal(grouped));
  EXPECT_TRUE((c.run<WarpgroupProducts, 160, 5, 128, 1>(false)).equal(grouped));
}

TEST(CudaKernels, LargeBlocksGiveTheSameBits) {
  const Convolved<Half> c(
      {.images = 3, .height = 11, .width = 12, .columns = 168, .channels = {72}, .residual = true});
  const at::Tensor small = c.run<WarpgroupProducts, 160, 3>();
  EXPECT_LT(error(small, c.reference), 1e-3);
  EXPECT_TRUE((c.run<WarpgroupProducts, 160, 4, 256>()).equal(small));
  EXPECT_TRUE((c.run<WarpgroupProducts, 160, 4, 256, 1>()).equal(small));
  EXPECT_TRUE((c.run<WarpProducts, 160, 2, 256>()).equal(c.run<WarpProducts, 128, 2>()));
}

TEST(CudaKernels, APictureDoesNotDependOnOthersBesideIt) {
  ConvCase c{.images = 3, .height = 9, .width = 7, .columns = 16, .channels = {64}};
  const Convolved<Half> together(c);
  Convolved<Half> alone = together;
  alone.wanted.images = 1;
  alone.parts[0] = together.parts[0].narrow(0, 2, 1);
  alone.reference = together.reference.narrow(0, 2, 1);
  EXPECT_TRUE((alone.run<WarpgroupProducts, 128, 3>())
                  .equal((together.run<WarpgroupProducts, 128, 3>()).narrow(0, 2, 1)));
}

TEST(CudaKernels, SegmentsDependOnOnePictureAlone) {
  MatrixProblem p;
  p.kernel = 3;
  p.part_channels[0] = 1280;
  p.columns = 1280;
  p.out_height = p.out_width = 16;
  p.images = 2;
  const int few = matrix_segments(p);
  EXPECT_GT(few, 1);
  p.segments = few;
  EXPECT_TRUE(matrix_splits(p, 132));
  p.images = 64;
  EXPECT_EQ(matrix_segments(p), few);
  EXPECT_FALSE(matrix_splits(p, 132));
}

TEST(CudaKernels, ConvolutionsOfFewChannels) {
  const Convolved<float> c({.images = 2, .height = 5, .width = 6, .columns = 10, .channels = {4}});
  at::Tensor out;
  const MatrixProblem p = c.problem(out);
  emulated::launch((p.rows() * p.columns + kThreadsForNumbers - 1) / kThreadsForNumbers, 1, 1,
                   kThreadsForNumbers, 0, [&] { narrow_convolution<float>(p); });
  EXPECT_LT(error(out, c.reference), 1e-6);
}

void expect_group_norm(std::int64_t images,
                       std::vector<std::int64_t> channels,
                       std::int64_t side,
                       std::int64_t groups,
                       bool silu) {
  at::manual_seed(4);
  std::vector<at::Tensor> parts;
  GroupNormProblem p;
  std::int64_t all = 0;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    parts.push_back((at::randn({images, channels[i], side, side}) * 3 + 20)
                        .to(at::kHalf)
                        .contiguous(kChannelsLast));
    p.parts[i] = parts[i].data_ptr();
    p.part_channels[i] = static_cast<int>(channels[i]);
    all += channels[i];
  }
  const at::Tensor weight = at::randn({all}), bias = at::randn({all});
  const at::Tensor x = at::cat(parts, 1).to(at::kFloat);
  at::Tensor expected = at::group_norm(x, groups, weight, bias, 1e-5);
  expected = silu ? at::silu(expected) : expected;
  at::Tensor out = at::full(x.sizes(), std::nan(""), at::kHalf).contiguous(kChannelsLast);
  p.images = static_cast<int>(images);
  p.pixels = static_cast<int>(side * side);
  p.groups = static_cast<int>(groups);
  p.weight = weight.data_ptr<float>();
  p.bias = bias.data_ptr<float>();
  p.eps = 1e-5F;
  p.silu = silu;
  p.out = out.data_ptr();
  const int chunks = group_norm_chunks(p.pixels);
  at::Tensor sums = at::full({images, chunks, groups, 2}, std::nan(""), at::kFloat);
  p.sums = sums.data_ptr<float>();
  emulated::launch(chunks, p.images, 1, kNormThreads, group_sums_memory(p.channels()),
                   [&] { group_sums<Half>(p); });
  emulated::launch(2, p.images, 1, kNormThreads, group_apply_memory(p.groups),
                   [&] { group_apply<Half>(p, chunks); });
  EXPECT_LT(error(out, expected), 1e-3);
}

TEST(CudaKernels, GroupNormOfOnePartOrTwo) {
  expect_group_norm(2, {320}, 8, 32, true);
  expect_group_norm(1, {64, 32}, 12, 32, false);
  expect_group_norm(2, {2048, 512}, 3, 32, true);
}

TEST(CudaKernels, LayerNormAndGatedUnit) {
  at::manual_seed(5);
  const at::Tensor x = (at::randn({11, 344}) * 2 + 5).to(at::kHalf);
  const at::Tensor weight = at::randn({344}), bias = at::randn({344});
  at::Tensor out = at::full_like(x, std::nan(""));
  const LayerNormProblem p{
      x.data_ptr(), out.data_ptr(), weight.data_ptr<float>(), bias.data_ptr<float>(), 1e-5F, 11,
      344};
  emulated::launch(2, 1, 1, kNormThreads, 0, [&] { layer_norm_row<Half>(p); });
  EXPECT_LT(error(out, at::layer_norm(x.to(at::kFloat), {344}, weight, bias, 1e-5)), 1e-3);

  at::Tensor gated = at::full({11, 172}, std::nan(""), at::kHalf);
  const at::Tensor even = x.narrow(1, 0, 336).contiguous();
  gated = at::full({11, 168}, std::nan(""), at::kHalf);
  emulated::launch(1, 1, 1, kNormThreads, 0,
                   [&] { geglu_piece<Half>(even.data_ptr(), gated.data_ptr(), 11, 168); });
  const at::Tensor wide = even.to(at::kFloat);
  EXPECT_LT(error(gated, wide.narrow(1, 0, 168) * at::gelu(wide.narrow(1, 168, 168))), 1e-3);
}

}  // namespace
}  // namespace ptravel::cuda
