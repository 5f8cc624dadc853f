#include "pipeline/latent_colours.h"

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/profile_scope.h"
#include "pipeline/latents.h"
#include "ptravel/error.h"
#include "tensor/rng.h"

namespace ptravel {
namespace {

constexpr std::int64_t kSide = 16;  // cells of a latent that is decoded
constexpr std::uint64_t kSeed = 1;
constexpr double kRidge = 1e-3;  // keeps the fit stable where channels hardly vary

/// Latents like those of pictures: areas of few to many patches, from plain to lively, with a
/// little grain. [N, C, kSide, kSide] of about the spread that the VAE's own latents have.
at::Tensor calibration_latents(std::int64_t channels) {
  Rng rng(RngSource::Cpu, kSeed);
  std::vector<at::Tensor> latents;
  for (const std::int64_t patches : {1, 2, 4, 8}) {
    at::Tensor areas = rng.randn({1, channels, patches, patches});
    areas = at::upsample_bilinear2d(areas, {kSide, kSide}, /*align_corners=*/true);
    latents.push_back(areas + rng.randn({1, channels, kSide, kSide}) * 0.1);
  }
  return at::cat(latents);
}

/// The rows [cells, columns] of a picture-like tensor [columns, h, w], as double.
at::Tensor rows_of(const at::Tensor& picture) { return picture.flatten(1).t().to(at::kDouble); }

}  // namespace

LatentColours LatentColours::fit(const Vae& vae) {
  const auto profile = ProfileScope::part("fitting colours");
  const at::NoGradGuard no_gradients;
  const std::int64_t channels = vae.config().embed_dim;
  const at::Tensor latents = calibration_latents(channels);
  at::Tensor products = at::eye(channels + 1, at::kDouble) * kRidge;
  at::Tensor targets = at::zeros({channels + 1, 3}, at::kDouble);
  for (std::int64_t i = 0; i < latents.size(0); ++i) {
    const at::Tensor latent = latents.narrow(0, i, 1);
    const at::Tensor decoded = vae.decode(latent.to(vae.compute().device)).to(at::kCPU, at::kFloat);
    const at::Tensor colours =
        at::adaptive_avg_pool2d(decoded.clamp(-1, 1), {kSide, kSide}).squeeze(0);
    if (!at::isfinite(colours).all().item<bool>()) {
      continue;  // The VAE overflows in this number format; drawing will say so.
    }
    const at::Tensor cells = at::cat({latent.squeeze(0), at::ones({1, kSide, kSide})});
    const at::Tensor rows = rows_of(cells);
    products = products + rows.t().matmul(rows);
    targets = targets + rows.t().matmul(rows_of(colours));
  }
  return LatentColours(at::linalg_solve(products, targets).t().to(at::kFloat).contiguous());
}

Image LatentColours::picture(const at::Tensor& latent) const {
  PTRAVEL_CHECK(latent.dim() == 3 && latent.size(0) + 1 == map_.size(1));
  const at::NoGradGuard no_gradients;
  const std::int64_t channels = latent.size(0);
  const at::Tensor cells = latent.to(at::kCPU, at::kFloat).reshape({channels, -1});
  at::Tensor colours = map_.narrow(1, 0, channels).matmul(cells) + map_.narrow(1, channels, 1);
  colours = at::nan_to_num(colours, 0.0, 1.0, -1.0);
  return tensor_to_image(colours.reshape({1, 3, latent.size(1), latent.size(2)}));
}

}  // namespace ptravel
