#include "tensor/convert.h"

#include <atomic>
#include <optional>

#include <ATen/ATen.h>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

constexpr std::int64_t kNumbersPerTask = std::int64_t{1} << 18;

std::optional<cpu::Stored> stored_as(at::ScalarType type) {
  switch (type) {
    case at::kHalf:
      return cpu::Stored::Float16;
    case at::kBFloat16:
      return cpu::Stored::Bfloat16;
    case at::kFloat:
      return cpu::Stored::Float32;
    default:
      return std::nullopt;
  }
}

}  // namespace

Converted convert_numbers(const at::Tensor& x, at::ScalarType type) {
  const auto stored = stored_as(x.scalar_type());
  if (!stored || !x.is_cpu() || (type != at::kFloat && type != at::kBFloat16)) {
    const bool finite = !x.is_floating_point() || at::isfinite(x).all().item<bool>();
    return {
        x.to(at::kCPU, type, /*non_blocking=*/false, /*copy=*/true, at::MemoryFormat::Contiguous),
        finite};
  }
  const at::Tensor from = x.contiguous();
  Converted result{at::empty(x.sizes(), x.options().dtype(type))};
  const auto* in = static_cast<const char*>(from.data_ptr());
  auto* out = static_cast<char*>(result.numbers.data_ptr());
  std::atomic<bool> finite{true};
  cpu::parallel_ranges(x.numel(), kNumbersPerTask, [&](std::int64_t begin, std::int64_t end) {
    if (!cpu::kernels().convert(*stored, in + begin * from.element_size(),
                                element_of(result.numbers),
                                out + begin * result.numbers.element_size(), end - begin)) {
      finite = false;
    }
  });
  result.finite = finite;
  return result;
}

}  // namespace ptravel
