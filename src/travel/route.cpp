#include "travel/route.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "diffusion/switch_points.h"
#include "ptravel/error.h"
#include "request/compat.h"
#include "request/frame_settings.h"
#include "request/mode_infos.h"
#include "travel/prompt_files.h"
#include "travel/settings.h"
#include "travel/token_swap.h"
#include "travel/token_words.h"

namespace ptravel {
namespace {

constexpr std::int64_t kMostWalkSteps = 4096;

/// Differing ids of two parts' texts, counted where schedules change.
std::size_t differing_ids(const PromptPart& from,
                          const PromptPart& to,
                          const std::vector<Chunk>& empty) {
  std::size_t most = 0;
  for (const auto& pair : pairs_at_switch_points(from.schedule, to.schedule)) {
    const std::size_t chunks = std::max(pair.from.chunks.size(), pair.to.chunks.size());
    const TokenSwap swap(TokenRows::of(pair.from.chunks, chunks, empty),
                         TokenRows::of(pair.to.chunks, chunks, empty), Multipliers::Stay);
    most = std::max(most, swap.differing().size());
  }
  return most;
}

/// The same of two stages.
std::size_t differing_ids(const std::vector<PromptPart>& from,
                          const std::vector<PromptPart>& to,
                          const std::vector<Chunk>& empty) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i) {
    most = std::max(most, differing_ids(from[i], to[i], empty));
  }
  return most;
}

}  // namespace

StagePlan drawn_plan(const StagePlan& plan,
                     const TravelRequest& request,
                     const Tokenizers& tokenizers,
                     const PromptOptions& options) {
  StagePlan drawn = plan;
  if (!swaps_prompt_tokens(request) || !compat_quirks(request).in_betweens_by_tokens) {
    return drawn;
  }
  const std::vector<Chunk> empty = empty_chunks(tokenizers);
  for (std::size_t gap = 0; gap < plan.steps.size(); ++gap) {
    const std::vector<PromptPart> from = tokenize_prompt(tokenizers, plan.prompts[gap], options);
    const std::vector<PromptPart> to = tokenize_prompt(tokenizers, plan.prompts[gap + 1], options);
    drawn.steps[gap] = v1_in_betweens(differing_ids(from, to, empty), plan.steps[gap]);
  }
  return drawn;
}

Route::Route(const StagePlan& plan,
             const TravelRequest& request,
             const Pipeline& pipeline,
             std::int64_t first_stage,
             Progress& progress,
             const TravelLoras* loras)
    : Route(plan,
            request,
            pipeline,
            first_stage,
            progress,
            loras,
            prompt_options(request, pipeline)) {}

Route::Route(const StagePlan& plan,
             const TravelRequest& request,
             const Pipeline& pipeline,
             std::int64_t first_stage,
             Progress& progress,
             const TravelLoras* loras,
             PromptOptions options)
    : plan_(plan),
      drawn_(drawn_plan(plan, request, pipeline.tokenizers(), options)),
      request_(walked_request(request)),
      pipeline_(pipeline),
      loras_(loras),
      first_stage_(first_stage),
      tools_{request_, pipeline_, std::move(options), {}, log_} {
  tools_.linear.interpolation = request.interpolation;
  tools_.linear.pairing = {{request.stage_padding, pipeline.encoder().encode_empty(tools_.options)},
                           request.alignment};
  if (request.sdxl_crop_top.size() > 1 || request.sdxl_crop_left.size() > 1) {
    tools_.sized = [this](ImageConditioning image, const FramePlace& place) {
      return pipeline_.encoder().with_sizes(std::move(image), picture_sizes(request_, place));
    };
  }
  if (loras_ != nullptr && !loras_->same_everywhere()) {
    tools_.encoder_at = [this](const FramePlace& place) -> const PromptEncoder& {
      return place_encoder_.emplace(pipeline_.encoder_with(loras_->at(place)));
    };
  }
  encode_stages(progress);
  places_ = frame_places(drawn_, request_);
  order_ = film_order(places_, drawn_, request_);
}

void Route::set_pace(const FilmPace& pace) {
  places_ = paced_places(plan_, request_, pace);
  order_ = film_order(places_, drawn_, request_);
  bridges_ = pace.bridges;
  if (!pace.walk_steps.empty()) {
    set_walk_steps(pace.walk_steps);
  }
}

FramePlace Route::place_at(std::int64_t stage, double alpha) const {
  if (alpha == 0 || alpha == 1) {
    const auto gaps = static_cast<std::int64_t>(plan_.steps.size());
    const std::int64_t shown = alpha == 0 ? stage : stage + 1;
    return {plan_.loops && shown == gaps ? 0 : shown, 0, 0, 0, 0};
  }
  // Walks in steps ask which one it is, others for alpha alone.
  const std::int64_t steps = walk_steps(stage);
  const auto step = std::llround(alpha * static_cast<double>(steps + 1));
  return {stage, alpha, std::clamp<std::int64_t>(step, 1, std::max<std::int64_t>(steps, 1)), steps,
          alpha};
}

void Route::set_walk_steps(const std::vector<std::int64_t>& steps) {
  PTRAVEL_CHECK(steps.size() == plan_.steps.size());
  walk_steps_ = steps;
  walk_.reset();
  passed_.clear();
  crossed_ends_.reset();
  walk_gap_ = -1;
}

std::vector<std::int64_t> Route::finest_walk_steps(double budget) const {
  std::vector<std::int64_t> steps;
  if (request_.mode == TravelMode::Linear) {
    return steps;
  }
  const std::vector<Chunk> empty = empty_chunks(pipeline_.tokenizers());
  for (std::size_t gap = 0; gap < plan_.steps.size(); ++gap) {
    const std::int64_t least = plan_.steps[gap];
    const auto dear = static_cast<std::int64_t>(static_cast<double>(least) * budget);
    std::int64_t most = dear;
    if (least > 0 && request_.mode == TravelMode::Replace) {
      const auto differing = static_cast<std::int64_t>(
          swaps_prompt_tokens(request_)
              ? differing_ids(stages_[gap].tokens, stages_[gap + 1].tokens, empty)
              : differing_units(tools_, ends_of(static_cast<std::int64_t>(gap))));
      most = std::min(differing, walks_by_picture(request_) ? dear : kMostWalkSteps);
    }
    steps.push_back(std::max(least, most));
  }
  return steps;
}

ImageConditioning Route::conditioning_of_any(const FramePlace& place,
                                             const TargetLatents& targets) {
  return with_networks_at(without_networks_of_any(place, targets), place);
}

ImageConditioning Route::without_networks_of_any(const FramePlace& place,
                                                 const TargetLatents& targets) {
  if (place.at_stage() || !walks_by_picture(request_)) {
    return without_networks(place, targets);
  }
  if (const FilmBridge* const bridge = bridge_of(place)) {
    return bridged(*bridge, place.alpha,
                   [&](const FramePlace& end) { return without_networks_of_any(end, targets); });
  }
  if (walk_gap_ != place.stage || passed_.empty()) {
    passed_.clear();
    const std::int64_t steps = walk_steps(place.stage);
    for (std::int64_t step = 1; step <= steps; ++step) {
      const double share = static_cast<double>(step) / static_cast<double>(steps + 1);
      passed_.push_back(walked({place.stage, share, step, steps, share}, targets));
    }
  }
  return passed_.at(static_cast<std::size_t>(place.step - 1));
}

void Route::encode_stages(Progress& progress) {
  const auto profile = ProfileScope::part("prompts");
  const bool whole_negative = keeps_whole_negative(request_);
  progress.begin("encoding the prompts", "stages", static_cast<double>(plan_.prompts.size()));
  for (std::size_t i = 0; i < plan_.prompts.size(); ++i) {
    progress.check_cancelled();
    const std::string& negative =
        whole_negative ? request_.negative_prompt : plan_.negative_prompts[i];
    StageText stage;
    PromptOptions options = tools_.options;
    options.sizes = picture_sizes(request_, {static_cast<std::int64_t>(i)});
    const FramePlace place{static_cast<std::int64_t>(i)};
    const PromptEncoder encoder =
        loras_ != nullptr ? pipeline_.encoder_with(loras_->at(place)) : pipeline_.encoder();
    stage.conditioning = pool_.share(encoder.encode(plan_.prompts[i], negative, options));
    if (swaps_prompt_tokens(request_)) {
      stage.tokens = tokenize_prompt(pipeline_.tokenizers(), plan_.prompts[i], tools_.options);
    }
    stages_.push_back(std::move(stage));
    hypernetworks_.push_back(prompt_hypernetworks(plan_.prompts[i], pipeline_));
    progress.update(static_cast<double>(i + 1));
  }
  if (loras_ != nullptr && loras_->stand_beside()) {
    tools_.strengths = [this](std::int64_t gap, double share) {
      return strengths_at(gap - first_stage_, share);
    };
  }
  if (std::ranges::all_of(hypernetworks_, &std::vector<AdapterStrength>::empty)) {
    hypernetworks_.clear();
  } else {
    tools_.hypernetworks = [this](std::int64_t gap, double share) {
      return hypernetworks_at(gap - first_stage_, share);
    };
  }
}

/// As a frame there is drawn.
std::vector<double> Route::strengths_at(std::int64_t gap, double share) const {
  return loras_->strengths(share == 1 ? FramePlace{gap + 1, 0, 0, 0, 0}
                                      : FramePlace{gap, 0, 0, 0, share});
}

GapEnds Route::ends_of(std::int64_t gap) const {
  const auto i = static_cast<std::size_t>(gap);
  const std::int64_t stage = first_stage_ + gap;
  // A route may be planned before the seed is drawn; -1 stands for it.
  const std::uint64_t seed = request_.seed[i % request_.seed.size()].number_or(~std::uint64_t{0});
  return {stage, static_cast<std::int64_t>(seed), walk_steps(gap), stages_.at(i),
          stages_.at(i + 1)};
}

std::int64_t Route::walk_steps(std::int64_t gap) const {
  const auto i = static_cast<std::size_t>(gap);
  return walk_steps_.empty() ? plan_.steps.at(i) : walk_steps_.at(i);
}

Walk& Route::walk_of(std::int64_t gap) {
  if (gap != walk_gap_) {
    walk_ = make_walk(tools_, ends_of(gap));
    walk_gap_ = gap;
  }
  return *walk_;
}

template <typename Walked>
ImageConditioning Route::bridged(const FilmBridge& bridge, double alpha, const Walked& walked) {
  if (!crossed_ends_ || !(crossed_ == bridge)) {
    crossed_ends_ = {walked(place_at(bridge.stage, bridge.from_alpha)),
                     walked(place_at(bridge.stage, bridge.to_alpha))};
    crossed_ = bridge;
  }
  return pool_.share(mix_conditionings(crossed_ends_->first, crossed_ends_->second,
                                       bridge.share(alpha), tools_.linear));
}

std::vector<AdapterStrength> Route::hypernetworks_at(std::int64_t gap, double share) const {
  if (hypernetworks_.empty()) {
    return {};
  }
  const auto i = static_cast<std::size_t>(gap);
  return share == 0 ? hypernetworks_.at(i)
                    : mixed_strengths(hypernetworks_.at(i), hypernetworks_.at(i + 1), share);
}

ImageConditioning Route::with_networks_at(ImageConditioning image, const FramePlace& place) {
  if (hypernetworks_.empty()) {
    return image;
  }
  return pool_.share(with_hypernetworks(
      std::move(image), hypernetworks_at(place.stage, place.at_stage() ? 0 : place.alpha)));
}

ImageConditioning Route::conditioning(const FramePlace& place, const TargetLatents& targets) {
  return with_networks_at(without_networks(place, targets), place);
}

ImageConditioning Route::without_networks(const FramePlace& place, const TargetLatents& targets) {
  if (const FilmBridge* const bridge = bridge_of(place)) {
    return bridged(*bridge, place.alpha,
                   [&](const FramePlace& end) { return walked(end, targets); });
  }
  return walked(place, targets);
}

ImageConditioning Route::walked(const FramePlace& place, const TargetLatents& targets) {
  if (place.at_stage()) {
    return stages_.at(static_cast<std::size_t>(place.stage)).conditioning;
  }
  const auto profile = ProfileScope::part("walks");
  ImageConditioning walked = walk_of(place.stage).at(place, [&] { return targets(place.stage); });
  // Linear walks mix with the sizes of the place already.
  const bool sized = tools_.sized && request_.mode != TravelMode::Linear;
  return pool_.share(sized ? tools_.sized(std::move(walked), place) : std::move(walked));
}

ImageConditioning Route::halfway(std::int64_t gap) {
  const auto i = static_cast<std::size_t>(gap);
  return with_networks_at(mix_conditionings(stages_.at(i).conditioning,
                                            stages_.at(i + 1).conditioning, 0.5, tools_.linear),
                          {gap, 0.5, 1, 1, 0.5});
}

bool Route::keeps_log() const { return mode_info(request_.mode).keeps_log(request_); }

/// Whether a log tells all of a gap, which is numbered as in the travel as a whole.
bool Route::tells_all(const WalkLog& log, std::int64_t gap) const {
  const auto i = static_cast<std::size_t>(gap - first_stage_);
  return log.is_complete(gap, walk_steps_.empty() ? drawn_.steps.at(i) : walk_steps_.at(i),
                         request_.grad_tolerance);
}

/// The gaps that a walk.json tells completely.
WalkLog Route::read_log(const std::string& json) const {
  WalkLog log;
  log.restore(json);
  const auto gaps = static_cast<std::int64_t>(plan_.steps.size());
  const bool grad = request_.mode == TravelMode::Grad;
  log.keep_gaps([&](std::int64_t gap) {
    const bool kind = (log.grads().count(gap) > 0) == grad;
    return kind && gap >= first_stage_ && gap < first_stage_ + gaps && tells_all(log, gap);
  });
  return log;
}

void Route::restore_log(const std::string& json) {
  const WalkLog read = read_log(json);
  log_.keep_gaps([](std::int64_t) { return false; });
  log_.take(read, [](std::int64_t) { return true; });
  walk_.reset();  // It would go on without telling again what this log may lack.
  walk_gap_ = -1;
}

void Route::merge_log(const std::string& json) {
  log_.take(read_log(json), [&](std::int64_t gap) {
    const bool wanted = !tells_all(log_, gap);
    if (wanted && walk_gap_ == gap - first_stage_) {
      walk_.reset();  // It would tell the rest of its gap twice.
      walk_gap_ = -1;
    }
    return wanted;
  });
}

void Route::complete_log(const TargetLatents& targets, Progress& progress) {
  for (std::size_t i = places_.size(); keeps_log() && i-- > 0;) {
    FramePlace place = places_[i];
    const bool last_of_gap =
        !place.at_stage() && places_[(i + 1) % places_.size()].stage != place.stage;
    if (last_of_gap && !tells_all(log_, first_stage_ + place.stage)) {
      progress.check_cancelled();
      place.step = place.steps;  // Paced frames may leave a walk before its end.
      conditioning(place, targets);
    }
  }
}

std::string Route::first_words() const {
  std::string words;
  for (const PromptPart& part : stages_.front().tokens) {
    const std::vector<Chunk>& chunks = active_entry(part.schedule, 0).chunks.encoders.front();
    words +=
        (words.empty() ? "" : " AND ") +
        joined_words(place_words(pipeline_.tokenizers().front(), TokenSequence::of(chunks, 0, {})));
  }
  return words;
}

}  // namespace ptravel
