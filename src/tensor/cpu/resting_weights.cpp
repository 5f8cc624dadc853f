#include "tensor/cpu/resting_weights.h"

#include <mutex>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace ptravel::cpu {
namespace {

constexpr std::int64_t kNumbersPerTask = std::int64_t{1} << 16;

/// The block that nobody uses.
struct Spare {
  std::mutex mutex;
  at::Tensor block;  // guarded by mutex
};

Spare& spare() {
  static Spare instance;
  return instance;
}

Stored format_of(const at::Tensor& narrow) {
  PTRAVEL_CHECK(narrow.scalar_type() == at::kHalf || narrow.scalar_type() == at::kBFloat16);
  return narrow.scalar_type() == at::kHalf ? Stored::Float16 : Stored::Bfloat16;
}

}  // namespace

SpareMemory::SpareMemory(std::int64_t bytes) {
  {
    const std::lock_guard lock(spare().mutex);
    memory_ = std::exchange(spare().block, at::Tensor());
  }
  if (!memory_.defined() || memory_.size(0) < bytes) {
    memory_ = at::empty({bytes}, at::kByte);
  }
}

SpareMemory::~SpareMemory() {
  const std::lock_guard lock(spare().mutex);
  if (!spare().block.defined() || spare().block.size(0) < memory_.size(0)) {
    spare().block = std::move(memory_);
  }
}

void widen_into(const at::Tensor& narrow, at::Tensor& to) {
  const Stored format = format_of(narrow);
  PTRAVEL_CHECK(narrow.is_contiguous() && to.numel() * to.element_size() >= 4 * narrow.numel());
  const auto* in = static_cast<const char*>(narrow.data_ptr());
  auto* out = static_cast<char*>(to.data_ptr());
  parallel_ranges(narrow.numel(), kNumbersPerTask, [&](std::int64_t begin, std::int64_t end) {
    kernels().convert(format, in + 2 * begin, Element::Float32, out + 4 * begin, end - begin);
  });
}

}  // namespace ptravel::cpu
