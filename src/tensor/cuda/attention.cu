#include "tensor/cuda/attention_kernel.h"
#include "tensor/cuda/launch.h"

namespace ptravel::cuda {
namespace {

template <typename T, int kHead, int kTiles>
PTRAVEL_KERNEL(kAttentionThreads, kHead == 40 || kHead == 80 ? 3 : 2)
attention_kernel(const __grid_constant__ AttentionProblem problem) {
  attention_block<T, kHead, kTiles>(problem);
}

template <typename T, int kHead, int kTiles>
void start(const AttentionProblem& p, Stream stream) {
  const int rows = attention_rows(kTiles);
  launch(attention_kernel<T, kHead, kTiles>,
         dim3(static_cast<unsigned>((p.query_rows + rows - 1) / rows),
              static_cast<unsigned>(p.heads), static_cast<unsigned>(p.images)),
         kAttentionThreads, attention_memory(kHead, kTiles), stream, p);
}

}  // namespace

void run_attention(const AttentionProblem& p, Element element, Stream stream) {
  for_element(element, [&](auto number) {
    using T = decltype(number);
    if (p.head <= 40) {
      start<T, 40, 2>(p, stream);
    } else if (p.head <= 64) {
      start<T, 64, 2>(p, stream);
    } else if (p.head <= 80) {
      start<T, 80, 1>(p, stream);
    } else {
      start<T, 160, 1>(p, stream);
    }
  });
}

}  // namespace ptravel::cuda
