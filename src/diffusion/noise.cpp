#include "diffusion/noise.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/devices.h"

namespace ptravel {
namespace {

// What one axis of the smaller noise copies from and to when it is laid centred on the larger.
struct Overlap {
  std::int64_t source;
  std::int64_t target;
  std::int64_t length;
};

Overlap centred_overlap(std::int64_t source_size, std::int64_t target_size) {
  const std::int64_t room = target_size - source_size;
  const std::int64_t offset = (room - (room < 0 && room % 2 != 0 ? 1 : 0)) / 2;  // Rounded down.
  const std::int64_t length = offset >= 0 ? source_size : source_size + 2 * offset;
  return {std::max<std::int64_t>(-offset, 0), std::max<std::int64_t>(offset, 0), length};
}

at::Tensor paste_centred(const at::Tensor& source, const at::Tensor& target) {
  const Overlap rows = centred_overlap(source.size(1), target.size(1));
  const Overlap columns = centred_overlap(source.size(2), target.size(2));
  at::Tensor result = target.clone();
  if (rows.length > 0 && columns.length > 0) {
    result.narrow(1, rows.target, rows.length)
        .narrow(2, columns.target, columns.length)
        .copy_(
            source.narrow(1, rows.source, rows.length).narrow(2, columns.source, columns.length));
  }
  return result;
}

// For each channel and column, in row-major order: the cosine between the two columns of h numbers.
// Summed in a fixed order, so that noise does not depend on the machine.
std::vector<double> column_cosines(const at::Tensor& low, const at::Tensor& high) {
  const auto a = low.accessor<double, 3>();
  const auto b = high.accessor<double, 3>();
  std::vector<double> cosines;
  for (std::int64_t c = 0; c < low.size(0); ++c) {
    for (std::int64_t w = 0; w < low.size(2); ++w) {
      double product = 0, a_squared = 0, b_squared = 0;
      for (std::int64_t h = 0; h < low.size(1); ++h) {
        product += a[c][h][w] * b[c][h][w];
        a_squared += a[c][h][w] * a[c][h][w];
        b_squared += b[c][h][w] * b[c][h][w];
      }
      cosines.push_back(product / (std::sqrt(a_squared) * std::sqrt(b_squared)));
    }
  }
  return cosines;
}

// Columns of one number have no angle between them (the web UI's formula divides 0 by 0): they are
// mixed as the independent noise that they are, so that the mixture is standard normal, too.
at::Tensor mixed_at_right_angle(double value, const at::Tensor& low, const at::Tensor& high) {
  if (low.equal(high)) {
    return low;
  }
  const double angle = value * std::acos(0.0);
  return low * std::cos(angle) + high * std::sin(angle);
}

bool is_under_way(const ImageSeed& seed) { return seed.to_share != 0 && seed.to_seed != seed.seed; }

}  // namespace

at::Tensor slerp(double value, const at::Tensor& low, const at::Tensor& high) {
  if (low.dim() != 3 || low.sizes() != high.sizes()) {
    throw Error(ErrorCode::InvalidArgument, "[slerp] expected two tensors of one shape [C, h, w]");
  }
  if (low.size(1) == 1) {
    return mixed_at_right_angle(value, low, high);
  }
  const at::Tensor low_numbers = low.to(at::kCPU, at::kDouble).contiguous();
  const at::Tensor high_numbers = high.to(at::kCPU, at::kDouble).contiguous();
  const std::vector<double> cosines = column_cosines(low_numbers, high_numbers);
  const double mean =
      std::accumulate(cosines.begin(), cosines.end(), 0.0) / static_cast<double>(cosines.size());
  if (mean > 0.9995) {
    return low * value + high * (1 - value);
  }
  at::Tensor low_weights = at::empty({low.size(0), 1, low.size(2)}, low_numbers.options());
  at::Tensor high_weights = at::empty_like(low_weights);
  for (std::size_t i = 0; i < cosines.size(); ++i) {
    const double omega = std::acos(cosines[i]);
    low_weights.data_ptr<double>()[i] = std::sin((1 - value) * omega) / std::sin(omega);
    high_weights.data_ptr<double>()[i] = std::sin(value * omega) / std::sin(omega);
  }
  return (low_weights * low_numbers + high_weights * high_numbers).to(low.options());
}

ImageRng::ImageRng(const ImageSeed& seed, at::IntArrayRef shape)
    : seed_(seed), shape_(shape.vec()), rng_(seed.source, seed.seed) {
  if (shape_.size() != 3 || *std::min_element(shape_.begin(), shape_.end()) < 1) {
    throw Error(ErrorCode::InvalidArgument,
                "[noise] shape: expected three positive sizes [C, h, w]");
  }
  if (!std::isfinite(seed_.subseed_strength) || !std::isfinite(seed_.to_share)) {
    throw Error(ErrorCode::InvalidArgument, "[noise] subseed strength: expected a finite number");
  }
  if (is_under_way(seed_)) {
    to_rng_.emplace(seed.source, seed.to_seed);
  }
}

at::Tensor ImageRng::first() {
  std::vector<std::int64_t> noise_shape = shape_;
  if (seed_.resize_from_height > 0 && seed_.resize_from_width > 0) {
    noise_shape = {shape_[0], seed_.resize_from_height, seed_.resize_from_width};
  }
  const bool resized = noise_shape != shape_;
  at::Tensor noise =
      resized ? Rng(seed_.source, seed_.seed).randn(noise_shape) : rng_.randn(shape_);
  if (to_rng_) {
    noise = slerp(
        seed_.to_share, noise,
        resized ? Rng(seed_.source, seed_.to_seed).randn(noise_shape) : to_rng_->randn(shape_));
  }
  if (seed_.subseed_strength != 0) {
    noise =
        slerp(seed_.subseed_strength, noise, Rng(seed_.source, seed_.subseed).randn(noise_shape));
  }
  if (resized) {
    noise = paste_centred(noise, drawn());
  }
  if (seed_.ensd != 0) {
    const auto delta = static_cast<std::uint64_t>(seed_.ensd);
    rng_ = Rng(seed_.source, seed_.seed + delta);
    if (to_rng_) {
      to_rng_ = Rng(seed_.source, seed_.to_seed + delta);
    }
  }
  return noise;
}

at::Tensor ImageRng::drawn() {
  const at::Tensor noise = rng_.randn(shape_);
  return to_rng_ ? slerp(seed_.to_share, noise, to_rng_->randn(shape_)) : noise;
}

at::Tensor ImageRng::next() {
  if (is_first_) {
    is_first_ = false;
    return first();
  }
  return drawn();
}

ImageNoise::ImageNoise(const std::vector<ImageSeed>& seeds, at::IntArrayRef shape)
    : shape_(shape.vec()) {
  PTRAVEL_CHECK(!seeds.empty());
  for (const ImageSeed& seed : seeds) {
    const auto known = std::find(seeds_.begin(), seeds_.end(), seed);
    seed_of_.push_back(static_cast<std::size_t>(known - seeds_.begin()));
    if (known == seeds_.end()) {
      seeds_.push_back(seed);
      streams_.emplace_back(seed, shape);
    }
  }
}

at::Tensor ImageNoise::by_picture(const std::vector<at::Tensor>& drawn) const {
  std::vector<at::Tensor> tensors;
  for (const std::size_t place : seed_of_) {
    tensors.push_back(drawn[place]);
  }
  return at::stack(tensors);
}

void ImageNoise::begin_brownian(double sigma_min, double sigma_max) {
  trees_.clear();
  to_trees_.clear();
  for (const ImageSeed& seed : seeds_) {
    trees_.emplace_back(seed.source, seed.seed, shape_, sigma_min, sigma_max);
    to_trees_.emplace_back();
    if (is_under_way(seed)) {
      to_trees_.back().emplace(seed.source, seed.to_seed, shape_, sigma_min, sigma_max);
    }
  }
}

at::Tensor ImageNoise::next() {
  const auto profile = ProfileScope::part("noise");
  std::vector<at::Tensor> tensors;
  for (ImageRng& stream : streams_) {
    tensors.push_back(stream.next());
  }
  return by_picture(tensors);
}

at::Tensor ImageNoise::next(const at::Tensor& like) { return sent(next(), like.options()); }

at::Tensor ImageNoise::brownian(double sigma, double sigma_next, const at::Tensor& like) {
  PTRAVEL_CHECK(trees_.size() == seeds_.size());
  const auto profile = ProfileScope::part("noise");
  std::vector<at::Tensor> tensors;
  for (std::size_t i = 0; i < trees_.size(); ++i) {
    tensors.push_back(trees_[i].noise(sigma, sigma_next));
    if (to_trees_[i]) {
      tensors.back() =
          slerp(seeds_[i].to_share, tensors.back(), to_trees_[i]->noise(sigma, sigma_next));
    }
  }
  return sent(by_picture(tensors), like.options());
}

}  // namespace ptravel
