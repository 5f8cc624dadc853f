#include "tensor/leaky_relu.h"

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/cpu/parallel.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

constexpr std::int64_t kElementsPerTask = 1 << 14;

}  // namespace

at::Tensor leaky_relu(at::Tensor x, double slope) {
  const ProfileScope scope("activation");
  if (!use_cpu_kernels({&x}) || x.scalar_type() != at::kFloat ||
      !x.is_non_overlapping_and_dense()) {
    return at::leaky_relu_(x, slope);
  }
  auto* numbers = x.data_ptr<float>();
  const auto factor = static_cast<float>(slope);
  cpu::parallel_ranges(x.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float value = numbers[i];
      numbers[i] = value > 0 ? value : value * factor;
    }
  });
  return x;
}

at::Tensor leaky_relu(at::Tensor x, const at::Tensor& slopes) {
  const ProfileScope scope("activation");
  PTRAVEL_CHECK(x.dim() == 4 && slopes.numel() == x.size(1));
  if (!use_cpu_kernels({&x, &slopes}) || x.scalar_type() != at::kFloat ||
      !x.is_contiguous(at::MemoryFormat::ChannelsLast)) {
    const at::Tensor factors = slopes.to(x.scalar_type()).reshape({1, -1, 1, 1});
    return at::where(x > 0, x, x * factors);
  }
  const std::int64_t channels = x.size(1);
  const at::Tensor dense = slopes.contiguous();
  const auto* factors = dense.data_ptr<float>();
  auto* numbers = x.data_ptr<float>();
  const std::int64_t grain = std::max<std::int64_t>(1, kElementsPerTask / channels);
  cpu::parallel_ranges(x.numel() / channels, grain, [&](std::int64_t begin, std::int64_t end) {
    for (float* pixel = numbers + begin * channels; pixel != numbers + end * channels;
         pixel += channels) {
      for (std::int64_t c = 0; c < channels; ++c) {
        pixel[c] = pixel[c] > 0 ? pixel[c] : pixel[c] * factors[c];
      }
    }
  });
  return x;
}

}  // namespace ptravel
