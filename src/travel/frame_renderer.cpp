#include "travel/frame_renderer.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "request/frame_metadata.h"
#include "request/frame_settings.h"
#include "travel/frame_units.h"
#include "travel/scene_log.h"

namespace ptravel {

/// Puts a task to those that are drawn together, as many as the request allows.
void FrameRenderer::wait(PictureTask task) {
  const bool full = waiting_.size() >= static_cast<std::size_t>(scene_.at_once());
  if (full || (!waiting_.empty() && !PictureDrawer::fit_together(waiting_.front(), task))) {
    draw_waiting();
  }
  waiting_.push_back(std::move(task));
}

void FrameRenderer::draw_waiting() {
  if (waiting_.empty()) {
    return;
  }
  std::vector<Drawing> drawings = drawer_.draw(waiting_, static_cast<double>(frames_done_));
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    take_(waiting_[i], std::move(drawings[i]));
  }
  frames_done_ += static_cast<std::int64_t>(waiting_.size());
  progress_.update(static_cast<double>(frames_done_));
  waiting_.clear();
}

/// Gives the sink a frame, and keeps its picture while others go by it.
void FrameRenderer::hand_over(const PictureTask& task, Drawing drawing, FrameSink& sink) {
  const FrameSpot where = spot(task.index);
  sink.add({task.index, drawing.image, parameters(where, task.request, where.stage),
            std::move(drawing.latent)});
  if (starts_left_.count(task.index) > 0 || is_guide(task)) {
    pictures_[task.index] = std::move(drawing.image);
  }
}

/// Fills in what a frame is drawn from; draws what that depends on.
void FrameRenderer::prepare(PictureTask& task, FrameSink& sink) {
  const FilmOrder& order = scene_.route->order();
  const std::int64_t gap = gap_of(task.place);
  const auto start_from = order.start_from.at(static_cast<std::size_t>(task.index));
  const bool needs_picture =
      walks_by_picture(scene_.request) && !task.place.at_stage() && gap != target_gap_;
  if (start_from || needs_picture) {
    draw_waiting();  // What this frame depends on may still be waiting.
  }
  if (start_from) {
    task.start = scene_.starts().from(picture(*start_from), task.place);
    used_as_start(*start_from);
  }
  drawer_.forget_other_gaps(gap);
  const TargetLatents targets = [this](std::int64_t g) { return target_latent(g); };
  drawer_.find_shared(task, sink, targets, static_cast<double>(frames_done_));
  task.conditioning = scene_.route->conditioning(task.place, targets);
}

void FrameRenderer::render(const FrameSelection& selection, FrameSink& sink) {
  selection_ = &selection;
  Route& route = *scene_.route;
  take_ = [&](const PictureTask& task, Drawing drawing) {
    hand_over(task, std::move(drawing), sink);
  };
  restore_log(scene_, selection.walk_log, sink);
  const WalkListener listener(route.log(), sink);
  tell_stages(scene_, sink);
  plan_work();
  for (const FrameUnit& unit :
       frame_units(route.places(), route.order(), scene_.request, scene_.at_once())) {
    if (claim(unit)) {
      render_unit(unit, sink);
      if (selection.release) {
        selection.release(unit);
      }
    }
  }
  if (selection.with_log && selection.complete_log) {
    route.complete_log([this](std::int64_t gap) { return target_latent(gap); }, progress_);
    hand_over_logs(sink);
  }
}

/// The logs, with what others have told meanwhile.
void FrameRenderer::hand_over_logs(FrameSink& sink) {
  if (!scene_.route->keeps_log() || !selection_->sharing_logs) {
    write_log(scene_, sink);
    return;
  }
  selection_->sharing_logs([&](const std::string& walk_log) {
    merge_log(scene_, walk_log, sink);
    write_log(scene_, sink);
  });
}

void FrameRenderer::render_unit(const FrameUnit& unit, FrameSink& sink) {
  bool drew = false;
  for (const std::int64_t index : unit.frames) {
    if (!wanted_.at(static_cast<std::size_t>(index))) {
      continue;
    }
    drew = true;
    const FramePlace& place = scene_.route->places().at(static_cast<std::size_t>(index));
    if (gap_of(place) != last_gap_) {
      last_gap_ = gap_of(place);
      forget_guides(last_gap_);
    }
    sink.debug("frame " + std::to_string(index) + ": stage " + std::to_string(place.stage + 1) +
               (place.at_stage() ? "" : ", alpha " + std::to_string(place.alpha)));
    if (take_drawn(index, place, sink)) {
      continue;
    }
    PictureTask task = drawer_.make_task(index, place);
    prepare(task, sink);
    wait(std::move(task));
  }
  draw_waiting();
  if (drew && selection_->with_log) {
    hand_over_logs(sink);
  }
}

/// Hands over a frame whose picture was drawn before it was a frame.
bool FrameRenderer::take_drawn(std::int64_t index, const FramePlace& place, FrameSink& sink) {
  progress_.check_cancelled();
  const FilmBridge* const bridge = scene_.route->bridge_of(place);
  auto picture =
      selection_->drawn
          ? selection_->drawn({place.stage, place.alpha, bridge == nullptr ? 0 : bridge->steps})
          : std::optional<PlacePicture>();
  if (!picture) {
    return false;
  }
  draw_waiting();
  hand_over(drawer_.make_task(index, place),
            {std::move(picture->image), std::move(picture->latent)}, sink);
  progress_.update(static_cast<double>(++frames_done_));
  return true;
}

void FrameRenderer::count_found() {
  ++frames_done_;
  progress_.set_initial(static_cast<double>(frames_done_));
}

void FrameRenderer::draw_places(
    const std::vector<FramePlace>& places,
    const FrameSelection& pictures,
    FrameSink& sink,
    const std::function<void(std::size_t number, const PlacePicture& picture)>& take) {
  selection_ = &pictures;
  std::size_t taken = 0;
  take_ = [&](const PictureTask&, Drawing drawing) {
    take(taken++, {std::move(drawing.image), std::move(drawing.latent)});
  };
  const WalkListener listener(scene_.route->log(), sink);
  const TargetLatents targets = [this](std::int64_t gap) { return target_latent(gap); };
  for (const FramePlace& place : places) {
    PictureTask task = drawer_.make_task(-1, place);
    drawer_.find_shared(task, sink, targets, static_cast<double>(frames_done_));
    task.conditioning = scene_.route->conditioning_of_any(place, targets);
    wait(std::move(task));
  }
  draw_waiting();
}

const Image& FrameRenderer::picture(std::int64_t index) {
  const auto found = pictures_.find(index);
  if (found != pictures_.end()) {
    return found->second;
  }
  PTRAVEL_CHECK(selection_ != nullptr && selection_->finished);
  return pictures_[index] = selection_->finished(index);
}

/// Whether walks may go by the picture of this frame.
bool FrameRenderer::is_guide(const PictureTask& task) const {
  return walks_by_picture(scene_.request) && task.place.at_stage();
}

/// Which frames are to be drawn, as far as is known before the first.
void FrameRenderer::plan_work() {
  for (std::int64_t index = 0; index < scene_.frame_count(); ++index) {
    wanted_.push_back(!selection_->wanted || selection_->wanted(index));
    frames_done_ += wanted_.back() ? 0 : 1;
  }
  progress_.set_initial(static_cast<double>(frames_done_));
}

/// Whether the unit is this process's to draw; which of its frames still have to be drawn then, and
/// how often each is a start.
bool FrameRenderer::claim(const FrameUnit& unit) {
  if (selection_->claim && !selection_->claim(unit)) {
    return false;
  }
  for (const std::int64_t index : unit.frames) {
    const auto place = static_cast<std::size_t>(index);
    if (wanted_[place] && selection_->wanted && !selection_->wanted(index)) {
      wanted_[place] = false;  // Somebody else has drawn it meanwhile.
      ++frames_done_;
    }
    const auto start = scene_.route->order().start_from.at(place);
    if (wanted_[place] && start) {
      ++starts_left_[*start];
    }
  }
  return true;
}

void FrameRenderer::used_as_start(std::int64_t index) {
  const auto left = starts_left_.find(index);
  if (--left->second > 0) {
    return;
  }
  starts_left_.erase(left);
  const FramePlace& place = scene_.route->places().at(static_cast<std::size_t>(index));
  if (!walks_by_picture(scene_.request) || !place.at_stage()) {
    pictures_.erase(index);
  }
}

/// Lets go of the stages' pictures that this gap's walk does not go by.
void FrameRenderer::forget_guides(std::int64_t gap) {
  std::erase_if(pictures_, [&](const auto& entry) {
    return starts_left_.count(entry.first) == 0 && entry.first != stage_frame(gap) &&
           entry.first != stage_frame(gap + 1) && entry.first != 0;
  });
}

/// The frame of a stage; the film's first one where it has none of its own.
std::int64_t FrameRenderer::stage_frame(std::int64_t stage) const {
  const auto& targets = scene_.route->order().target;
  if (stage == 0) {
    return 0;
  }
  return targets.at(static_cast<std::size_t>(stage - 1)).value_or(0);
}

at::Tensor FrameRenderer::target_latent(std::int64_t gap) {
  progress_.check_cancelled();  // Walks ask once for each of their steps.
  if (gap == target_gap_) {
    return target_latent_;
  }
  const auto index = scene_.route->order().target.at(static_cast<std::size_t>(gap));
  PTRAVEL_CHECK(index.has_value());
  if (stages_stand_alone(scene_.request)) {
    target_latent_ = scene_.latent_of(picture(*index));
  } else {
    // In a chain the stage's own frame comes last: the walk goes by a picture that is drawn from
    // the gap's first frame and shown to nobody.
    PictureTask task = drawer_.make_task(*index, {gap + 1, 0, 0, 0, 0});
    task.start = scene_.starts().from(picture(stage_frame(gap)), task.place);
    task.conditioning = scene_.route->conditioning(task.place, {});
    target_latent_ =
        scene_.latent_of(drawer_.draw({task}, static_cast<double>(frames_done_)).front().image);
  }
  target_gap_ = gap;
  return target_latent_;
}

FrameSpot FrameRenderer::spot(std::int64_t index) const {
  const FramePlace& place = scene_.route->places().at(static_cast<std::size_t>(index));
  FrameSpot spot;
  spot.index = index;
  spot.frame_count = scene_.frame_count();
  spot.stage = place.stage;
  spot.stage_count = scene_.plan.stage_count();
  spot.alpha = place.alpha;
  spot.step = place.step;
  spot.steps = place.at_stage() ? 0
               : is_paced(scene_.request)
                   ? place.steps
                   : scene_.plan.steps.at(static_cast<std::size_t>(place.stage));
  if (const FilmBridge* const bridge = scene_.route->bridge_of(place)) {
    spot.bridge = *bridge;
  }
  return spot;
}

/// The parameters text of a frame that left the scene's stage `from_stage` last.
std::string FrameRenderer::parameters(const FrameSpot& spot,
                                      const TravelRequest& request,
                                      std::int64_t from_stage) const {
  const StagePlan& plan = scene_.plan;
  const auto from = static_cast<std::size_t>(from_stage);
  const std::size_t shown = from + (spot.step > 0 ? 1 : 0);
  FrameTexts texts{plan.prompts.at(shown), plan.negative_prompts.at(shown), plan.prompts.at(from),
                   plan.negative_prompts.at(from)};
  if (keeps_whole_negative(request)) {
    texts.negative_prompt = texts.from_negative_prompt = one_line(request.negative_prompt);
  }
  return frame_parameters(request, scene_.identity, texts, spot);
}

RenderedFrame FrameRenderer::render_spot(const FrameSpot& spot,
                                         const std::optional<Image>& previous) {
  if (!is_lone_frame(scene_.request, spot)) {
    throw Error(ErrorCode::Unsupported,
                "[travel] a frame of this mode or genesis is part of a "
                "whole travel and cannot be drawn alone");
  }
  PictureTask task = drawer_.make_task(spot.index, {0, spot.alpha, spot.step, spot.steps, 0});
  if (scene_.request.genesis == Genesis::Successive && spot.index > 0) {
    PTRAVEL_CHECK(previous.has_value());
    task.start = scene_.starts().from(*previous, task.place);
  }
  task.conditioning = scene_.route->conditioning(task.place, {});
  RenderedFrame frame;
  frame.index = spot.index;
  Drawing drawing = drawer_.draw({task}, static_cast<double>(frames_done_)).front();
  frame.image = std::move(drawing.image);
  frame.latent = std::move(drawing.latent);
  frame.parameters = parameters(spot, task.request, 0);
  progress_.update(1);
  return frame;
}

}  // namespace ptravel
