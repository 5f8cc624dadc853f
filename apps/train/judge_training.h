#pragma once

#include <map>
#include <string>

#include "judge.h"
#include "tally.h"
#include "training_stage.h"

namespace ptravel::train {

struct JudgeTrainingOptions {
  StageOptions stage;
  std::int64_t batch = 32;
  std::int64_t pool = 6000;  ///< Drawings kept in memory, 48 KiB each.
  std::int64_t fresh = 4;    ///< Drawn anew for each step; the others are used again.
};

/// Trains a judge on clean drawings of kJudgeSeed, made a little soft, noisy, brighter or darker
/// and shifted, so that it also reads pictures that a model drew. Returns the averaged weights;
/// goes on from a saved state.
std::map<std::string, at::Tensor> train_judge(const JudgeTrainingOptions& options,
                                              const Compute& compute,
                                              Progress& progress);

/// How well the judge reads `count` clean drawings of kHeldBackSeed, which no training sees.
Tally measure_judge(const Judge& judge, std::int64_t count, Progress& progress);

}  // namespace ptravel::train
