#include "travel/step_counter.h"

#include <algorithm>
#include <utility>

namespace ptravel {

StepCounter::StepCounter(Progress& progress,
                         double frames_before,
                         std::vector<std::int64_t> frames,
                         const Steps& steps)
    : progress_(progress),
      before_(frames_before),
      frames_(std::move(frames)),
      steps_{std::max(steps.now, 1), steps.before, steps.behind} {}

SamplingHooks StepCounter::hooks() {
  SamplingHooks hooks;
  hooks.on_step = [this](const SamplerStep& step) { count(step.index); };
  hooks.check_cancelled = [this] { progress_.check_cancelled(); };
  return hooks;
}

void StepCounter::count(int step) {
  // Pictures that are drawn one after the other begin again at step 0.
  rounds_ += step == 0 && last_index_ > 0 ? 1 : 0;
  last_index_ = step;
  const auto count = static_cast<double>(frames_.size());
  const double part = std::min(1.0, static_cast<double>(step + 1) / steps_.now);
  const auto rounds = static_cast<double>(rounds_);
  const double drawn = std::min(count, rounds_ > 0 ? rounds + part : count * part);
  const int all = steps_.before + steps_.now + steps_.behind;
  place_ = {frames_.at(std::min(rounds_, frames_.size() - 1)),
            steps_.before + std::min(step + 1, steps_.now), all};
  const double whole = (count * steps_.before + drawn * steps_.now) / all;
  progress_.update(before_ + whole * (1 - kDecodingShare), place_);
}

}  // namespace ptravel
