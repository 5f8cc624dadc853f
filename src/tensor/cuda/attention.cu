#include <array>
#include <atomic>

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

using Narrow = AttentionShape<40, 128, 2, 4, 2, true>;
using Usual = AttentionShape<64, 96, 2, 3, 2>;
using Wide = AttentionShape<80, 96, 2, 3, 2>;
using Widest = AttentionShape<160, 64, 2, 4, 1>;

/// Whether this thread's card has Hopper's matrix units and the program kernels for them.
bool has_warpgroups() {
  static std::array<std::atomic<int>, 64> known{};  // 0: not asked yet, 1: no, 2: yes
  int device = 0;
  check(cudaGetDevice(&device));
  std::atomic<int>* answer = device < 64 ? &known[static_cast<std::size_t>(device)] : nullptr;
  if (answer != nullptr && answer->load() != 0) {
    return answer->load() == 2;
  }
  int major = 0;
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  bool has = major == 9;
  if (has) {
    cudaFuncAttributes attributes{};
    check(cudaFuncGetAttributes(&attributes, warpgroup_attention_kernel<Half, Narrow>));
    has = attributes.numRegs > 64;  // The empty one has few.
  }
  if (answer != nullptr) {
    answer->store(has ? 2 : 1);
  }
  return has;
}

int wanted_kernel = 0;

/// For measuring: what else heads of up to 40 and up to 80 numbers could be computed with.
template <typename T>
void start_another_narrow(const AttentionProblem& p, Stream stream) {
  switch (wanted_kernel) {
    case 3:  // Sums by each thread.
      start_warpgroups<T, AttentionShape<40, 128, 2, 4, 2>>(p, stream);
      break;
    case 4:  // In turn.
      start_warpgroups<T, AttentionShape<40, 128, 2, 4, 2, true, 0, true>>(p, stream);
      break;
    case 5:  // An eighth of the exponentials as polynomials.
      start_warpgroups<T, AttentionShape<40, 128, 2, 4, 2, true, 1>>(p, stream);
      break;
    case 6:  // A quarter of them, in turn.
      start_warpgroups<T, AttentionShape<40, 128, 2, 4, 2, true, 2, true>>(p, stream);
      break;
    case 7:  // One block with twice the queries.
      start_warpgroups<T, AttentionShape<40, 128, 4, 4, 1, true>>(p, stream);
      break;
    default:  // The same in turn, an eighth as polynomials.
      start_warpgroups<T, AttentionShape<40, 128, 4, 4, 1, true, 1, true>>(p, stream);
      break;
  }
}
template <typename T>
void start_another_wide(const AttentionProblem& p, Stream stream) {
  switch (wanted_kernel) {
    case 3:  // Fewer keys, a longer ring.
      start_warpgroups<T, AttentionShape<80, 64, 2, 4, 2>>(p, stream);
      break;
    case 4:  // In turn.
      start_warpgroups<T, AttentionShape<80, 96, 2, 3, 2, false, 0, true>>(p, stream);
      break;
    default:  // One block with twice the queries.
      start_warpgroups<T, AttentionShape<80, 64, 4, 4, 1>>(p, stream);
      break;
  }
}

}  // namespace

void set_attention_kernel(int kernel) { wanted_kernel = kernel; }

void run_attention(const AttentionProblem& p, Element element, Stream stream) {
  const bool grouped = wanted_kernel != 1 && has_warpgroups();
  for_element(element, [&](auto number) {
    using T = decltype(number);
    const bool another = grouped && wanted_kernel > 2 && wanted_kernel <= attention_kernels(p.head);
    if (another) {
      p.head <= 40 ? start_another_narrow<T>(p, stream) : start_another_wide<T>(p, stream);
    } else if (p.head <= 40) {
      grouped ? start_warpgroups<T, Narrow>(p, stream) : start<T, 40, 2>(p, stream);
    } else if (p.head <= 64) {
      grouped ? start_warpgroups<T, Usual>(p, stream) : start<T, 64, 2>(p, stream);
    } else if (p.head <= 80) {
      grouped ? start_warpgroups<T, Wide>(p, stream) : start<T, 80, 1>(p, stream);
    } else {
      grouped ? start_warpgroups<T, Widest>(p, stream) : start<T, 160, 1>(p, stream);
    }
  });
}

}  // namespace ptravel::cuda
