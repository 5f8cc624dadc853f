// The web UI's settings as this server has them.
#include <vector>

#include "sdapi/options.h"

namespace ptravel {
namespace {

using enum SdType;
using enum SdOptionUse;

SdOption option(SdField field, SdOptionUse use, std::string_view choices = "") {
  return {field, use, choices};
}

std::vector<SdOption> drawn_options() {
  return {
      option({"sd_model_checkpoint", Text}, Drawn),
      option({"sd_checkpoint_hash", Text, "\"\""}, Derived),
      option({"sd_vae", Text, "\"Automatic\""}, Drawn),
      option({"CLIP_stop_at_last_layers", Integer, "1", false, 1, 12}, Drawn),
      option({"eta_noise_seed_delta", Integer, "0", false, 0, 2147483648.0}, Drawn),
      option({"randn_source", Text, "\"NV\""}, Drawn, "GPU, CPU, NV"),
      option({"emphasis", Text, "\"Original\""}, Drawn, "Original, No norm, Ignore, None"),
      option({"comma_padding_backtrack", Integer, "20", false, 0, 74}, Drawn),
      option({"pad_cond_uncond", Boolean, "false"}, Drawn),
      option({"use_old_scheduling", Boolean, "false"}, Drawn),
      option({"eta_ancestral", Number, "1.0", false, 0, 10}, Drawn),
      option({"eta_ddim", Number, "0.0", false, 0, 1}, Drawn),
      option({"s_churn", Number, "0.0", false, 0, 1000}, Drawn),
      option({"s_tmin", Number, "0.0", false, 0, 1000}, Drawn),
      option({"s_tmax", Number, "0.0", false, 0}, Drawn),
      option({"s_noise", Number, "1.0", false, 0, 10}, Drawn),
      option({"s_min_uncond", Number, "0.0", false, 0, 1000}, Drawn),
      option({"s_min_uncond_all", Boolean, "false"}, Drawn),
      option({"skip_early_cond", Number, "0.0", false, 0, 1}, Drawn),
      option({"sigma_min", Number, "0.0", false, 0, 10000}, Drawn),
      option({"sigma_max", Number, "0.0", false, 0, 10000}, Drawn),
      option({"rho", Number, "0.0", false, 0, 1000}, Drawn),
      option({"tiling", Boolean, "false"}, Drawn),
      option({"img2img_fix_steps", Boolean, "false"}, Drawn),
      option({"initial_noise_multiplier", Number, "1.0", false, 0, 2}, Drawn),
      option({"inpainting_mask_weight", Number, "1.0", false, 0, 1}, Drawn),
      option({"enable_pnginfo", Boolean, "true"}, Drawn),
      option({"add_model_hash_to_info", Boolean, "true"}, Drawn),
      option({"add_model_name_to_info", Boolean, "true"}, Drawn),
      option({"add_version_to_infotext", Boolean, "true"}, Drawn),
      option({"return_grid", Boolean, "true"}, Drawn),
      option({"live_previews_enable", Boolean, "true"}, Drawn),
  };
}

std::vector<SdOption> kept_options() {
  return {
      option({"samples_save", Boolean, "true"}, Kept),
      option({"grid_save", Boolean, "true"}, Kept),
      option({"send_seed", Boolean, "true"}, Kept),
      option({"send_size", Boolean, "true"}, Kept),
      option({"face_restoration_model", Text, "\"\""}, Kept),
      option({"show_progress_every_n_steps", Integer, "10"}, Kept),
      option({"live_preview_refresh_period", Number, "1000.0"}, Kept),
      option({"sd_checkpoints_limit", Integer, "1"}, Kept),
      option({"sd_checkpoint_cache", Integer, "0"}, Kept),
      option({"sd_vae_checkpoint_cache", Integer, "0"}, Kept),
  };
}

std::vector<SdOption> fixed_options() {
  return {
      option({"samples_format", Text, "\"png\""}, Fixed),
      option({"api_enable_requests", Boolean, "false"}, Fixed),
      option({"face_restoration", Boolean, "false"}, Fixed),
      option({"img2img_color_correction", Boolean, "false"}, Fixed),
      option({"img2img_extra_noise", Number, "0.0"}, Fixed),
      option({"sd_unet", Text, "\"Automatic\""}, Fixed),
      option({"sd_hypernetwork", Text, "\"None\""}, Fixed),
      option({"sd_lora", Text, "\"None\""}, Fixed),
      option({"sd_noise_schedule", Text, "\"Default\""}, Fixed),
      option({"use_downcasted_alpha_bar", Boolean, "false"}, Fixed),
      option({"use_old_emphasis_implementation", Boolean, "false"}, Fixed),
      option({"use_old_karras_scheduler_sigmas", Boolean, "false"}, Fixed),
      option({"always_discard_next_to_last_sigma", Boolean, "false"}, Fixed),
      option({"sgm_noise_multiplier", Boolean, "false"}, Fixed),
      option({"enable_quantization", Boolean, "false"}, Fixed),
      option({"token_merging_ratio", Number, "0.0"}, Fixed),
      option({"token_merging_ratio_img2img", Number, "0.0"}, Fixed),
  };
}

}  // namespace

std::span<const SdOption> sd_options() {
  static const std::vector<SdOption> all = [] {
    std::vector<SdOption> options = drawn_options();
    for (const std::vector<SdOption>& more : {kept_options(), fixed_options()}) {
      options.insert(options.end(), more.begin(), more.end());
    }
    return options;
  }();
  return all;
}

}  // namespace ptravel
