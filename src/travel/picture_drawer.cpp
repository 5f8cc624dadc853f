#include "travel/picture_drawer.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <utility>

#include <ATen/ATen.h>

#include "media/inpaint.h"
#include "pipeline/inpainting.h"
#include "pipeline/latents.h"
#include "ptravel/error.h"
#include "request/frame_settings.h"
#include "tensor/devices.h"
#include "tensor/memory_shortage.h"
#include "travel/frame_units.h"
#include "travel/settings.h"
#include "travel/step_counter.h"

namespace ptravel {
namespace {

std::string numbered(const char* name, std::int64_t number) {
  char text[64];
  std::snprintf(text, sizeof text, "%s-%05lld.png", name, static_cast<long long>(number));
  return text;
}

std::vector<std::int64_t> frames_of(const std::vector<PictureTask>& tasks) {
  std::vector<std::int64_t> frames;
  for (const PictureTask& task : tasks) {
    frames.push_back(task.index);
  }
  return frames;
}

}  // namespace

bool PictureDrawer::fit_together(const PictureTask& a, const PictureTask& b) {
  const bool from_picture = a.start.latent.defined();
  return from_picture == b.start.latent.defined() && a.embryo == b.embryo && a.bridge == b.bridge &&
         a.bridge_steps == b.bridge_steps && a.along_stages == b.along_stages &&
         (!a.along_stages || a.gap == b.gap) && a.loras == b.loras &&
         a.request.hires_denoise == b.request.hires_denoise &&
         (!from_picture || a.request.denoise_strength == b.request.denoise_strength);
}

PictureTask PictureDrawer::make_task(std::int64_t index, const FramePlace& place) const {
  PictureTask task;
  task.index = index;
  task.place = place;
  task.request = frame_request(walked_request(scene_.request), place, index);
  task.start = scene_.first_start(place);
  task.gap = place.stage;
  task.along_stages = attends() && !place.at_stage();
  if (!scene_.loras.stand_beside()) {
    task.loras = scene_.loras.at(place);
  }
  return task;
}

/// The next picture's LoRAs where they differ: how strong they are beside the UNet's weights, or
/// which weights it is drawn with.
void PictureDrawer::add_loras(const PictureTask& task, PictureBatch& batch) const {
  if (scene_.loras.stand_beside()) {
    batch.strengths.push_back(scene_.loras.strengths(task.place));
  } else if (!scene_.loras.same_everywhere()) {
    batch.addons.push_back(task.loras);
  }
}

void PictureDrawer::find_shared(PictureTask& task,
                                FrameSink& sink,
                                const TargetLatents& targets,
                                double frames_before) {
  frames_before_ = frames_before;
  if (shares_embryo()) {
    task.embryo = embryo_of(gap_of(task.place), sink);
  }
  if (const FilmBridge* const film = scene_.route->bridge_of(task.place)) {
    task.bridge = bridge_of(*film, sink, targets);
    task.bridge_steps = film->steps;
    task.bridge_share = film->share(task.place.alpha);
  }
}

void PictureDrawer::forget_other_gaps(std::int64_t gap) {
  std::erase_if(embryos_, [gap](const auto& entry) { return entry.first != gap; });
  std::erase_if(ends_, [gap](const auto& entry) { return entry.first != gap; });
  std::erase_if(bridges_, [gap](const KnownBridge& known) { return known.film.stage != gap; });
}

bool PictureDrawer::shares_embryo() const {
  return scene_.request.genesis == Genesis::Embryo && !scene_.plan.steps.empty();
}

const AttentionEnds& PictureDrawer::ends_of(std::int64_t gap) {
  std::unique_ptr<AttentionEnds>& ends = ends_[gap];
  if (!ends) {
    Route& route = *scene_.route;
    const AttentionEnds::Rules rules{attention_blend(scene_.request.attention_interpolation),
                                     attention_calls(scene_.request), route.padding()};
    ends = std::make_unique<AttentionEnds>(route.conditioning(route.place_at(gap, 0), {}),
                                           route.conditioning(route.place_at(gap, 1), {}), rules);
  }
  return *ends;
}

/// The tasks as they attend to their stages, which follow.
std::vector<PictureTask> PictureDrawer::with_ends(std::vector<PictureTask> tasks) {
  if (!tasks.front().along_stages) {
    return tasks;
  }
  const std::int64_t gap = tasks.front().gap;
  const AttentionEnds& ends = ends_of(gap);
  for (PictureTask& task : tasks) {
    if (!task.place.at_stage()) {
      task.conditioning = ends.between(task.conditioning, task.place.alpha);
    }
  }
  for (const double alpha : {0.0, 1.0}) {
    PictureTask end = make_task(0, scene_.route->place_at(gap, alpha));
    end.conditioning = alpha == 0 ? ends.from() : ends.to();
    tasks.push_back(std::move(end));
  }
  return tasks;
}

at::Tensor PictureDrawer::sample(const std::vector<PictureTask>& wanted,
                                 const GuidanceHooks& guidance,
                                 double frames_before) {
  const Pipeline& pipeline = *scene_.pipeline;
  PictureBatch batch;
  batch.width = scene_.request.width;
  batch.height = scene_.request.height;
  std::vector<at::Tensor> starts;
  std::vector<at::Tensor> repaints;
  for (const PictureTask& task : with_ends(wanted)) {
    batch.images.push_back(task.conditioning);
    batch.seeds.push_back(image_seed(task.request, task.place.alpha, pipeline.size_factor()));
    batch.guidance_scales.push_back(task.request.cfg_scale.at(0));
    add_loras(task, batch);
    if (task.start.latent.defined()) {
      starts.push_back(with_fill(task.start, task.request.inpainting_fill, batch.seeds.back()));
    }
    if (task.start.repaint.defined()) {
      repaints.push_back(task.start.repaint);
    }
    if (task.start.picture.defined()) {
      batch.pictures.push_back(task.start.picture);
    }
  }
  if (!repaints.empty()) {
    batch.repaint = at::cat(repaints);
  }
  if (!starts.empty()) {
    batch.init_latent = at::cat(starts);
  }
  const SamplingSettings settings = sampling_settings(wanted.front().request);
  StepCounter counter(progress_, frames_before, frames_of(wanted),
                      {reported_steps(settings, !starts.empty()), 0, second_steps(wanted)});
  SamplingHooks hooks = watched(counter);
  hooks.guidance = guidance;
  return pipeline.sample(settings, batch, hooks)
      .narrow(0, 0, static_cast<std::int64_t>(wanted.size()));
}

int PictureDrawer::second_steps(const std::vector<PictureTask>& tasks) const {
  return scene_.second_pass
             ? reported_steps(scene_.second_pass->settings(tasks.front().request), true)
             : 0;
}

/// Counts the steps, and shows them where somebody looks.
SamplingHooks PictureDrawer::watched(StepCounter& counter) {
  SamplingHooks hooks = counter.hooks();
  if (scene_.sketcher) {
    hooks.on_step = [this, &counter, count = hooks.on_step](const SamplerStep& step) {
      count(step);
      scene_.sketcher->see(step.denoised, counter.place());
    };
  }
  return hooks;
}

at::Tensor PictureDrawer::finished(const at::Tensor& latents,
                                   const std::vector<PictureTask>& tasks,
                                   double frames_before) {
  if (!scene_.second_pass) {
    return latents;
  }
  SecondPass& pass = *scene_.second_pass;
  const Pipeline& pipeline = *scene_.pipeline;
  PictureBatch batch;
  batch.width = pass.width();
  batch.height = pass.height();
  batch.init_latent = pass.start(latents);
  bool from_picture = false;
  for (const PictureTask& task : tasks) {
    batch.images.push_back(pass.conditioning(task.place, task.conditioning));
    batch.seeds.push_back(image_seed(task.request, task.place.alpha, pipeline.size_factor()));
    batch.guidance_scales.push_back(task.request.cfg_scale.at(0));
    add_loras(task, batch);
    from_picture = task.start.latent.defined();
  }
  const int before = reported_steps(sampling_settings(tasks.front().request), from_picture);
  StepCounter counter(progress_, frames_before, frames_of(tasks), {second_steps(tasks), before, 0});
  return pipeline.sample(pass.settings(tasks.front().request), batch, watched(counter));
}

std::vector<Drawing> PictureDrawer::decoded(const at::Tensor& latents,
                                            const std::vector<PictureTask>& tasks) const {
  std::vector<Drawing> drawings;
  std::vector<Image> images = scene_.pipeline->decode(latents);
  const at::Tensor kept = latents.to(at::kCPU);
  for (Image& image : images) {
    const auto index = static_cast<std::int64_t>(drawings.size());
    if (const auto& overlay = tasks.at(drawings.size()).start.overlay) {
      image = with_overlay(image, *overlay);
    }
    drawings.push_back({std::move(image), stored_latent(kept, index)});
  }
  return drawings;
}

/// Where memory is short, fewer are drawn at once from there on: a picture does not depend on how
/// many there are.
std::vector<Drawing> PictureDrawer::draw(const std::vector<PictureTask>& tasks,
                                         double frames_before) {
  std::vector<Drawing> drawings;
  while (drawings.size() < tasks.size()) {
    const auto begin = tasks.begin() + static_cast<std::ptrdiff_t>(drawings.size());
    const std::size_t count = std::min(most_at_once_, tasks.size() - drawings.size());
    const std::vector<PictureTask> some(begin, begin + static_cast<std::ptrdiff_t>(count));
    try {
      std::vector<Drawing> drawn =
          draw_at_once(some, frames_before + static_cast<double>(drawings.size()));
      std::ranges::move(drawn, std::back_inserter(drawings));
    } catch (...) {
      if (count == 1 || !memory_was_refused()) {
        throw;
      }
      most_at_once_ = (count + 1) / 2;
    }
    if (most_at_once_ < count) {
      release_unused_memory(scene_.pipeline->compute().device);
    }
  }
  return drawings;
}

std::vector<Drawing> PictureDrawer::draw_at_once(const std::vector<PictureTask>& tasks,
                                                 double frames_before) {
  const PictureTask& first = tasks.front();
  if (!first.bridge) {
    const at::Tensor latents =
        sample(tasks, first.embryo ? first.embryo->player() : GuidanceHooks{}, frames_before);
    return decoded(finished(latents, tasks, frames_before), tasks);
  }
  std::vector<double> shares;
  for (const PictureTask& task : tasks) {
    shares.push_back(task.bridge_share);
  }
  if (scene_.request.bridge == BridgeKind::Blend) {
    std::vector<Drawing> drawings;
    for (const double share : shares) {
      drawings.push_back(
          {first.bridge->blend(share), stored_latent(first.bridge->blend_latents(share), 0)});
    }
    return drawings;
  }
  const at::Tensor latents =
      sample(tasks, first.bridge->player(first.bridge_steps, std::move(shares)), frames_before);
  return decoded(finished(latents, tasks, frames_before), tasks);
}

std::shared_ptr<Embryo> PictureDrawer::embryo_of(std::int64_t gap, FrameSink& sink) {
  if (const auto found = embryos_.find(gap); found != embryos_.end()) {
    return found->second;
  }
  PictureTask task = make_task(0, {gap, 0.5, 0, 0, 0.5});
  task.conditioning = scene_.route->halfway(gap);
  const auto embryo = std::make_shared<Embryo>(task.request);
  std::vector<Drawing> drawings =
      decoded(sample({task}, embryo->recorder(), frames_before_), {task});
  const bool only_one = scene_.plan.steps.size() == 1;
  sink.add_file(
      {only_one ? "embryo.png" : numbered("embryo", gap), "", std::move(drawings.front().image)});
  return embryos_[gap] = embryo;
}

/// The pictures at both ends, drawn again.
std::shared_ptr<const Bridge> PictureDrawer::bridge_of(const FilmBridge& film,
                                                       FrameSink& sink,
                                                       const TargetLatents& targets) {
  // How many steps are mixed is no matter of the ends.
  const auto known = std::ranges::find_if(bridges_, [&](const KnownBridge& other) {
    return other.film.stage == film.stage && other.film.from_alpha == film.from_alpha &&
           other.film.to_alpha == film.to_alpha;
  });
  if (known != bridges_.end()) {
    return known->bridge;
  }
  std::vector<PictureTask> sides;
  for (const double alpha : {film.from_alpha, film.to_alpha}) {
    PictureTask task = make_task(0, scene_.route->place_at(film.stage, alpha));
    task.conditioning = scene_.route->conditioning_of_any(task.place, targets);
    task.gap = film.stage;
    task.along_stages = attends();
    sides.push_back(std::move(task));
  }
  const auto bridge = std::make_shared<Bridge>(sides.front().request);
  const GuidanceHooks shared =
      shares_embryo() ? embryo_of(film.stage, sink)->player() : GuidanceHooks{};
  at::Tensor latents = sample(sides, bridge->recorder(shared), frames_before_);
  if (scene_.request.bridge == BridgeKind::Blend) {
    latents = finished(latents, sides, frames_before_);
    std::vector<Image> images;
    for (Drawing& drawing : decoded(latents, sides)) {
      images.push_back(std::move(drawing.image));
    }
    bridge->set_pictures(std::move(images), {latents.narrow(0, 0, 1), latents.narrow(0, 1, 1)});
  }
  bridges_.push_back({film, bridge});
  return bridge;
}

}  // namespace ptravel
