#include "tensor/cuda/attention_kernel.h"
#include "tensor/cuda/attention_warpgroup_kernel.h"
#include "tensor/cuda/launch.h"

namespace ptravel::cuda {
namespace {

template <typename T, int kHead, int kTiles>
PTRAVEL_KERNEL(kAttentionThreads, kHead == 40 || kHead == 80 ? 3 : 2)
attention_kernel(const __grid_constant__ AttentionProblem problem) {
  attention_block<T, kHead, kTiles>(problem);
}

/// Empty but for Hopper.
template <typename T, typename Shape>
PTRAVEL_KERNEL(Shape::kThreads, Shape::kBlocks)
warpgroup_attention_kernel(const __grid_constant__ AttentionProblem problem) {
#if PTRAVEL_WARPGROUPS
  warpgroup_attention_block<T, Shape>(problem);
#endif
}

dim3 attention_blocks(const AttentionProblem& p, int rows) {
  return dim3(static_cast<unsigned>((p.query_rows + rows - 1) / rows),
              static_cast<unsigned>(p.heads), static_cast<unsigned>(p.images));
}

template <typename T, int kHead, int kTiles>
void start(const AttentionProblem& p, Stream stream) {
  launch(attention_kernel<T, kHead, kTiles>, attention_blocks(p, attention_rows(kTiles)),
         kAttentionThreads, attention_memory(kHead, kTiles), stream, p);
}

template <typename T, typename Shape>
void start_warpgroups(const AttentionProblem& p, Stream stream) {
  // As many blocks on a multiprocessor as its registers allow.
  check(cudaFuncSetAttribute(warpgroup_attention_kernel<T, Shape>,
                             cudaFuncAttributePreferredSharedMemoryCarveout,
                             cudaSharedmemCarveoutMaxShared));
  launch(warpgroup_attention_kernel<T, Shape>, attention_blocks(p, Shape::kRows), Shape::kThreads,
         Shape::kMemory, stream, p);
}

using Narrow = AttentionShape<40, 128, 4, 4, 1, true>;
using Usual = AttentionShape<64, 64, 4, 4, 1>;
using Wide = AttentionShape<80, 64, 4, 4, 1>;

int wanted_kernel = 0;

/// For measuring: what else heads could be computed with.
template <typename T>
void start_another(const AttentionProblem& p, Stream stream) {
  if (p.head <= 40) {
    switch (wanted_kernel) {
      case 3:  // An eighth of the exponentials as polynomials.
        start_warpgroups<T, AttentionShape<40, 128, 4, 4, 1, true, 1>>(p, stream);
        break;
      case 4:  // Fewer keys.
        start_warpgroups<T, AttentionShape<40, 64, 4, 6, 1, true>>(p, stream);
        break;
      default:  // Three groups.
        start_warpgroups<T, AttentionShape<40, 96, 3, 5, 1, true>>(p, stream);
        break;
    }
  } else if (p.head <= 64) {
    switch (wanted_kernel) {
      case 3:
        start_warpgroups<T, AttentionShape<64, 128, 4, 3, 1>>(p, stream);
        break;
      case 4:
        start_warpgroups<T, AttentionShape<64, 96, 3, 4, 1>>(p, stream);
        break;
      default:
        start_warpgroups<T, AttentionShape<64, 96, 2, 3, 2>>(p, stream);
        break;
    }
  } else {
    start_warpgroups<T, AttentionShape<80, 96, 3, 3, 1>>(p, stream);
  }
}

/// Some neighbouring images of a call.
AttentionProblem images_of(const AttentionProblem& p, int first, int count) {
  AttentionProblem part = p;
  const std::int64_t bytes =
      std::int64_t{first} * p.query_rows * p.heads * p.head * std::int64_t{sizeof(Half)};
  part.queries = static_cast<const char*>(p.queries) + bytes;
  part.out = static_cast<char*>(p.out) + bytes;
  part.images = count;
  for (int i = 0; i < count; ++i) {
    part.keys[i] = p.keys[first + i];
    part.values[i] = p.values[first + i];
    part.key_rows[i] = p.key_rows[first + i];
  }
  return part;
}

template <typename T>
void start(const AttentionProblem& p, bool grouped, Stream stream) {
  if (grouped && wanted_kernel > 2 && wanted_kernel <= attention_kernels(p.head)) {
    start_another<T>(p, stream);
  } else if (p.head <= 40) {
    grouped ? start_warpgroups<T, Narrow>(p, stream) : start<T, 40, 2>(p, stream);
  } else if (p.head <= 64) {
    // Heads of 64 are the narrower kernel's until a card has shown otherwise.
    grouped&& wanted_kernel == 2 ? start_warpgroups<T, Usual>(p, stream)
                                 : start<T, 64, 2>(p, stream);
  } else if (p.head <= 80) {
    grouped ? start_warpgroups<T, Wide>(p, stream) : start<T, 80, 1>(p, stream);
  } else {
    start<T, 160, 1>(p, stream);
  }
}

}  // namespace

void set_attention_kernel(int kernel) { wanted_kernel = kernel; }

void run_attention(const AttentionProblem& p, Element element, Stream stream) {
  // Of few keys groups of warps would leave most of a tile empty. An image's kernel is chosen by
  // its own keys alone, so that its bits are.
  constexpr int kFewKeys = 160;
  const auto grouped = [&](int image) {
    return wanted_kernel != 1 && card_limits().warpgroups &&
           (p.key_rows[image] > kFewKeys || wanted_kernel > 1);
  };
  for (int first = 0; first < p.images;) {
    int count = 1;
    while (first + count < p.images && grouped(first + count) == grouped(first)) {
      ++count;
    }
    const AttentionProblem part = images_of(p, first, count);
    for_element(element,
                [&](auto number) { start<decltype(number)>(part, grouped(first), stream); });
    first += count;
  }
}

}  // namespace ptravel::cuda
