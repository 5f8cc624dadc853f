#include "tensor/cuda/launch.h"
#include "tensor/cuda/matrix_kernel.h"
#include "tensor/cuda/specialised_launch.h"

namespace ptravel::cuda {
namespace {

#if PTRAVEL_WARPGROUPS
template <typename T, int kRows, int kColumns>
using Products = WarpgroupProducts<T, kRows, kColumns>;
#else
template <typename T, int kRows, int kColumns>
using Products = WarpProducts<T, kRows, kColumns>;
#endif

/// Two blocks of 128 rows fit on a multiprocessor, or one of 256.
template <typename T, int kRows, int kColumns, int kStages, int kFlying>
PTRAVEL_KERNEL(2 * kRows, kStages > 3 ? 1 : 2)
matrix_kernel(const __grid_constant__ MatrixProblem problem) {
  matrix_block<T, kRows, kColumns, kStages, kFlying, false, Products<T, kRows, kColumns>>(problem);
}

/// Its two sets of sums leave registers for one block of 128 rows.
template <typename T, int kRows, int kColumns, int kStages, int kFlying>
PTRAVEL_KERNEL(2 * kRows, 1)
segmented_kernel(const __grid_constant__ MatrixProblem problem) {
  matrix_block<T, kRows, kColumns, kStages, kFlying, true, Products<T, kRows, kColumns>>(problem);
}

template <typename T>
PTRAVEL_KERNEL(kThreadsForNumbers, 1)
sum_kernel(const __grid_constant__ MatrixProblem problem) {
  matrix_sum<T>(problem);
}

template <typename T>
PTRAVEL_KERNEL(kThreadsForNumbers, 1)
narrow_kernel(const __grid_constant__ MatrixProblem problem) {
  narrow_convolution<T>(problem);
}

template <int kRows, int kColumns>
std::int64_t tiles_of(const MatrixProblem& p) {
  return static_cast<std::int64_t>((p.rows() + kRows - 1) / kRows) *
         ((p.columns + kColumns - 1) / kColumns);
}

template <typename T, int kRows, int kColumns, int kStages, int kFlying>
void start(const MatrixProblem& p, Stream stream) {
  const dim3 blocks(static_cast<unsigned>(tiles_of<kRows, kColumns>(p)),
                    p.split ? static_cast<unsigned>(p.segments) : 1);
  const int memory = matrix_memory(kRows, kColumns, kStages);
  if constexpr (kRows == 128) {
    if (p.segments > 1 && !p.split) {
      launch(segmented_kernel<T, kRows, kColumns, kStages, kFlying>, blocks, 2 * kRows, memory,
             stream, p);
      return;
    }
  }
  launch(matrix_kernel<T, kRows, kColumns, kStages, kFlying>, blocks, 2 * kRows, memory, stream, p);
}

MatrixBlock wanted_block = MatrixBlock::Chosen;

template <typename T, int kColumns>
void start(const MatrixProblem& p, Stream stream) {
  // Cards for desktops have 100 KiB of shared memory, those for servers more.
  const CardLimits& card = card_limits();
  const bool segmented = p.segments > 1 && !p.split;
  if (matrix_memory(128, kColumns, 3) > card.block_memory) {
    start<T, 128, kColumns, 2, 0>(p, stream);
    return;
  }
  // Two small blocks on a multiprocessor hide each other's beginnings and ends; one large block
  // reads less for each product.
  const int count = card.multiprocessors;
  const bool deep = p.kernel * p.kernel * p.channels() > 4000;
  const bool large = deep && tiles_of<256, kColumns>(p) >= count * 3 / 4;
  const bool alone = segmented || (tiles_of<128, kColumns>(p) <= count && !p.split);
  MatrixBlock block = alone ? MatrixBlock::Alone : large ? MatrixBlock::Large : MatrixBlock::Small;
  if (wanted_block != MatrixBlock::Chosen && !(segmented && wanted_block == MatrixBlock::Large)) {
    block = wanted_block;
  }
  switch (block) {
    case MatrixBlock::Small:
      start<T, 128, kColumns, 3, 0>(p, stream);
      break;
    case MatrixBlock::Large:
      start<T, 256, kColumns, 4, 1>(p, stream);
      break;
    default:
      start<T, 128, kColumns, 5, 1>(p, stream);
      break;
  }
}

}  // namespace

void set_matrix_block(MatrixBlock block) { wanted_block = block; }

void run_matrix(const MatrixProblem& problem, Element element, Stream stream) {
  const bool fed = run_specialised_matrix(problem, element, stream, wanted_block);
  for_element(element, [&](auto number) {
    using T = decltype(number);
    // Networks' channels are multiples of 320 in a UNet, of 128 in a VAE.
    if (fed) {
      // It is under way.
    } else if (problem.columns % 160 == 0) {
      start<T, 160>(problem, stream);
    } else {
      start<T, 128>(problem, stream);
    }
    if (problem.split) {
      launch(sum_kernel<T>,
             blocks_for(static_cast<std::int64_t>(problem.partial_pitch() / 8) * problem.rows(),
                        kThreadsForNumbers),
             kThreadsForNumbers, 0, stream, problem);
    }
  });
}

void run_narrow_convolution(const MatrixProblem& problem, Number number, Stream stream) {
  const dim3 blocks =
      blocks_for(static_cast<std::int64_t>(problem.rows()) * problem.columns, kThreadsForNumbers);
  switch (number) {
    case Number::Float32:
      launch(narrow_kernel<float>, blocks, kThreadsForNumbers, 0, stream, problem);
      break;
    case Number::Float16:
      launch(narrow_kernel<Half>, blocks, kThreadsForNumbers, 0, stream, problem);
      break;
    case Number::Bfloat16:
      launch(narrow_kernel<Bfloat16>, blocks, kThreadsForNumbers, 0, stream, problem);
      break;
  }
}

}  // namespace ptravel::cuda
