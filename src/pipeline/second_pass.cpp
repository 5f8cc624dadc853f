#include "pipeline/second_pass.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "media/resize.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kMostRounds = 3;
constexpr int kMultiple = 8;  // of sizes in the web UI

Image fitted(Image picture, int width, int height) {
  return picture.width == width && picture.height == height
             ? std::move(picture)
             : resize(picture, width, height, ResizeFilter::Lanczos3);
}

}  // namespace

at::Tensor resized_latent(const at::Tensor& latents,
                          std::int64_t columns,
                          std::int64_t rows,
                          LatentUpscale kind) {
  const auto profile = ProfileScope::part("enlarging");
  const at::Tensor x = latents.to(at::kFloat).contiguous();
  switch (kind) {
    case LatentUpscale::Bilinear:
      return at::upsample_bilinear2d(x, {rows, columns}, /*align_corners=*/false);
    case LatentUpscale::BilinearAntialiased:
      return at::_upsample_bilinear2d_aa(x, {rows, columns}, /*align_corners=*/false);
    case LatentUpscale::Bicubic:
      return at::upsample_bicubic2d(x, {rows, columns}, /*align_corners=*/false);
    case LatentUpscale::BicubicAntialiased:
      return at::_upsample_bicubic2d_aa(x, {rows, columns}, /*align_corners=*/false);
    case LatentUpscale::Nearest:
      return at::upsample_nearest2d(x, {rows, columns});
    case LatentUpscale::NearestExact:
      return at::_upsample_nearest_exact2d(x, {rows, columns});
  }
  PTRAVEL_CHECK(false);
}

at::Tensor cut_latent(const at::Tensor& latents, std::int64_t columns, std::int64_t rows) {
  return latents.narrow(2, rows / 2, latents.size(2) - rows)
      .narrow(3, columns / 2, latents.size(3) - columns)
      .contiguous();
}

Image enlarged(const Image& picture,
               int width,
               int height,
               const std::string& upscaler,
               const EnlargeOnce& once) {
  const auto profile = ProfileScope::part("enlarging");
  PTRAVEL_CHECK(picture.width > 0 && picture.height > 0);
  const double scale = std::max(static_cast<double>(width) / picture.width,
                                static_cast<double>(height) / picture.height);
  if (upscaler == kNoUpscaler || scale <= 1) {
    return fitted(picture, width, height);
  }
  const auto side = [scale](int from) {
    return std::max(kMultiple, static_cast<int>(from * scale) / kMultiple * kMultiple);
  };
  const int whole_width = side(picture.width);
  const int whole_height = side(picture.height);
  Image result = picture;
  for (int round = 0; round < kMostRounds; ++round) {
    if (result.width >= whole_width && result.height >= whole_height) {
      break;
    }
    const int before_width = result.width;
    const int before_height = result.height;
    if (once) {
      result = once(result);
    } else {
      const int to_width = static_cast<int>(result.width * scale);
      const int to_height = static_cast<int>(result.height * scale);
      result = upscaler == kNearestUpscaler ? resize_nearest(result, to_width, to_height)
                                            : fitted(std::move(result), to_width, to_height);
    }
    if (result.width == before_width && result.height == before_height) {
      break;
    }
  }
  return fitted(fitted(std::move(result), whole_width, whole_height), width, height);
}

}  // namespace ptravel
