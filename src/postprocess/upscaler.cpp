#include "postprocess/upscaler.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "postprocess/picture_tensor.h"
#include "postprocess/tiles.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

/// What the layers of a tile take at once, about.
constexpr double kTileBytes = 1 << 30;
/// Pictures of the largest layer's size that exist at the same time.
constexpr double kPicturesAtOnce = 3;
constexpr std::int64_t kLeastSide = 96;
constexpr std::int64_t kMostSide = 1024;

/// Channels of the network's widest layer for each pixel of its input.
double numbers_per_pixel(const UpscalerConfig& config) {
  if (const auto* compact = std::get_if<CompactConfig>(&config)) {
    return static_cast<double>(std::max(compact->width, 3 * compact->scale * compact->scale));
  }
  const auto& rrdb = std::get<RrdbConfig>(config);
  const auto enlarged = static_cast<double>(upscaler_scale(config) * rrdb.unshuffle);
  const auto dense = static_cast<double>(rrdb.width + 4 * rrdb.growth);
  return std::max(static_cast<double>(rrdb.width) * enlarged * enlarged, dense);
}

std::int64_t unshuffle_of(const UpscalerConfig& config) {
  const auto* rrdb = std::get_if<RrdbConfig>(&config);
  return rrdb != nullptr ? rrdb->unshuffle : 1;
}

/// The picture with sides that are multiples, mirrored at its right and lower edge as far as there
/// are pixels.
at::Tensor padded(const at::Tensor& picture, std::int64_t multiple) {
  const auto missing = [&](std::int64_t side) { return (multiple - side % multiple) % multiple; };
  const std::int64_t below = missing(picture.size(2)), right = missing(picture.size(3));
  if (below == 0 && right == 0) {
    return picture;
  }
  if (below < picture.size(2) && right < picture.size(3)) {
    return at::reflection_pad2d(picture, {0, right, 0, below});
  }
  return at::replication_pad2d(picture, {0, right, 0, below});
}

}  // namespace

Upscaler Upscaler::open(const std::filesystem::path& path, const Compute& compute) {
  return {NetworkFile::open(path), compute};
}

Upscaler::Upscaler(const NetworkFile& file, const Compute& compute)
    : compute_(compute), name_(file.name()) {
  const NetworkFile inner = file.unwrapped();
  config_ = recognize_upscaler(inner);
  if (const auto* rrdb = std::get_if<RrdbConfig>(&config_)) {
    network_ = std::make_shared<const Network>(load_network<RrdbNetwork>(inner, *rrdb, compute));
  } else {
    network_ = std::make_shared<const Network>(
        load_network<CompactNetwork>(inner, std::get<CompactConfig>(config_), compute));
  }
}

std::int64_t Upscaler::usual_side() const {
  const auto bytes = static_cast<double>(c10::elementSize(compute_.dtype));
  const double side =
      std::sqrt(kTileBytes / (kPicturesAtOnce * numbers_per_pixel(config_) * bytes));
  return std::clamp(static_cast<std::int64_t>(side), kLeastSide, kMostSide);
}

at::Tensor Upscaler::run(const at::Tensor& picture) const {
  const at::Tensor x = picture.to(compute_.device, compute_.dtype);
  return std::visit([&](const auto& network) { return network(x); }, *network_);
}

at::Tensor Upscaler::operator()(const at::Tensor& picture,
                                const TileOptions& options,
                                const PartDone& done) const {
  PTRAVEL_CHECK(picture.dim() == 4 && picture.size(0) == 1 && picture.size(1) == 3 &&
                picture.numel() > 0);
  const auto profile = ProfileScope::part("upscaler");
  const std::int64_t unshuffle = unshuffle_of(config_), factor = scale();
  const at::Tensor whole = padded(picture, unshuffle);
  const std::int64_t side = options.most_side > 0 ? options.most_side : usual_side();
  const TilePlan plan = plan_tiles(whole.size(2), whole.size(3), side * unshuffle,
                                   options.overlap * unshuffle, unshuffle);
  at::Tensor out = at::empty({1, 3, whole.size(2) * factor, whole.size(3) * factor}, at::kFloat);
  for (std::size_t i = 0; i < plan.tiles.size(); ++i) {
    const Tile& tile = plan.tiles[i];
    if (done) {
      done(static_cast<double>(i) / static_cast<double>(plan.tiles.size()));
    }
    const at::Tensor window =
        whole.narrow(2, tile.top, plan.window_height).narrow(3, tile.left, plan.window_width);
    const at::Tensor large = run(window);
    out.narrow(2, tile.core_top * factor, tile.core_height * factor)
        .narrow(3, tile.core_left * factor, tile.core_width * factor)
        .copy_(large.narrow(2, (tile.core_top - tile.top) * factor, tile.core_height * factor)
                   .narrow(3, (tile.core_left - tile.left) * factor, tile.core_width * factor));
  }
  if (done) {
    done(1);
  }
  return out.narrow(2, 0, picture.size(2) * factor).narrow(3, 0, picture.size(3) * factor);
}

Image Upscaler::operator()(const Image& image, const PartDone& done) const {
  return image_of((*this)(unit_tensor(image), {}, done), name_);
}

}  // namespace ptravel
