#pragma once

#include "checkpoint/config.h"

namespace ptravel::train {

/// The three networks of the default model, and the side of its pictures in pixels.
struct ModelPlan {
  VaeConfig vae;
  UnetConfig unet;
  ClipConfig clip;
  int picture_size = 128;
};

/// The plan without the number of vocabulary entries, which the tokenizer says, and without the
/// latents' scale, which the trained autoencoder says.
ModelPlan make_plan();

}  // namespace ptravel::train
