#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ptravel/compute.h"

#include "judge_training.h"
#include "painter.h"

namespace ptravel::train {

/// What the scorer is asked to do.
struct ScoreOptions {
  PainterOptions painter;
  std::filesystem::path judge;  ///< Empty: beside the model.
  std::filesystem::path folder = "score";
  std::string negative = "lowres, blurry, jpeg artifacts, sketch, worst quality";
  std::int64_t prompts = 500;
  std::int64_t blur_pairs = 100;
  std::int64_t travels = 40;
  std::int64_t judge_pictures = 1000;
  std::int64_t vae_pictures = 256;
  std::filesystem::path films;           ///< Films to judge instead of drawing anything.
  std::filesystem::path travel_prompts;  ///< File to write the travels' prompts to, instead.
  bool sheets = true;
  double at_least = 0;  ///< Share of hair colours, backgrounds and subjects that must be right.
  JudgeTrainingOptions training;  ///< With stage.minutes > 0 a judge is trained instead.

  bool trains() const { return training.stage.minutes > 0; }
};

/// Parses the command line; prints help or errors and returns the exit status in `status` when
/// there is nothing to run.
std::optional<ScoreOptions> parse_score_options(int argc, char** argv, int& status);

}  // namespace ptravel::train
