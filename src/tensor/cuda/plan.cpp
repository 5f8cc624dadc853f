// How the kernels divide their work: the part that needs no CUDA.

#include <algorithm>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/matrix_tiles.h"

namespace ptravel::cuda {
namespace {

constexpr int kTileRows = 128;
constexpr int kSliceDepth = 64;
constexpr int kTwoImages = 2;  // What a step of one guided frame computes.
/// So many blocks keep a large card busy, once.
constexpr int kBusyBlocks = 132;
/// From so many on, adding up costs more than idle multiprocessors.
constexpr int kBusyEnough = 50;
constexpr int kLeastSlices = 8;
constexpr int kMostSegments = 8;
/// What a block takes for a slice, and a number of a partial sum for its way through memory: on an
/// H100, roughly.
constexpr double kSecondsPerSlice = 0.65e-6;
constexpr double kSecondsPerPartial = 8 / 2.5e12;
constexpr double kSecondsToStart = 3e-6;

int up(int a, int b) { return (a + b - 1) / b; }

int tiles_of(const MatrixProblem& p, int images) {
  const int columns = p.columns % 160 == 0 ? 160 : 128;
  return up(images * p.out_height * p.out_width, kTileRows) * up(p.columns, columns);
}

}  // namespace

int matrix_segments(const MatrixProblem& p) {
  const int slices = p.kernel * p.kernel * up(p.channels(), kSliceDepth);
  const int tiles = std::max(1, tiles_of(p, kTwoImages));
  const int wanted = std::min({kBusyBlocks / tiles, slices / kLeastSlices, kMostSegments});
  if (wanted <= 1 || tiles > kBusyEnough) {
    return 1;
  }
  return up(slices, up(slices, wanted));
}

bool matrix_splits(const MatrixProblem& p, int multiprocessors) {
  if (p.out_float || p.columns % 8 != 0) {
    return true;
  }
  if (p.segments == 1) {
    return false;
  }
  const int slices = p.kernel * p.kernel * up(p.channels(), kSliceDepth);
  const int tiles = tiles_of(p, p.images);
  const double whole = up(tiles, multiprocessors) * slices * kSecondsPerSlice;
  const double parts =
      up(tiles * p.segments, multiprocessors) * up(slices, p.segments) * kSecondsPerSlice;
  const double sums = static_cast<double>(p.rows()) * p.columns * p.segments * kSecondsPerPartial;
  return parts + sums + kSecondsToStart < whole;
}

PixelBoxes pixel_boxes(const MatrixProblem& p, int rows) {
  int shifts = 0;
  while (1 << (shifts + 1) <= rows) {
    ++shifts;
  }
  PixelBoxes boxes;
  boxes.doubled = p.doubled;
  boxes.width = p.width;
  boxes.height = p.height;
  boxes.images = p.images;
  if (p.kernel == 1 && p.doubled == 0) {
    boxes.width = p.rows();
    boxes.height = boxes.images = 1;
  }
  const bool whole = p.stride == 1 && p.pad == p.kernel / 2 && p.kernel % 2 == 1 &&
                     p.out_height == p.height << p.doubled && p.out_width == p.width << p.doubled;
  if (!whole) {
    return boxes;
  }
  for (int width = shifts; width >= 0; --width) {
    for (int height = shifts - width; height >= 0; --height) {
      PixelBoxes candidate = boxes;
      candidate.rows = rows;
      candidate.width_shift = width;
      candidate.height_shift = height;
      candidate.across = up(boxes.width, 1 << width);
      candidate.down = up(boxes.height, 1 << height);
      candidate.deep = up(boxes.images, rows >> (width + height));
      if (boxes.rows == 0 || candidate.count() < boxes.count()) {
        boxes = candidate;
      }
    }
  }
  return boxes;
}

bool group_norm_fits(const GroupNormProblem& p) {
  constexpr int kMostChannels = 5120;  // Their sums take 40 KiB of shared memory.
  return p.channels() % 8 == 0 && p.part_channels[0] % 8 == 0 && p.channels() <= kMostChannels &&
         p.groups > 0 && p.channels() % p.groups == 0;
}

int group_norm_chunks(int pixels) { return std::clamp(pixels / 32, 1, 64); }

}  // namespace ptravel::cuda
