#pragma once

#include <memory>

#include "model/vae.h"
#include "text/tokenizer.h"

#include "model_plan.h"
#include "training_stage.h"

namespace ptravel::train {

struct DiffusionTrainingOptions {
  StageOptions stage;
  std::int64_t batch = 32;
  std::int64_t pool = 65536;          ///< Latents kept at most.
  std::int64_t pool_at_first = 8192;  ///< Drawn before the first step.
  std::int64_t fresh = 8;             ///< Drawn and encoded anew for each step.
  double drop_caption = 0.06;         ///< Captions emptied on top of those that are empty anyway.
  double min_snr_gamma = 5;           ///< Hang et al. 2023: timesteps of less noise count less.
  double tag_weight = 0.1;            ///< Of the text encoder's own task, see below.
  std::int64_t text_steps = 500;  ///< Steps in which the text encoder learns its own task alone.
};

/// Trains UNet and text encoder together on latents of drawings and their captions, to predict the
/// noise (Ho et al. 2020) at the timesteps of Stable Diffusion's schedule. The text encoder has a
/// task of its own besides: to say, from the states behind a caption's end, what the caption tells;
/// without it a small text encoder takes most of the training to find out which word belongs to
/// which. The layers of that task are not part of the model. `vae` encodes; its scale_factor must
/// be final.
std::shared_ptr<Parameters> train_diffusion(const ModelPlan& plan,
                                            const DiffusionTrainingOptions& options,
                                            const Vae& vae,
                                            const Tokenizer& tokenizer,
                                            const Compute& compute,
                                            Progress& progress);

}  // namespace ptravel::train
