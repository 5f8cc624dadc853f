#include "sdapi/picture_fields.h"

#include <vector>

namespace ptravel {
namespace {

constexpr double kMostPictures = 1000;  // of one request, which the plan checks as a whole
constexpr double kLargestSide = 8192;

/// What both ways of drawing take.
std::vector<SdField> common_fields() {
  using enum SdType;
  const auto side = [](std::string_view name) {
    return SdField{name, Integer, "512", false, 8, kLargestSide};
  };
  return {
      {"prompt", Text, "\"\""},
      {"negative_prompt", Text, "\"\""},
      {"styles", Texts},
      {"seed", Integer, "-1", false, -1},
      {"subseed", Integer, "-1", false, -1},
      {"subseed_strength", Number, "0.0"},
      {"seed_resize_from_h", Integer, "-1"},
      {"seed_resize_from_w", Integer, "-1"},
      {"sampler_name", Text},
      {"scheduler", Text},
      {"batch_size", Integer, "1", false, 1, kMostPictures},
      {"n_iter", Integer, "1", false, 1, kMostPictures},
      {"steps", Integer, "50"},
      {"cfg_scale", Number, "7.0"},
      side("width"),
      side("height"),
      {"restore_faces", Boolean},
      {"tiling", Boolean},
      {"do_not_save_samples", Boolean, "false"},
      {"do_not_save_grid", Boolean, "false"},
      {"eta", Number},
      {"denoising_strength", Number, "0.75"},
      {"s_min_uncond", Number},
      {"s_churn", Number},
      {"s_tmax", Number},
      {"s_tmin", Number},
      {"s_noise", Number},
      {"override_settings", Object},
      {"override_settings_restore_afterwards", Boolean, "true"},
      {"refiner_checkpoint", Text},
      {"refiner_switch_at", Number},
      {"disable_extra_networks", Boolean, "false"},
      {"comments", Object},
      {"force_task_id", Text},
      {"infotext", Text},
      {"sampler_index", Text, "\"Euler\""},
      {"script_name", Text},
      {"script_args", List, "[]"},
      {"send_images", Boolean, "true"},
      {"save_images", Boolean, "false"},
      {"alwayson_scripts", Object, "{}"},
  };
}

std::vector<SdField> with_hires_fields(std::vector<SdField> fields) {
  using enum SdType;
  fields.insert(fields.end(), {{"firstpass_image", Text},
                               {"enable_hr", Boolean, "false"},
                               {"firstphase_width", Integer, "0"},
                               {"firstphase_height", Integer, "0"},
                               {"hr_scale", Number, "2.0"},
                               {"hr_upscaler", Text},
                               {"hr_second_pass_steps", Integer, "0"},
                               {"hr_resize_x", Integer, "0"},
                               {"hr_resize_y", Integer, "0"},
                               {"hr_checkpoint_name", Text},
                               {"hr_sampler_name", Text},
                               {"hr_scheduler", Text},
                               {"hr_prompt", Text, "\"\""},
                               {"hr_negative_prompt", Text, "\"\""}});
  return fields;
}

std::vector<SdField> with_init_fields(std::vector<SdField> fields) {
  using enum SdType;
  fields.insert(fields.end(), {{"init_images", Texts},
                               {"resize_mode", Integer, "0", false, 0, 3},
                               {"image_cfg_scale", Number},
                               {"mask", Text},
                               {"mask_blur", Integer},
                               {"mask_blur_x", Integer, "4"},
                               {"mask_blur_y", Integer, "4"},
                               {"mask_round", Boolean, "true"},
                               {"inpainting_fill", Integer, "0", false, 0, 3},
                               {"inpaint_full_res", Boolean, "true"},
                               {"inpaint_full_res_padding", Integer, "0"},
                               {"inpainting_mask_invert", Integer, "0"},
                               {"initial_noise_multiplier", Number},
                               {"latent_mask", Text},
                               {"include_init_images", Boolean, "false"}});
  return fields;
}

}  // namespace

std::span<const SdField> txt2img_fields() {
  static const std::vector<SdField> fields = with_hires_fields(common_fields());
  return fields;
}

std::span<const SdField> img2img_fields() {
  static const std::vector<SdField> fields = with_init_fields(common_fields());
  return fields;
}

}  // namespace ptravel
