// What frames start from, and their second pass.
#include <filesystem>
#include <string>
#include <utility>

#include "request/mask_files.h"
#include "request/request_names.h"
#include "request/request_table.h"
#include "request/value_forms.h"

namespace ptravel {
namespace {

using R = TravelRequest;
using Scope = RequestField::Scope;

bool has_mask(const FrameFacts& facts) { return !facts.request.mask.empty(); }

/// "a.png [0123456789]", on the way between stages with different masks both.
ParameterItem mask_item() {
  return {"Travel mask", 1038,
          [](const FrameFacts& facts) -> std::optional<std::string> {
            std::string text;
            for (const std::string& file : mask_files(facts.request)) {
              const auto hash = facts.model.mask_sha256.find(file);
              text += (text.empty() ? "" : ", ") + std::filesystem::path(file).filename().string() +
                      " [" +
                      (hash == facts.model.mask_sha256.end() ? "" : short_hash(hash->second)) + "]";
            }
            return text.empty() ? std::nullopt : std::optional(text);
          },
          [](FrameRequest& frame, const std::string& value) {
            frame.masks = value;
            return std::optional<std::string>();
          },
          true};
}

void add_mask_rows(RequestTableBuilder& table) {
  table
      .add("mask",
           "Draw only where this picture is white (inpainting): one file, or one per stage, mixed "
           "along the way",
           &R::mask, lines_form())
      .example("mask.png")
      .item(mask_item());
  table.add("mask_blur", "Softens the mask's edge: pixels", &R::mask_blur, number_form(0, 64))
      .label("Mask blur")
      .key("Mask blur", 272, has_mask);
  table.add("invert_mask", "Draw where the mask is black", &R::invert_mask, boolean_form())
      .label("Inpaint not masked")
      .key_if_changed("Mask mode", 270, has_mask)
      .spelt({{"True", "Inpaint not masked"}, {"False", "Inpaint masked"}});
  table
      .add("mask_round", "A place is drawn or not; off: as much as the mask is white",
           &R::mask_round, boolean_form())
      .label("Round the mask")
      .key_if_changed("Travel mask round", 1039, has_mask);
  table
      .add("inpainting_fill", "What is under the mask at the start", &R::inpainting_fill,
           choice_form(kInpaintingFillNames))
      .label("Masked content")
      .key_if_changed("Masked content", 278, has_mask)
      .spelt({{"latent-noise", "latent noise"}, {"latent-nothing", "latent nothing"}});
  table
      .add("inpaint_area", "Draw the whole picture, or only the mask's surroundings at full size",
           &R::inpaint_area, choice_form(kInpaintAreaNames))
      .key_if_changed("Inpaint area", 274, has_mask)
      .spelt({{"whole", "Whole picture"}, {"masked", "Only masked"}});
  table
      .add("inpaint_padding", "With inpaint area masked: pixels around the mask",
           &R::inpaint_padding, integer_form(0, 1024))
      .label("Only masked padding, pixels")
      .key("Masked area padding", 276, [](const FrameFacts& facts) {
        return has_mask(facts) && facts.request.inpaint_area == InpaintArea::Masked;
      });
  table
      .add("inpainting_mask_weight",
           "Inpainting models: 1 hides what is masked from them, 0 shows it",
           &R::inpainting_mask_weight, number_form(0, 1))
      .label("Inpainting conditioning mask strength")
      .key("Conditional mask weight", 145, [](const FrameFacts& facts) {
        return facts.model.takes_mask || facts.request.inpainting_mask_weight != 1;
      });
  table
      .add("image_cfg_scale", "InstructPix2Pix: how strongly the picture is kept",
           &R::image_cfg_scale, number_form(0, 100))
      .label("Image CFG Scale")
      .key("Image CFG scale", 45, [](const FrameFacts& facts) {
        return facts.model.edits || facts.request.image_cfg_scale != R{}.image_cfg_scale;
      });
}

void add_init_rows(RequestTableBuilder& table) {
  table.group("Init picture", Scope::Picture);
  table
      .add("init_image", "Start every frame from this PNG, JPEG or WebP (img2img)", &R::init_image,
           text_form())
      .label("Init picture")
      .example("picture.png")
      .said(
          "Travel init image", 1036,
          [](const ModelIdentity& model) { return model.init_image_name; },
          &FrameRequest::init_image_name)
      .said(
          "Travel init image hash", 1037,
          [](const ModelIdentity& model) { return short_hash(model.init_image_sha256); },
          &FrameRequest::init_image_hash);
  table
      .add("resize_mode", "How the init picture gets the size", &R::resize_mode,
           choice_form(kResizeModeNames))
      .key_if_changed("Travel resize mode", 1034, starts_from_picture);
  add_mask_rows(table);
  table
      .add("img2img_fix_steps", "Do exactly the given number of steps with img2img",
           &R::img2img_fix_steps, boolean_form())
      .label("Do exactly the steps given")
      .key_if_changed("Fix steps", 1030);
  table
      .add("noise_multiplier", "Scales the noise of img2img", &R::noise_multiplier,
           number_form(0, 2))
      .label("Noise multiplier for img2img")
      .key_if_changed("Noise multiplier", 260, starts_from_picture);
}

bool has_hires(const FrameFacts& facts) { return facts.request.hires; }

bool hires_to_size(const FrameFacts& facts) {
  return has_hires(facts) && (facts.request.hires_width > 0 || facts.request.hires_height > 0);
}

/// What a picture's second pass was made with says that there was one. Its strength is the web UI's
/// denoising strength, where frames start from nothing; our own key tells it in any case.
ParameterItem hires_upscaler_item() {
  return {"Hires upscaler", 156,
          [](const FrameFacts& facts) {
            return has_hires(facts) ? std::optional(facts.request.hires_upscaler) : std::nullopt;
          },
          [](FrameRequest& frame, const std::string& value) {
            frame.request.hires = true;
            frame.request.hires_denoise = frame.request.denoise_strength;
            return set_request_field(frame.request, "hires_upscaler", value)
                       ? std::optional(wrong_value(value, "the name of an upscaler"))
                       : std::nullopt;
          }};
}

/// A text of the second pass, told where it is another one than the first's.
void add_hires_texts(RequestTableBuilder& table) {
  table
      .add("hires_prompt", "The stages in the second pass, one per line; empty: as in the first",
           &R::hires_prompt, lines_form())
      .label("Hires prompt")
      .example("a detailed cat")
      .key_if_changed("Hires prompt", 152, has_hires);
  table.add("hires_negative_prompt", "Likewise", &R::hires_negative_prompt, lines_form())
      .label("Hires negative prompt")
      .example("blurry")
      .key_if_changed("Hires negative prompt", 153, has_hires);
}

void add_hires_rows(RequestTableBuilder& table) {
  table.group("Hires. fix", Scope::Picture);
  table
      .add("hires", "Draw each frame again at a larger size, from its own picture", &R::hires,
           boolean_form())
      .label("Hires. fix")
      .in_key("Hires upscaler");
  table
      .add("hires_scale", "How much larger; where no size is given", &R::hires_scale,
           number_form(0, 16))
      .label("Upscale by")
      .key("Hires upscale", 154,
           [](const FrameFacts& facts) { return has_hires(facts) && !hires_to_size(facts); });
  table
      .add("hires_width",
           "Pixels; the height follows, or the frame is cut where that is given, too",
           &R::hires_width, integer_form(0, 8192))
      .label("Resize width to")
      .item(size_item("Hires resize", 157, {&R::hires_width, &R::hires_height},
                      {"hires_width", "hires_height"}, hires_to_size));
  table.add("hires_height", "As above", &R::hires_height, integer_form(0, 8192))
      .label("Resize height to")
      .in_key("Hires resize");
  table
      .add("hires_upscaler",
           "Latent and its five kinds, None, Lanczos, Nearest, or a network of the models folders",
           &R::hires_upscaler, text_form())
      .label("Upscaler")
      .example("Lanczos")
      .item(hires_upscaler_item());
  table
      .add("hires_steps", "Sampling steps of the second pass; 0: as many as the first",
           &R::hires_steps, integer_form(0, 1000))
      .label("Hires steps")
      .key_if_changed("Hires steps", 155, has_hires);
  table
      .add("hires_denoise",
           "How far the second pass leaves the first's picture; one value, or one per stage",
           &R::hires_denoise, list_form(number_form(0, 1)))
      .label("Denoising strength of hires")
      .key("Travel hires denoise", 1035, has_hires);
  table
      .add("hires_sampler", "Of the second pass; empty: as in the first", &R::hires_sampler,
           text_form())
      .label("Hires sampling method")
      .example("DPM++ 2M")
      .key_if_changed("Hires sampler", 149, has_hires);
  table.add("hires_scheduler", "Likewise", &R::hires_scheduler, text_form())
      .label("Hires schedule type")
      .example("Karras")
      .key_if_changed("Hires schedule type", 151, has_hires);
  add_hires_texts(table);
}

}  // namespace

void add_picture_rows(RequestTableBuilder& table) {
  add_init_rows(table);
  add_hires_rows(table);
}

}  // namespace ptravel
