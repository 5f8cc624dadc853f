#include "model/side_branches.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/layout.h"

namespace ptravel {
namespace {

/// On a card it is not asked: the answer would have to be waited for.
bool may_act(const at::Tensor& strengths, std::int64_t slot) {
  return !strengths.is_cpu() || strengths.select(1, slot).count_nonzero().item<std::int64_t>() > 0;
}

}  // namespace

std::shared_ptr<const SideBranches> SideBranches::of(const Weights& weights,
                                                     const Compute& compute,
                                                     cpu::ConvGeometry geometry) {
  const std::vector<SideBranch> all = weights.side_branches("weight");
  if (all.empty()) {
    return nullptr;
  }
  const auto placed = [&](const at::Tensor& x) {
    return x.to(compute.device, compute.dtype).contiguous();
  };
  std::shared_ptr<SideBranches> sides(new SideBranches());
  sides->dtype_ = compute.dtype;
  for (const SideBranch& one : all) {
    Branch branch;
    branch.slot = one.slot;
    branch.up = LinearMap(placed(one.up), {});
    const at::Tensor down = placed(one.down);
    const std::int64_t ranks = down.size(0);
    if (down.dim() == 4 && down.size(2) > 1) {
      branch.filter = Convolution(
          down, at::zeros({ranks}, at::TensorOptions(compute.device).dtype(at::kFloat)), geometry);
    } else {
      branch.down = LinearMap(down.reshape({ranks, down.size(1)}), {});
    }
    sides->branches_.push_back(std::move(branch));
  }
  return sides;
}

bool SideBranches::act(const at::Tensor& strengths) const {
  return std::ranges::any_of(branches_,
                             [&](const Branch& branch) { return may_act(strengths, branch.slot); });
}

at::Tensor SideBranches::sum(const RanksOf& ranks_of,
                             const at::Tensor& strengths,
                             const at::Tensor& residual,
                             ResultFormat format) const {
  std::vector<const Branch*> acting;
  for (const Branch& branch : branches_) {
    if (may_act(strengths, branch.slot)) {
      acting.push_back(&branch);
    }
  }
  // The kernels for cards add what has their own format.
  const ResultFormat between = strengths.is_cpu() ? ResultFormat::Float32 : ResultFormat::AsInput;
  at::Tensor sum = residual;
  for (const Branch* const branch : acting) {
    const at::Tensor ranks = ranks_of(*branch);
    PTRAVEL_CHECK(strengths.size(0) == ranks.size(0));
    const at::Tensor own = strengths.select(1, branch->slot);
    const at::Tensor scaled =
        (ranks * own.view(ranks.dim() == 2 ? at::IntArrayRef{-1, 1} : at::IntArrayRef{-1, 1, 1}))
            .to(dtype_);
    const bool last = branch == acting.back();
    if (!last && between == ResultFormat::Float32 && sum.defined()) {
      sum = sum.to(at::kFloat);
    }
    sum = branch->up(scaled, sum, last ? format : between);
  }
  return sum;
}

at::Tensor SideBranches::of_rows(const at::Tensor& x,
                                 const at::Tensor& strengths,
                                 const at::Tensor& residual,
                                 ResultFormat format) const {
  return sum([&](const Branch& branch) { return branch.down(x, {}, ResultFormat::Float32); },
             strengths, residual, format);
}

at::Tensor SideBranches::of_filtered(const Filtered& filtered,
                                     const at::Tensor& strengths,
                                     const at::Tensor& residual,
                                     ResultFormat format) const {
  std::int64_t height = 0, width = 0;
  const at::Tensor rows = sum(
      [&](const Branch& branch) {
        const at::Tensor ranks = filtered(branch.filter);
        height = ranks.size(2);
        width = ranks.size(3);
        return to_tokens(ranks);
      },
      strengths, residual.defined() ? to_tokens(residual) : residual, format);
  return height > 0 ? to_picture(rows, height, width) : residual;
}

}  // namespace ptravel
