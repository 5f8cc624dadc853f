#include "model_plan.h"

namespace ptravel::train {

ModelPlan make_plan() {
  ModelPlan plan;
  plan.vae.channels = 32;
  plan.vae.channel_mult = {1, 2, 2};
  plan.vae.num_res_blocks = 1;
  plan.vae.z_channels = 4;
  plan.vae.embed_dim = 4;
  plan.vae.norm_groups = 8;
  plan.vae.scale_factor = 1.0;

  plan.clip.width = 192;
  plan.clip.num_layers = 3;
  plan.clip.num_heads = 3;
  plan.clip.intermediate = 768;
  plan.clip.quick_gelu = true;

  plan.unet.in_channels = plan.vae.embed_dim;
  plan.unet.out_channels = plan.vae.embed_dim;
  // Half of the width of a usual UNet at the first level, which has four times the cells of the
  // second and little to decide.
  plan.unet.model_channels = 48;
  plan.unet.channel_mult = {1, 2, 4};
  plan.unet.num_res_blocks = 1;
  plan.unet.transformer_depth = {0, 1, 1};
  plan.unet.norm_groups = 16;
  plan.unet.middle_depth = 1;
  plan.unet.heads = {1, 2, 4};  // 48 wide each
  plan.unet.context_dim = plan.clip.width;
  plan.unet.linear_projection = true;
  return plan;
}

}  // namespace ptravel::train
