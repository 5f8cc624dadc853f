#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Generator.h>

#include "ptravel/progress.h"

#include "parameters.h"

namespace ptravel::train {

enum class RateShape { Cosine, Constant };

/// What to do with a stage: train it, going on from a saved state where there is one, or only read
/// what was saved.
enum class StageUse { Train, Read };

/// How one stage of the training runs.
struct StageOptions {
  StageUse use = StageUse::Train;
  std::string name;              ///< "vae" or "diffusion": begins the names of its files.
  std::filesystem::path folder;  ///< Where state and log lie.
  std::int64_t steps = 10000;
  double minutes = 0;  ///< When > 0 the stage also ends after this time, and the schedule with it.
  double learning_rate = 1e-3;
  RateShape shape = RateShape::Cosine;
  std::int64_t warmup_steps = 200;
  OptimizerOptions optimizer;
  double save_minutes = 5;      ///< Between two saved states.
  double piece_mib = 0;         ///< Largest file of a saved state; 0 = one file.
  std::int64_t log_steps = 20;  ///< Steps that one line of the log sums up.
  std::uint64_t seed = 1;
};

/// Named losses of one step.
using Losses = std::vector<std::pair<std::string, double>>;

/// Runs a stage: learning rate, optimizer steps, saved states from which a killed run goes on, and
/// a log (<name>-log.csv, plotted as <name>-log.svg).
class TrainingStage {
 public:
  /// Reads the state in the folder where there is one. Throws NotFound when there is none and the
  /// stage is only to be read.
  TrainingStage(StageOptions options, std::shared_ptr<Parameters> parameters);

  bool finished() const { return options_.use == StageUse::Read || position() >= 1; }
  std::int64_t step() const { return step_; }
  /// Calls `losses_of(step)`, which must run backward, until the stage is finished or cancelled
  /// (throws Cancelled, after saving). Ends with a saved state.
  void run(const std::function<Losses(std::int64_t step)>& losses_of, Progress& progress);

 private:
  double position() const;
  double learning_rate() const;
  void log_step(const Losses& losses, double norm);
  void save();
  bool restore();

  StageOptions options_;
  std::shared_ptr<Parameters> parameters_;
  std::int64_t step_ = 0;
  double seconds_ = 0;
  std::int64_t skipped_ = 0;
  std::string log_;
  Losses sums_;
  std::int64_t summed_ = 0;
  std::chrono::steady_clock::time_point saved_at_ = std::chrono::steady_clock::now();
};

/// A generator of noise for one step: the same numbers whenever the step is repeated.
at::Generator step_generator(at::Device device, std::uint64_t seed, std::int64_t step);

}  // namespace ptravel::train
