#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ptravel/compute.h"

#include "diffusion_training.h"
#include "vae_training.h"

namespace ptravel::train {

/// What the trainer is asked to do.
struct TrainOptions {
  std::filesystem::path folder = "training";  ///< Work folder; the model is <folder>/model.
  enum class Part { All, Vae, Decoder, Diffusion, Export } part = Part::All;
  DeviceChoice device = DeviceChoice::Auto;
  Precision precision = Precision::Auto;
  int threads = 0;
  VaeTrainingOptions vae;
  VaeTrainingOptions decoder;  ///< Of the decoder's refinement behind it.
  DiffusionTrainingOptions diffusion;
};

/// Parses the command line; prints help or errors and returns the exit status in `status` when
/// there is nothing to run.
std::optional<TrainOptions> parse_train_options(int argc, char** argv, int& status);

}  // namespace ptravel::train
