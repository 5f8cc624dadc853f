// OFT (Qiu et al. 2023) and BOFT (Liu et al. 2024): blocks of a weight's rows are turned. The web
// UI turns them by the transpose of R = (I + Q)(I - Q)^-1, Q = B - B^T.
#include <algorithm>

#include <ATen/ATen.h>

#include "addons/lora_layer.h"

namespace ptravel {
namespace {

/// As in the web UI, so that a norm of zero divides nothing.
constexpr double kTiny = 1e-8;

/// Rows in the order (c, k, g) of the order (c, g, k), two groups of k each, or the other way.
at::Tensor regroup(const at::Tensor& rows, std::int64_t k, bool back) {
  const std::int64_t width = rows.size(1);
  const auto split = back ? rows.reshape({-1, k, 2, width}) : rows.reshape({-1, 2, k, width});
  return split.transpose(1, 2).reshape({-1, width});
}

}  // namespace

/// R, [blocks, n, n] or [stages, blocks, n, n].
at::Tensor LoraLayer::rotations(std::int64_t out) const {
  if (!has("oft_blocks")) {
    return numbers("oft_diag");
  }
  const at::Tensor blocks = numbers("oft_blocks");
  at::Tensor q = blocks - blocks.transpose(-1, -2);
  const double limit = has("alpha") ? number("alpha") * static_cast<double>(out) : 0;
  if (limit != 0) {
    const double norm = q.norm().item<double>();
    q = q * ((std::min(norm, limit) + kTiny) / (norm + kTiny));
  }
  const at::Tensor eye = at::eye(q.size(-1), q.options());
  return at::matmul(eye + q, (eye - q).inverse());
}

at::Tensor LoraLayer::rotation_change(const at::Tensor& weight) const {
  const std::int64_t out = weight.size(0);
  const at::Tensor r = rotations(out);
  at::Tensor rows = weight.reshape({out, -1});
  const std::int64_t width = rows.size(1), side = r.size(-1);
  if (r.dim() == 3) {
    rows = at::matmul(r.transpose(-1, -2), rows.reshape({-1, side, width})).reshape({out, width});
  } else {
    std::int64_t k = side / 2;
    for (std::int64_t stage = 0; stage < r.size(0); ++stage, k *= 2) {
      rows = regroup(rows, k, false);
      rows = at::matmul(r[stage], rows.reshape({-1, side, width})).reshape({out, width});
      rows = regroup(rows, k, true);
    }
  }
  if (has("rescale")) {
    rows = rows * numbers("rescale").reshape({out, 1});
  }
  return rows.reshape(weight.sizes()) - weight;
}

}  // namespace ptravel
