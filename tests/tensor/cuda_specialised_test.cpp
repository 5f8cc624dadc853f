// Hopper's matrix product, fed by the tensor memory accelerator, on an emulated card: right, with
// the bits of the other kernel, whatever the tiles.

// It defines what the kernels are written in, so it comes first.
// clang-format off
#include "tests/tensor/emulated_device.h"
// clang-format on

#include <gtest/gtest.h>

#include "tensor/cuda/specialised_matrix.h"
#include "tests/tensor/cuda_convolved.h"

namespace ptravel::cuda {
namespace {

template <typename T,
          int kRows,
          int kColumns,
          bool kAlternate,
          bool kSegmented = false,
          bool kGated = false>
void run_specialised(const MatrixProblem& p, int rounds) {
  constexpr int kStages = 3;
  SpecialisedProblem s;
  s.product = p;
  s.boxes = pixel_boxes(p, kRows / 2);
  ASSERT_GT(s.boxes.rows, 0);
  s.row_tiles = (s.boxes.count() + 1) / 2;
  s.column_tiles = (p.columns + kColumns - 1) / kColumns;
  const int box[] = {kMatrixDepth, 1 << s.boxes.width_shift, 1 << s.boxes.height_shift,
                     s.boxes.rows >> (s.boxes.width_shift + s.boxes.height_shift)};
  for (int i = 0; i < 2; ++i) {
    const int sizes[] = {p.part_channels[i], s.boxes.width, s.boxes.height, s.boxes.images};
    s.inputs[i] = tensor_map(p.parts[i], sizes, box);
  }
  const int weights[] = {p.channels(), p.kernel * p.kernel, p.columns, 1};
  const int filters[] = {kMatrixDepth, 1, kGated ? kColumns / 2 : kColumns, 1};
  s.weight = tensor_map(p.weight, weights, filters);
  const int blocks = (s.units() + rounds - 1) / rounds;
  emulated::launch(
      blocks, 1, 1, kSpecialisedThreads, specialised_memory(kRows, kColumns, kStages),
      [&] { specialised_matrix<T, kRows, kColumns, kStages, kAlternate, kSegmented, kGated>(s); });
}

/// Every kind of block, for the sizes of a tile that it has; several tiles for each block.
template <typename T, int kColumns>
void expect_same(const Convolved<T>& c, const at::Tensor& expected) {
  at::Tensor out;
  run_specialised<T, 256, kColumns, false>(c.problem(out), 2);
  EXPECT_TRUE(out.equal(expected)) << "halves " << kColumns;
  run_specialised<T, 128, kColumns, true>(c.problem(out), 3);
  EXPECT_TRUE(out.equal(expected)) << "in turn " << kColumns;
}

template <typename T>
void expect_convolved(const ConvCase& c) {
  const Convolved<T> convolved(c);
  const at::Tensor expected = convolved.template run<WarpgroupProducts, 160, 3>();
  EXPECT_LT(error(expected, convolved.reference), (std::is_same_v<T, Half> ? 1e-3 : 6e-3));
  expect_same<T, 160>(convolved, expected);
}

TEST(CudaSpecialised, ConvolutionsOfManyShapes) {
  expect_convolved<Half>(
      {.images = 2, .height = 6, .width = 5, .columns = 40, .channels = {72}, .residual = true});
  expect_convolved<Half>({.images = 3,
                          .height = 8,
                          .width = 8,
                          .columns = 200,
                          .channels = {64, 40},
                          .residual = true,
                          .image_bias = true});
  expect_convolved<Bfloat16>({.images = 3,
                              .height = 4,
                              .width = 3,
                              .columns = 168,
                              .channels = {64, 40},
                              .doubled = true});
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

/// The feeder and the two groups may drift apart.
TEST(CudaSpecialised, NoGroupRunsIntoWhatAnotherStillReads) {
  const Convolved<Half> c(
      {.images = 2, .height = 16, .width = 16, .columns = 160, .channels = {64}});
  const at::Tensor expected = c.run<WarpgroupProducts, 160, 3>();
  for (const int group : {0, 1, 2}) {
    emulated::favour(group);
    expect_same<Half, 160>(c, expected);
  }
  emulated::favour(-1);
}

TEST(CudaSpecialised, ColumnsOfAnotherWidth) {
  const Convolved<Half> c(
      {.images = 1, .height = 16, .width = 16, .columns = 256, .channels = {64}});
  const at::Tensor expected = c.run<WarpgroupProducts, 128, 3>();
  EXPECT_LT(error(expected, c.reference), 1e-3);
  expect_same<Half, 128>(c, expected);
}

TEST(CudaSpecialised, SegmentsGiveTheSameBitsSplitOrNot) {
  const Convolved<Half> c({.images = 3,
                           .height = 5,
                           .width = 9,
                           .columns = 200,
                           .channels = {128},
                           .residual = true,
                           .segments = 4});
  const at::Tensor expected = c.run<WarpgroupProducts, 160, 3>();
  at::Tensor out;
  run_specialised<Half, 128, 160, false, true>(c.problem(out), 2);
  EXPECT_TRUE(out.equal(expected));

  MatrixProblem p = c.problem(out);
  at::Tensor partial = at::full({p.segments, p.rows(), p.partial_pitch()}, std::nan(""));
  p.split = true;
  p.partial = partial.data_ptr<float>();
  run_specialised<Half, 128, 160, true>(p, 3);
  const int pieces = p.partial_pitch() / 8 * p.rows();
  emulated::launch((pieces + kThreadsForNumbers - 1) / kThreadsForNumbers, 1, 1, kThreadsForNumbers,
                   0, [&] { matrix_sum<Half>(p); });
  EXPECT_TRUE(out.equal(expected));
}

TEST(CudaSpecialised, ValuesWithTheirGates) {
  const ConvCase wanted{.images = 2,
                        .height = 1,
                        .width = 150,
                        .columns = 2 * 168,
                        .kernel = 1,
                        .pad = 0,
                        .channels = {128}};
  const Convolved<Half> c(wanted);
  const at::Tensor whole = c.reference;  // [images, columns, 1, width]
  const at::Tensor expected = whole.narrow(1, 0, 168) * at::gelu(whole.narrow(1, 168, 168));
  const auto run = [&](auto&& body) {
    at::Tensor unused;
    MatrixProblem p = c.problem(unused);
    at::Tensor out = at::full(expected.sizes(), std::nan(""), at::kHalf).contiguous(kChannelsLast);
    p.out = out.data_ptr();
    body(p);
    return out;
  };
  const at::Tensor halves = run(
      [](const MatrixProblem& p) { run_specialised<Half, 256, 160, false, false, true>(p, 2); });
  EXPECT_LT(error(halves, expected), 1e-3);
  EXPECT_TRUE(run([](const MatrixProblem& p) {
                run_specialised<Half, 128, 160, true, false, true>(p, 2);
              }).equal(halves));
}

TEST(CudaSpecialised, BoxesCoverEveryPixelOnce) {
  MatrixProblem p;
  p.kernel = 3;
  p.pad = 1;
  p.part_channels[0] = 64;
  p.columns = 160;
  for (const auto& [height, width, images] :
       {std::array{64, 64, 2}, std::array{8, 8, 3}, std::array{12, 9, 2}, std::array{96, 72, 1}}) {
    for (const int doubled : {0, 1}) {
      for (const int rows : {64, 128}) {
        p.height = height;
        p.width = width;
        p.images = images;
        p.doubled = doubled;
        p.out_height = height << doubled;
        p.out_width = width << doubled;
        const PixelBoxes boxes = pixel_boxes(p, rows);
        std::vector<int> seen(static_cast<std::size_t>(p.rows()));
        for (int box = 0; box < boxes.count() + 1; ++box) {
          for (int r = 0; r < rows; ++r) {
            const int row = result_row(boxes, pixel_box(boxes, box), r);
            if (row >= 0) {
              ++seen.at(static_cast<std::size_t>(row));
            }
          }
        }
        EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), p.rows());
      }
    }
  }
  p.stride = 2;
  EXPECT_EQ(pixel_boxes(p, 64).rows, 0);
}

}  // namespace
}  // namespace ptravel::cuda
