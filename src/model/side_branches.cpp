#include "model/side_branches.h"

#include <vector>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/layout.h"

namespace ptravel {

std::shared_ptr<const SideBranches> SideBranches::of(const Weights& weights,
                                                     const Compute& compute,
                                                     cpu::ConvGeometry geometry) {
  const std::vector<SideBranch> all = weights.side_branches("weight");
  if (all.empty()) {
    return nullptr;
  }
  std::vector<at::Tensor> ups, downs, slots;
  for (const SideBranch& branch : all) {
    ups.push_back(branch.up);
    downs.push_back(branch.down);
    slots.push_back(at::full({branch.down.size(0)}, branch.slot, at::kLong));
  }
  const auto placed = [&](const at::Tensor& x) { return x.to(compute.device, compute.dtype); };
  std::shared_ptr<SideBranches> sides(new SideBranches());
  sides->dtype_ = compute.dtype;
  sides->slots_ = at::cat(slots).to(compute.device);
  sides->up_ = LinearMap(placed(at::cat(ups, 1)).contiguous(), {});
  const at::Tensor down = placed(at::cat(downs, 0)).contiguous();
  if (down.dim() == 4 && down.size(2) > 1) {
    sides->filter_ = Convolution(
        down, at::zeros({down.size(0)}, at::TensorOptions(compute.device).dtype(at::kFloat)),
        geometry);
  } else {
    sides->down_ = LinearMap(down.reshape({down.size(0), down.size(1)}), {});
  }
  return sides;
}

at::Tensor SideBranches::scaled(const at::Tensor& ranks, const at::Tensor& strengths) const {
  PTRAVEL_CHECK(strengths.size(0) == ranks.size(0));
  const at::Tensor factors = strengths.to(slots_.device()).index_select(1, slots_);
  return (ranks * (ranks.dim() == 2 ? factors : factors.unsqueeze(1))).to(dtype_);
}

at::Tensor SideBranches::of_rows(const at::Tensor& x,
                                 const at::Tensor& strengths,
                                 const at::Tensor& residual,
                                 ResultFormat format) const {
  return up_(scaled(down_(x, {}, ResultFormat::Float32), strengths), residual, format);
}

at::Tensor SideBranches::of_pictures(at::TensorList parts, const at::Tensor& strengths) const {
  const at::Tensor x = parts.size() == 1 ? parts[0] : at::cat(parts, 1);
  return of_rows(to_tokens(to_channels_last(x)), strengths, {}, ResultFormat::Float32);
}

at::Tensor SideBranches::of_filtered(const at::Tensor& ranks,
                                     const at::Tensor& strengths,
                                     const at::Tensor& residual,
                                     at::ScalarType format) const {
  const at::Tensor rows = to_tokens(to_channels_last(ranks));
  const at::Tensor addend = residual.defined() ? to_tokens(to_channels_last(residual)) : residual;
  const at::Tensor sum = up_(scaled(rows, strengths), addend,
                             format == dtype_ ? ResultFormat::AsInput : ResultFormat::Float32);
  return to_picture(sum, ranks.size(2), ranks.size(3));
}

}  // namespace ptravel
