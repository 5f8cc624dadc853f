#include "latent_pool.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "picture_set.h"

namespace ptravel::train {
namespace {

constexpr std::int64_t kEncodeBatch = 32;

}  // namespace

LatentPool::LatentPool(const Vae& vae,
                       int picture_size,
                       std::int64_t capacity,
                       std::uint64_t seed,
                       std::uint64_t first)
    : vae_(vae), picture_size_(picture_size), capacity_(capacity), seed_(seed), next_(first) {
  const std::int64_t side = picture_size / vae.config().factor();
  latents_ = at::zeros({capacity, vae.config().embed_dim, side, side},
                       at::TensorOptions().dtype(at::kHalf).device(vae.compute().device));
}

void LatentPool::add(std::int64_t count) {
  at::NoGradGuard no_gradients;
  for (std::int64_t done = 0; done < count; done += kEncodeBatch) {
    const std::int64_t now = std::min(kEncodeBatch, count - done);
    const std::vector<Drawing> drawings = drawings_at(seed_, next_, now);
    next_ += static_cast<std::uint64_t>(now);
    const at::Tensor pictures = draw_scaled(drawings, picture_size_, vae_.compute().device);
    const at::Tensor latents =
        vae_.encode(pictures).mean.to(at::kFloat) * vae_.config().scale_factor;
    for (std::int64_t i = 0; i < now; ++i) {
      const Look& look = drawings[static_cast<std::size_t>(i)].look;
      if (size() < capacity_) {
        latents_[size()].copy_(latents[i]);
        looks_.push_back(look);
      } else {
        latents_[oldest_].copy_(latents[i]);
        looks_[static_cast<std::size_t>(oldest_)] = look;
        oldest_ = (oldest_ + 1) % capacity_;
      }
    }
  }
}

void LatentPool::fill(std::int64_t count, Progress& progress) {
  progress.begin("Drawing and encoding pictures", "pictures", static_cast<double>(count));
  for (std::int64_t done = 0; done < count; done += kEncodeBatch) {
    progress.check_cancelled();
    add(std::min(kEncodeBatch, count - done));
    progress.update(static_cast<double>(std::min(done + kEncodeBatch, count)));
  }
}

LatentBatch LatentPool::sample(Dice& dice, std::int64_t count) const {
  at::Tensor chosen = at::empty({count}, at::kLong);
  LatentBatch batch;
  for (std::int64_t i = 0; i < count; ++i) {
    const int index = dice.below(static_cast<int>(looks_.size()));
    chosen.data_ptr<std::int64_t>()[i] = index;
    batch.looks.push_back(looks_[static_cast<std::size_t>(index)]);
  }
  batch.latents = latents_.index_select(0, chosen.to(latents_.device())).to(at::kFloat);
  return batch;
}

}  // namespace ptravel::train
