#include "pictures.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <future>
#include <vector>

#include <ATen/Parallel.h>

#include "canvas.h"
#include "degrade.h"
#include "pictures_parts.h"

namespace ptravel::train {
namespace {

void draw_shadow(Figure& figure) {
  if (figure[Attribute::Pose] == pose::Flying) {
    return;
  }
  const Frame ground = figure.body.inside({0, 0.415F}, -figure.place.tilt);
  figure.canvas.paint(ground, Shape().ellipse({0, 0}, 0.14F, 0.022F),
                      glow(rgb(30, 25, 50), 5, 0.35F));
}

void draw_figure(Figure& figure) {
  const bool arm_in_front = figure.has(Attribute::Wand) || figure[Attribute::Pose] == pose::Flying;
  draw_shadow(figure);
  draw_wings(figure);
  draw_cloak(figure);
  draw_back_hair(figure);
  draw_tail(figure);
  draw_legs(figure);
  draw_arm(figure, 0);
  if (!arm_in_front) {
    draw_arm(figure, 1);
  }
  draw_torso(figure);
  draw_egyptian_collar(figure);
  draw_cloak_clasp(figure);
  draw_bell_collar(figure);
  draw_head(figure);
  draw_eyes(figure);
  draw_mouth(figure);
  draw_front_hair(figure);
  draw_brows(figure);
  draw_bell(figure);
  draw_glasses(figure);
  draw_headwear(figure);
  draw_wand(figure);
  if (arm_in_front) {
    draw_arm(figure, 1);
  }
}

at::Tensor draw_picture(const Drawing& drawing, int size) {
  const int quality = drawing.look[Attribute::Quality];
  Canvas canvas(size, drawing.placement.light, quality == quality::Sketch);
  draw_background(canvas, drawing);
  Figure figure(canvas, drawing);
  draw_figure(figure);
  if (quality == quality::Sketch) {
    return with_grain(canvas.pixels(), drawing.placement.scene);
  }
  return degrade(canvas.pixels(), quality, drawing.placement.scene);
}

}  // namespace

at::Tensor draw_pictures(std::span<const Drawing> drawings, int size, at::Device device) {
  TORCH_CHECK(size > 0 && size % 8 == 0, "A picture's size must be a multiple of 8.");
  const auto count = static_cast<std::int64_t>(drawings.size());
  at::Tensor pictures = at::empty({count, 3, size, size}, at::kFloat);
  std::atomic<std::int64_t> next = 0;
  const auto work = [&] {
    const c10::InferenceMode no_gradients;
    for (std::int64_t i = next++; i < count; i = next++) {
      const at::Tensor picture =
          draw_picture(drawings[static_cast<std::size_t>(i)], size).contiguous();
      std::copy_n(picture.data_ptr<float>(), picture.numel(),
                  pictures.data_ptr<float>() + i * picture.numel());
    }
  };
  std::vector<std::future<void>> helpers;
  const auto threads = std::min<std::int64_t>(at::get_num_threads(), count);
  for (std::int64_t i = 1; i < threads; ++i) {
    helpers.push_back(std::async(std::launch::async, work));
  }
  work();
  for (std::future<void>& helper : helpers) {
    helper.get();
  }
  return pictures.to(device);
}

}  // namespace ptravel::train
