#include <algorithm>
#include <optional>

#include <cuda.h>

#include "tensor/cuda/launch.h"
#include "tensor/cuda/specialised_launch.h"
#include "tensor/cuda/specialised_matrix.h"

namespace ptravel::cuda {
namespace {

template <typename T,
          int kRows,
          int kColumns,
          int kStages,
          bool kAlternate,
          bool kSegmented,
          bool kGated>
PTRAVEL_KERNEL(kSpecialisedThreads, 1)
specialised_kernel(const __grid_constant__ SpecialisedProblem problem) {
#if PTRAVEL_WARPGROUPS
  specialised_matrix<T, kRows, kColumns, kStages, kAlternate, kSegmented, kGated>(problem);
#endif
}

using Encode = decltype(&cuTensorMapEncodeTiled);

/// The driver's function; the program is not linked to the driver, which not every machine has.
Encode encode_function() {
  static const Encode function = [] {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result = cudaDriverEntryPointSymbolNotFound;
#if CUDART_VERSION >= 12050
    check(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &found, 12000,
                                           cudaEnableDefault, &result));
#else
    check(cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &found, cudaEnableDefault, &result));
#endif
    return result == cudaDriverEntryPointSuccess ? reinterpret_cast<Encode>(found) : nullptr;
  }();
  return function;
}

struct Sizes {
  int sizes[4];
};

/// Numbers of 16 bits, dense, the innermost size first, in boxes whose rows are swizzled.
TensorMap tensor_map(const void* numbers, Element element, const Sizes& all, const Sizes& box) {
  static_assert(sizeof(TensorMap) == sizeof(CUtensorMap));
  cuuint64_t sizes[4], strides[3];
  cuuint32_t boxes[4], steps[4];
  cuuint64_t bytes = 2;
  for (int i = 0; i < 4; ++i) {
    sizes[i] = static_cast<cuuint64_t>(all.sizes[i]);
    boxes[i] = static_cast<cuuint32_t>(box.sizes[i]);
    steps[i] = 1;
    bytes *= sizes[i];
    if (i < 3) {
      strides[i] = bytes;
    }
  }
  TensorMap map;
  const CUresult status =
      encode_function()(reinterpret_cast<CUtensorMap*>(&map),
                        element == Element::Float16 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
                                                    : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
                        4, const_cast<void*>(numbers), sizes, strides, boxes, steps,
                        CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                        CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS) {
    throw std::runtime_error("CUDA: cuTensorMapEncodeTiled fails with " + std::to_string(status));
  }
  return map;
}

SpecialisedProblem specialised(
    const MatrixProblem& p, Element element, const PixelBoxes& boxes, int columns, bool gated) {
  SpecialisedProblem s;
  s.product = p;
  s.boxes = boxes;
  s.row_tiles = (boxes.count() + 1) / 2;
  s.column_tiles = (p.columns + columns - 1) / columns;
  const Sizes box = {{kMatrixDepth, 1 << boxes.width_shift, 1 << boxes.height_shift,
                      boxes.rows >> (boxes.width_shift + boxes.height_shift)}};
  for (int i = 0; i < 2; ++i) {
    if (p.part_channels[i] > 0) {
      s.inputs[i] =
          tensor_map(p.parts[i], element,
                     {{p.part_channels[i], boxes.width, boxes.height, boxes.images}}, box);
    }
  }
  s.weight = tensor_map(p.weight, element, {{p.channels(), p.kernel * p.kernel, p.columns, 1}},
                        {{kMatrixDepth, 1, gated ? columns / 2 : columns, 1}});
  return s;
}

constexpr int kBlockMemory = 227 * 1024;
/// Stages that fit.
constexpr int stages_of(int rows, int columns) {
  return (kBlockMemory - 4096) / ((rows + columns) * kSliceRowBytes);
}

template <typename T,
          int kRows,
          int kColumns,
          int kStages,
          bool kAlternate,
          bool kSegmented,
          bool kGated>
void start(const SpecialisedProblem& s, Stream stream) {
  const auto kernel =
      specialised_kernel<T, kRows, kColumns, kStages, kAlternate, kSegmented, kGated>;
  constexpr int kMemory = specialised_memory(kRows, kColumns, kStages);
  static_assert(kMemory <= kBlockMemory);
  const int blocks = std::min(s.units(), card_limits().multiprocessors);
  launch(kernel, dim3(static_cast<unsigned>(blocks)), kSpecialisedThreads, kMemory, stream, s);
}

/// How a tile of the result is computed.
enum class Way { Halves, InTurn, Segments };

template <typename T, int kColumns, bool kGated>
void start(const SpecialisedProblem& s, Way way, Stream stream) {
  constexpr int kDeep = stages_of(128, kColumns);
  switch (way) {
    case Way::Halves:
      start<T, 256, kColumns, stages_of(256, kColumns), false, false, kGated>(s, stream);
      break;
    case Way::InTurn:
      start<T, 128, kColumns, kDeep, true, false, kGated>(s, stream);
      break;
    case Way::Segments:
      if constexpr (!kGated) {
        start<T, 128, kColumns, kDeep, false, true, false>(s, stream);
      }
      break;
  }
}

bool usable() {
  return card_limits().warpgroups && card_limits().block_memory >= kBlockMemory &&
         encode_function() != nullptr;
}

/// Whether boxes are filled well enough.
bool filled(const MatrixProblem& p, const PixelBoxes& boxes) {
  return boxes.rows > 0 && static_cast<std::int64_t>(boxes.count()) * boxes.rows * 4 <=
                               static_cast<std::int64_t>(p.rows()) * 5;
}

/// Multiprocessors that are busy, on average, while so many tiles are computed one after the other.
double busy(std::int64_t tiles, int multiprocessors) {
  const std::int64_t rounds = (tiles + multiprocessors - 1) / multiprocessors;
  return static_cast<double>(tiles) / static_cast<double>(rounds * multiprocessors);
}

std::int64_t tiles_of(const MatrixProblem& p, int rows, int columns) {
  return std::int64_t{(p.rows() + rows - 1) / rows} * ((p.columns + columns - 1) / columns);
}

/// Large tiles read less for each product, which pays where sums are deep and the card stays as
/// busy with fewer tiles.
bool large_tiles_pay(const MatrixProblem& p, int columns, int multiprocessors) {
  constexpr int kDeep = 5000;
  const int segments = p.split ? p.segments : 1;
  const std::int64_t large = tiles_of(p, 256, columns) * segments;
  const std::int64_t small = tiles_of(p, 128, columns) * segments;
  return p.kernel * p.kernel * p.channels() >= kDeep * segments &&
         busy(large, multiprocessors) > 0.95 * busy(small, multiprocessors);
}

/// How this thread's card computes the product best; nothing where other kernels do.
std::optional<Way> choose(const MatrixProblem& p, int columns, MatrixBlock wanted) {
  const bool any = wanted == MatrixBlock::Chosen;
  if (!usable() || !(any || wanted >= MatrixBlock::Shared) || !filled(p, pixel_boxes(p, 64))) {
    return std::nullopt;
  }
  if (p.segments > 1 && !p.split) {
    return Way::Segments;
  }
  const bool large = any ? large_tiles_pay(p, columns, card_limits().multiprocessors)
                         : wanted == MatrixBlock::Shared;
  return large && filled(p, pixel_boxes(p, 128)) ? Way::Halves : Way::InTurn;
}

}  // namespace

bool run_specialised_matrix(const MatrixProblem& problem,
                            Element element,
                            Stream stream,
                            MatrixBlock wanted) {
  const int columns = problem.columns % 160 == 0 ? 160 : 128;
  const std::optional<Way> way = choose(problem, columns, wanted);
  if (!way.has_value()) {
    return false;
  }
  const int rows = way == Way::Halves ? 128 : 64;
  const SpecialisedProblem s =
      specialised(problem, element, pixel_boxes(problem, rows), columns, false);
  for_element(element, [&](auto number) {
    using T = decltype(number);
    if (columns == 160) {
      start<T, 160, false>(s, *way, stream);
    } else {
      start<T, 128, false>(s, *way, stream);
    }
  });
  return true;
}

bool run_gated_matrix(const MatrixProblem& problem, Element element, Stream stream) {
  constexpr int kColumns = 160;
  const bool fits = problem.kernel == 1 && problem.segments == 1 && problem.columns % 16 == 0 &&
                    problem.part_channels[1] == 0 && !problem.out_float;
  if (!fits || !usable()) {
    return false;
  }
  const SpecialisedProblem s =
      specialised(problem, element, pixel_boxes(problem, 64), kColumns, true);
  for_element(element, [&](auto number) {
    start<decltype(number), kColumns, true>(s, Way::InTurn, stream);
  });
  return true;
}

}  // namespace ptravel::cuda
