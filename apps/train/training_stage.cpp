#include "training_stage.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <ATen/ATen.h>

#include "base/files.h"
#include "ptravel/error.h"

#include "log_plot.h"
#include "look.h"
#include "saved_state.h"

namespace ptravel::train {
namespace {

using Clock = std::chrono::steady_clock;

/// The lowest learning rate of the cosine shape, as a share of the highest.
constexpr double kFloor = 0.02;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", value);
  return text;
}

}  // namespace

TrainingStage::TrainingStage(StageOptions options, std::shared_ptr<Parameters> parameters)
    : options_(std::move(options)), parameters_(std::move(parameters)) {
  const bool found = restore();
  if (options_.use == StageUse::Read && !found) {
    throw Error(ErrorCode::NotFound, "[" + options_.name + "] " + options_.folder.string() +
                                         " holds no saved state of it; train it first");
  }
  create_folders(options_.folder);
}

double TrainingStage::position() const {
  const double by_steps = static_cast<double>(step_) / static_cast<double>(options_.steps);
  const double by_time = options_.minutes > 0 ? seconds_ / (60 * options_.minutes) : 0;
  return std::max(by_steps, by_time);
}

double TrainingStage::learning_rate() const {
  const double warm =
      std::min(1.0, static_cast<double>(step_ + 1) /
                        static_cast<double>(std::max<std::int64_t>(1, options_.warmup_steps)));
  if (options_.shape == RateShape::Constant) {
    return options_.learning_rate * warm;
  }
  const double fall = 0.5 * (1 + std::cos(std::min(1.0, position()) * M_PI));
  return options_.learning_rate * warm * (kFloor + (1 - kFloor) * fall);
}

void TrainingStage::run(const std::function<Losses(std::int64_t)>& losses_of, Progress& progress) {
  if (finished()) {
    return;
  }
  progress.begin("Training the " + options_.name, "steps", static_cast<double>(options_.steps));
  progress.set_initial(static_cast<double>(step_));
  Clock::time_point last = Clock::now();
  while (!finished()) {
    const Losses losses = losses_of(step_);
    const double norm = parameters_->step(learning_rate(), options_.optimizer);
    skipped_ += std::isfinite(norm) ? 0 : 1;
    ++step_;
    seconds_ += seconds_since(last);
    last = Clock::now();
    log_step(losses, norm);
    progress.update(static_cast<double>(step_));
    if (progress.cancelled() || seconds_since(saved_at_) > 60 * options_.save_minutes) {
      save();
    }
    progress.check_cancelled();
  }
  save();
}

void TrainingStage::log_step(const Losses& losses, double norm) {
  if (log_.empty()) {
    log_ = "step,seconds,learning_rate,gradient_norm";
    for (const auto& [name, value] : losses) {
      log_ += "," + name;
    }
    log_ += "\n";
  }
  if (sums_.empty()) {
    sums_ = {{"gradient_norm", 0.0}};
    for (const auto& [name, value] : losses) {
      sums_.emplace_back(name, 0.0);
    }
  }
  sums_[0].second += norm;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    sums_[i + 1].second += losses[i].second;
  }
  if (++summed_ < options_.log_steps) {
    return;
  }
  log_ += std::to_string(step_) + "," + number(seconds_) + "," + number(learning_rate());
  for (const auto& [name, sum] : sums_) {
    log_ += "," + number(sum / static_cast<double>(summed_));
  }
  log_ += "\n";
  sums_.clear();
  summed_ = 0;
}

void TrainingStage::save() {
  SavedState state{parameters_->state(),
                   {{"step", static_cast<double>(step_)},
                    {"seconds", seconds_},
                    {"skipped", static_cast<double>(skipped_)}},
                   log_};
  save_state(options_.folder, options_.name, state, options_.piece_mib);
  write_file_atomic(options_.folder / (options_.name + "-log.csv"), log_);
  write_file_atomic(options_.folder / (options_.name + "-log.svg"),
                    plot_log(log_, "Training the " + options_.name));
  saved_at_ = Clock::now();
}

bool TrainingStage::restore() {
  const auto state = load_state(options_.folder, options_.name);
  if (!state) {
    return false;
  }
  parameters_->restore(state->tensors);
  step_ = static_cast<std::int64_t>(state->numbers.at("step"));
  seconds_ = state->numbers.at("seconds");
  skipped_ = static_cast<std::int64_t>(state->numbers.at("skipped"));
  log_ = state->log;
  return true;
}

at::Generator step_generator(at::Device device, std::uint64_t seed, std::int64_t step) {
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(Dice(seed ^ (static_cast<std::uint64_t>(step) << 20)).next());
  return generator;
}

}  // namespace ptravel::train
