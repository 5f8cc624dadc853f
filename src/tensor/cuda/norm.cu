#include "tensor/cuda/launch.h"
#include "tensor/cuda/norm_kernels.h"

namespace ptravel::cuda {
namespace {

template <typename T>
PTRAVEL_KERNEL(kNormThreads, 1)
sums_kernel(const __grid_constant__ GroupNormProblem problem) {
  group_sums<T>(problem);
}

template <typename T>
PTRAVEL_KERNEL(kNormThreads, 1)
apply_kernel(const __grid_constant__ GroupNormProblem problem, int chunks) {
  group_apply<T>(problem, chunks);
}

template <typename T>
PTRAVEL_KERNEL(kNormThreads, 1)
layer_norm_kernel(const __grid_constant__ LayerNormProblem problem) {
  layer_norm_row<T>(problem);
}

template <typename T>
PTRAVEL_KERNEL(kNormThreads, 1)
geglu_kernel(const void* x, void* out, int rows, int width) {
  geglu_piece<T>(x, out, rows, width);
}

}  // namespace

void run_group_norm(const GroupNormProblem& p, Element element, Stream stream) {
  const int chunks = group_norm_chunks(p.pixels);
  const auto images = static_cast<unsigned>(p.images);
  const std::int64_t pieces = static_cast<std::int64_t>(p.pixels) * p.channels() / 8;
  for_element(element, [&](auto number) {
    using T = decltype(number);
    launch(sums_kernel<T>, dim3(static_cast<unsigned>(chunks), images), kNormThreads,
           group_sums_memory(p.channels()), stream, p);
    launch(apply_kernel<T>, dim3(blocks_for(pieces, kNormThreads * kPiecesPerThread).x, images),
           kNormThreads, group_apply_memory(p.groups), stream, p, chunks);
  });
}

void run_layer_norm(const LayerNormProblem& p, Element element, Stream stream) {
  for_element(element, [&](auto number) {
    using T = decltype(number);
    launch(layer_norm_kernel<T>, blocks_for(p.rows, kNormThreads / 32), kNormThreads, 0, stream, p);
  });
}

void run_geglu(const void* x, void* out, int rows, int width, Element element, Stream stream) {
  for_element(element, [&](auto number) {
    using T = decltype(number);
    launch(geglu_kernel<T>, blocks_for(static_cast<std::int64_t>(rows) * (width / 8), kNormThreads),
           kNormThreads, 0, stream, x, out, rows, width);
  });
}

}  // namespace ptravel::cuda
