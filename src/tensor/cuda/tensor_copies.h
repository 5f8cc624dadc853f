#pragma once

// Hopper's copies of boxes into shared memory and its barriers that count bytes (PTX ISA, "Tensor",
// "mbarrier", "Parallel Synchronization and Communication Instructions"). Included by device.h for
// sm_90a.

#include <cstdint>

#include "tensor/cuda/device.h"
#include "tensor/cuda/matrix_tiles.h"

namespace ptravel::cuda {

/// Barriers are eight bytes in shared memory. Each phase ends after `arrivals` and all bytes that
/// were expected.
PTRAVEL_DEVICE void begin_barrier(std::uint32_t barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;\n" ::"r"(barrier), "r"(arrivals)
               : "memory");
}
/// Makes new barriers known to the accelerator.
PTRAVEL_DEVICE void publish_barriers() {
  asm volatile("fence.mbarrier_init.release.cluster;\n" ::: "memory");
}
/// Arrives, and lets the phase wait for so many bytes.
PTRAVEL_DEVICE void arrive_expecting(std::uint32_t barrier, int bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\n" ::"r"(barrier), "r"(bytes)
               : "memory");
}
PTRAVEL_DEVICE void arrive(std::uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];\n" ::"r"(barrier) : "memory");
}
/// Until the phase of this parity has ended: 0 for the first one; 1 passes before that.
PTRAVEL_DEVICE void wait_for_phase(std::uint32_t barrier, int parity) {
  asm volatile(
      "{\n.reg .pred done;\nagain:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@done bra ready;\nbra again;\nready:\n}\n" ::"r"(barrier),
      "r"(parity)
      : "memory");
}
PTRAVEL_DEVICE void sync_warp() { __syncwarp(); }
/// The four warps of group `number` of a block.
PTRAVEL_DEVICE void sync_group(int number) {
  asm volatile("bar.sync %0, 128;\n" ::"r"(number + 1) : "memory");
}

/// Copies a box from the place (innermost first) to shared memory; its bytes count for `barrier`.
PTRAVEL_DEVICE void copy_box(
    std::uint32_t to, const TensorMap& map, std::uint32_t barrier, int a, int b, int c, int d) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%3, %4, %5, %6}], [%2];\n" ::"r"(to),
      "l"(&map), "r"(barrier), "r"(a), "r"(b), "r"(c), "r"(d)
      : "memory");
}
/// Registers that a group of four warps no longer needs, and those that another may have.
template <int kRegisters>
PTRAVEL_DEVICE void give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;\n" ::"n"(kRegisters));
}
template <int kRegisters>
PTRAVEL_DEVICE void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;\n" ::"n"(kRegisters));
}

}  // namespace ptravel::cuda
