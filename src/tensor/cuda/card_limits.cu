#include <array>
#include <mutex>

#include "tensor/cuda/launch.h"

namespace ptravel::cuda {
namespace {

constexpr int kCards = 64;
constexpr int kMark = 1024;

/// Never started: the shared memory that it would take tells which of the program's kernels the
/// card was given.
__global__ void marked_kernel() {
#if PTRAVEL_WARPGROUPS
  __shared__ volatile char mark[kMark];
  mark[threadIdx.x] = 0;
#endif
}

CardLimits ask(int device) {
  CardLimits card;
  check(cudaDeviceGetAttribute(&card.multiprocessors, cudaDevAttrMultiProcessorCount, device));
  check(
      cudaDeviceGetAttribute(&card.block_memory, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  cudaFuncAttributes attributes{};
  check(cudaFuncGetAttributes(&attributes, marked_kernel));
  card.warpgroups = attributes.sharedSizeBytes >= kMark;
  return card;
}

}  // namespace

const CardLimits& card_limits() {
  static std::array<CardLimits, kCards> cards;
  static std::array<std::once_flag, kCards> asked;
  int device = 0;
  check(cudaGetDevice(&device));
  if (device >= kCards) {
    throw std::runtime_error("CUDA: more than 64 cards");
  }
  const auto at = static_cast<std::size_t>(device);
  std::call_once(asked[at], [&] { cards[at] = ask(device); });
  return cards[at];
}

}  // namespace ptravel::cuda
