#include "picture_set.h"

#include <ATen/ATen.h>

#include "pictures.h"

namespace ptravel::train {

Drawing drawing_at(std::uint64_t seed, std::uint64_t number, double degraded_share) {
  Dice dice(Dice(seed).next() ^ (number * 0x9e3779b97f4a7c15ULL));
  Drawing drawing;
  drawing.look = random_look(dice);
  drawing.placement = random_placement(drawing.look, dice);
  if (dice.chance(degraded_share)) {
    drawing.look[Attribute::Quality] = random_degradation(dice);
  }
  return drawing;
}

std::vector<Drawing> drawings_at(std::uint64_t seed, std::uint64_t first, std::int64_t count) {
  std::vector<Drawing> drawings;
  drawings.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    drawings.push_back(drawing_at(seed, first + static_cast<std::uint64_t>(i)));
  }
  return drawings;
}

at::Tensor draw_scaled(std::span<const Drawing> drawings, int size, at::Device device) {
  return draw_pictures(drawings, size, device).mul_(2).sub_(1);
}

double psnr_8bit(const at::Tensor& pictures, const at::Tensor& others) {
  const auto bytes = [](const at::Tensor& x) {
    return ((x.to(at::kFloat) + 1) * 127.5).clamp(0, 255).round();
  };
  const at::Tensor mse = (bytes(pictures) - bytes(others)).square().mean({1, 2, 3}).clamp_min(1e-3);
  return (10 * (255.0 * 255.0 / mse).log10()).mean().item<double>();
}

}  // namespace ptravel::train
