#include "tensor/by_image.h"

#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "tensor/cpu/parallel.h"
#include "tensor/cuda/operators.h"
#include "tensor/path.h"

namespace ptravel {

at::Tensor by_image(std::int64_t rows,
                    std::initializer_list<const at::Tensor*> operands,
                    const Compute& place,
                    const RowsFunction& compute) {
  const bool card = place.device.is_cuda();
  if (card && rows > 1 && (place.dtype == at::kFloat || !cuda::built()) &&
      !at::GradMode::is_enabled()) {
    std::vector<at::Tensor> images;
    images.reserve(static_cast<std::size_t>(rows));
    for (std::int64_t image = 0; image < rows; ++image) {
      images.push_back(compute(image, 1));
    }
    return at::cat(images);
  }
  const std::int64_t shared = use_cpu_kernels(operands) ? cpu::tasks_for_threads(rows) : 0;
  if (shared == 0) {
    return compute(0, rows);
  }
  std::vector<at::Tensor> parts(static_cast<std::size_t>(shared));
  cpu::parallel_tasks(shared, [&](std::int64_t image) {
    parts[static_cast<std::size_t>(image)] = compute(image, 1);
  });
  if (shared < rows) {
    parts.push_back(compute(shared, rows - shared));
  }
  return at::cat(parts);
}

}  // namespace ptravel
