#include "tensor/activation.h"

#include <ATen/ATen.h>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

constexpr std::int64_t kElementsPerTask = 1 << 14;

at::Tensor unary(cpu::UnaryFunction function, const at::Tensor& x) {
  const at::Tensor input = x.is_non_overlapping_and_dense() ? x : x.contiguous();
  at::Tensor out = at::empty_like(input);
  const auto element = element_of(input);
  const auto size = input.element_size();
  const auto* from = static_cast<const char*>(input.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  cpu::parallel_ranges(input.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
    cpu::kernels().unary(element, function, from + begin * size, to + begin * size, end - begin);
  });
  return out;
}

}  // namespace

at::Tensor silu(const at::Tensor& x) {
  return use_cpu_kernels({&x}) ? unary(cpu::UnaryFunction::Silu, x) : at::silu(x);
}

at::Tensor quick_gelu(const at::Tensor& x) {
  return use_cpu_kernels({&x}) ? unary(cpu::UnaryFunction::QuickGelu, x)
                               : x * at::sigmoid(x * 1.702);
}

at::Tensor gelu(const at::Tensor& x) {
  return use_cpu_kernels({&x}) ? unary(cpu::UnaryFunction::Gelu, x) : at::gelu(x);
}

at::Tensor geglu(const at::Tensor& x) {
  const std::int64_t width = x.size(-1) / 2;
  if (!use_cpu_kernels({&x})) {
    return x.narrow(-1, 0, width) * at::gelu(x.narrow(-1, width, width));
  }
  const at::Tensor input = x.contiguous();
  auto sizes = input.sizes().vec();
  sizes.back() = width;
  at::Tensor out = at::empty(sizes, input.options());
  const auto element = element_of(input);
  const auto row_bytes = width * input.element_size();
  const auto* from = static_cast<const char*>(input.data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  const std::int64_t grain =
      std::max<std::int64_t>(1, kElementsPerTask / std::max<std::int64_t>(1, width));
  cpu::parallel_ranges(out.numel() / width, grain, [&](std::int64_t begin, std::int64_t end) {
    cpu::kernels().geglu(element, from + begin * 2 * row_bytes, to + begin * row_bytes, end - begin,
                         width);
  });
  return out;
}

}  // namespace ptravel
