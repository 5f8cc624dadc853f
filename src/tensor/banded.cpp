#include "tensor/banded.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "tensor/cuda/operators.h"
#include "tensor/group_norm_cpu.h"
#include "tensor/layout.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

/// Where the CPU's kernels do not compute.
at::Tensor group_norm_elsewhere(at::TensorList parts, const GroupNormStep& norm) {
  const bool fits = std::all_of(parts.begin(), parts.end(), [&](const at::Tensor& part) {
    return use_cuda_kernels({&parts[0], &part});
  });
  if (parts.size() > 1 && fits && !any_wants_gradient({&norm.weight, &norm.bias})) {
    const ProfileScope scope("group norm");
    const at::Tensor made = cuda::group_norm(parts, norm.groups, norm.weight, norm.bias, norm.eps,
                                             norm.after == AfterNorm::Silu);
    if (made.defined()) {
      return made;
    }
  }
  const at::Tensor x = parts.size() == 1 ? parts[0] : at::cat(parts, 1);
  return group_norm(x, norm.groups, norm.weight, norm.bias, norm.eps, norm.after);
}

bool norms_by_kernels(at::TensorList parts, const GroupNormStep& norm) {
  return !any_wants_gradient({&norm.weight, &norm.bias}) &&
         std::all_of(parts.begin(), parts.end(), [&](const at::Tensor& part) {
           return use_cpu_kernels({&parts[0], &part});
         });
}

/// Pictures in channels-last memory and what their channels are multiplied by.
struct NormedParts {
  NormedParts(at::TensorList parts, const GroupNormStep& norm) {
    std::transform(parts.begin(), parts.end(), std::back_inserter(pictures), to_channels_last);
    const ProfileScope scope("group norm");
    factors =
        group_statistics(pictures, norm.weight, norm.bias, {norm.groups, norm.eps, norm.after})
            .factors;
  }
  std::vector<at::Tensor> pictures;
  at::Tensor factors;
};

}  // namespace

at::Tensor group_norm_of_parts(at::TensorList parts, const GroupNormStep& norm) {
  if (!norms_by_kernels(parts, norm)) {
    return group_norm_elsewhere(parts, norm);
  }
  const NormedParts all(parts, norm);
  const at::Tensor& first = parts[0];
  at::Tensor normed =
      empty_picture(first, first.size(0), norm.weight.numel(), first.size(2), first.size(3));
  const ProfileScope scope("group norm");
  apply_group_norm(all.pictures, all.factors, norm.after, normed);
  return normed;
}

at::Tensor norm_then_convolve(at::TensorList parts,
                              const GroupNormStep& norm,
                              const Convolution& convolution,
                              const ConvExtras& extras) {
  const at::Tensor& first = parts[0];
  std::vector<std::int64_t> sizes = first.sizes().vec();
  sizes[1] = norm.weight.numel();
  if (!norms_by_kernels(parts, norm) || !convolution.wants_bands(sizes, first) ||
      any_wants_gradient({&extras.image_bias, &extras.residual})) {
    return convolution(group_norm_of_parts(parts, norm), extras);
  }
  const NormedParts all(parts, norm);
  const RowSource normed = [&](std::int64_t image, std::int64_t row, at::Tensor& rows) {
    const ProfileScope scope("group norm");
    std::vector<at::Tensor> pieces;
    for (const at::Tensor& picture : all.pictures) {
      pieces.push_back(picture.narrow(0, image, 1).narrow(2, row, rows.size(2)));
    }
    apply_group_norm(pieces, all.factors.narrow(0, image, 1), norm.after, rows);
  };
  return convolution.over_bands(sizes, first.scalar_type(), normed, extras);
}

at::Tensor resize_then_convolve(const at::Tensor& picture,
                                std::int64_t height,
                                std::int64_t width,
                                const Convolution& convolution,
                                Wrap wrap) {
  const std::vector<std::int64_t> sizes = {picture.size(0), picture.size(1), height, width};
  if (!wrap.any() && height == 2 * picture.size(2) && width == 2 * picture.size(3) &&
      use_cuda_kernels({&picture})) {
    if (const at::Tensor made = convolution.of_doubled(picture); made.defined()) {
      return made;
    }
  }
  if (!convolution.wants_bands(sizes, picture)) {
    return convolution(resize_nearest(picture, height, width), {.wrap = wrap});
  }
  const at::Tensor x = to_channels_last(picture);
  const RowSource resized = [&](std::int64_t image, std::int64_t first, at::Tensor& rows) {
    resize_nearest_rows(x.narrow(0, image, 1), height, first, rows);
  };
  return convolution.over_bands(sizes, x.scalar_type(), resized, {.wrap = wrap});
}

}  // namespace ptravel
