#include "travel/bridge.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "ptravel/sampling.h"

namespace ptravel {
namespace {

constexpr double kShares[] = {0.2, 0.4, 0.6, 0.8, 1};  // of a run's steps

const SamplerInfo& sampler_of(const TravelRequest& request) {
  return find_sampler(resolve_sampler(request.sampler, request.scheduler).sampler);
}

/// The first two rows of [2 + n, C, h, w] become one for each share, the others follow. Nothing
/// stays nothing.
at::Tensor mixed(const at::Tensor& sides, const std::vector<double>& shares) {
  if (!sides.defined()) {
    return sides;
  }
  std::vector<at::Tensor> rows;
  for (const double share : shares) {
    rows.push_back(sides[0] * (1 - share) + sides[1] * share);
  }
  for (std::int64_t i = 2; i < sides.size(0); ++i) {
    rows.push_back(sides[i]);
  }
  return at::stack(rows);
}

}  // namespace

Bridge::Bridge(const TravelRequest& request)
    : calls_per_step_(ptravel::calls_per_step(sampler_of(request))),
      extra_first_calls_(sampler_of(request).extra_first_calls) {}

GuidanceHooks Bridge::recorder(GuidanceHooks others) {
  GuidanceHooks hooks = std::move(others);
  hooks.on_call = [this, before = hooks.on_call](int call, const at::Tensor& x, double level,
                                                 const GuidedEps& result) {
    if (before) {
      before(call, x, level, result);
    }
    results_.push_back(result.clone());
  };
  return hooks;
}

GuidanceHooks Bridge::player(int steps, std::vector<double> shares) const {
  GuidanceHooks hooks;
  const auto calls = static_cast<std::size_t>(steps * calls_per_step_ + extra_first_calls_);
  hooks.replay = [this, calls = std::min(calls, results_.size()), shares = std::move(shares)](
                     int call, const at::Tensor&) -> std::optional<GuidedEps> {
    const auto index = static_cast<std::size_t>(call);
    if (index >= calls) {
      return std::nullopt;
    }
    const GuidedEps& result = results_[index];
    return GuidedEps{mixed(result.guided, shares), mixed(result.uncond, shares),
                     mixed(result.momentum, shares)};
  };
  return hooks;
}

void Bridge::set_pictures(std::vector<Image> images, std::vector<at::Tensor> latents) {
  PTRAVEL_CHECK(images.size() == 2 && latents.size() == 2);
  images_ = std::move(images);
  latents_ = std::move(latents);
}

Image Bridge::blend(double share) const {
  Image image = images_.at(0);
  const Image& other = images_.at(1);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const double value = image.pixels[i] * (1 - share) + other.pixels[i] * share;
    image.pixels[i] = static_cast<std::uint8_t>(std::lround(value));
  }
  return image;
}

at::Tensor Bridge::blend_latents(double share) const {
  return latents_.at(0) * (1 - share) + latents_.at(1) * share;
}

std::vector<int> bridge_steps(BridgeKind kind, int steps, int shared) {
  if (kind == BridgeKind::Off) {
    return {};
  }
  std::vector<int> all;
  for (const double share : kShares) {
    const int mixed = std::clamp(static_cast<int>(std::lround(share * steps)), 1, steps);
    if (mixed > shared && (all.empty() || mixed > all.back())) {
      all.push_back(mixed);
    }
  }
  return kind == BridgeKind::Blend ? std::vector<int>{steps} : all;
}

}  // namespace ptravel
