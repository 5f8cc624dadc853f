#pragma once

#include "apps/train/captions.h"
#include "apps/train/learn_vocabulary.h"
#include "apps/train/model_plan.h"

namespace ptravel::train {

/// The default model's structure with few channels, for pictures of 32 pixels.
inline ModelPlan tiny_plan() {
  ModelPlan plan = make_plan();
  plan.picture_size = 32;
  plan.vae.channels = 16;
  plan.vae.channel_mult = {1, 2};
  plan.vae.norm_groups = 8;
  plan.clip.width = 48;
  plan.clip.num_layers = 2;
  plan.clip.num_heads = 3;
  plan.clip.intermediate = 96;
  plan.unet.model_channels = 32;
  plan.unet.channel_mult = {1, 2};
  plan.unet.transformer_depth = {0, 1};
  plan.unet.norm_groups = 16;
  plan.unet.heads = {2, 4};
  plan.unet.context_dim = plan.clip.width;
  return plan;
}

/// A vocabulary of a few hundred captions' words.
inline Vocabulary tiny_vocabulary() {
  Dice dice(41);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    texts.push_back(random_caption(random_look(dice), dice).text);
  }
  return learn_vocabulary(texts, 200);
}

inline const Compute kFp32{at::kCPU, at::kFloat};

}  // namespace ptravel::train
