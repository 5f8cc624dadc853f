#include <filesystem>
#include <limits>

#include "media/infotext.h"
#include "ptravel/sampling.h"
#include "request/mask_files.h"
#include "request/request_names.h"
#include "request/request_table.h"
#include "request/value_forms.h"

namespace ptravel {
namespace {

using R = TravelRequest;
using Scope = RequestField::Scope;

const SamplerInfo& sampler_of(const R& request) {
  return find_sampler(resolve_sampler(request.sampler, request.scheduler).sampler);
}

std::string sampler_label(const FrameFacts& facts) {
  return std::string(sampler_of(facts.request).label);
}

/// The web UI records the schedule that was used; samplers without one of their own say Automatic.
std::string schedule_label(const FrameFacts& facts) {
  const SamplerChoice choice = resolve_sampler(facts.request.sampler, facts.request.scheduler);
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  if (sampler.timesteps) {
    const bool own = schedule_in_use(sampler, choice.schedule) == sampler.default_schedule;
    return own ? "Automatic" : std::string(find_schedule(choice.schedule).label);
  }
  if (!sampler.uses_schedule) {
    return "Automatic";
  }
  const bool automatic = choice.schedule == "automatic";
  if (automatic && sampler.default_schedule == "uniform") {
    return "Automatic";
  }
  return std::string(find_schedule(automatic ? sampler.default_schedule : choice.schedule).label);
}

/// Two settings under one key, "512x768".
ParameterItem size_item(std::string_view key,
                        int place,
                        std::pair<int R::*, int R::*> sides,
                        std::pair<const char*, const char*> fields,
                        const When& when) {
  return {
      key, place,
      [=](const FrameFacts& facts) {
        return when(facts) ? std::optional(
                                 size_text(facts.request.*sides.first, facts.request.*sides.second))
                           : std::nullopt;
      },
      [=](FrameRequest& frame, const std::string& value) -> std::optional<std::string> {
        const auto size = parse_infotext_size(value);
        if (!size) {
          return wrong_value(value, "a size such as 512x512");
        }
        auto problem = set_request_field(frame.request, fields.first, std::to_string(size->first));
        if (!problem) {
          problem = set_request_field(frame.request, fields.second, std::to_string(size->second));
        }
        return problem ? std::optional(problem->message) : std::nullopt;
      }};
}

/// The seed of the stage that the frame goes to, where it is another one.
ParameterItem to_seed_item() {
  return {"Travel to seed", 1170,
          [](const FrameFacts& facts) {
            return is_in_between(facts) && facts.request.seed.size() > 1
                       ? std::optional(to_text(facts.request.seed[1]))
                       : std::nullopt;
          },
          [](FrameRequest& frame, const std::string& value) {
            Seed seed;
            auto problem = seed_form().set(seed, value);
            if (!problem) {
              frame.request.seed.resize(1);
              frame.request.seed.push_back(seed);
            }
            return problem;
          }};
}

void add_seed_rows(RequestTableBuilder& table) {
  table
      .add("seed", "-1 draws one; one for all frames, or one per stage: the noise travels",
           &R::seed, list_form(seed_form()))
      .key("Seed", 50)
      .key_text([](const FrameFacts& facts) { return to_text(facts.request.seed.at(0)); })
      .item(to_seed_item());
  const When varies = [](const FrameFacts& facts) {
    return facts.request.subseed_strength.at(0) > 0;
  };
  table.add("subseed", "Variation seed; -1: one for each frame", &R::subseed, seed_form())
      .label("Variation seed")
      .key("Variation seed", 110, varies);
  table
      .add("subseed_strength", "0: the seed, 1: the subseed; one value, or one per stage",
           &R::subseed_strength, list_form(number_form(0, 1)))
      .label("Variation strength")
      .key("Variation seed strength", 120, varies);
  table
      .add("seed_resize_from_width", "Keep the composition of this size; 0: off",
           &R::seed_resize_from_width, integer_form(0, 8192))
      .label("Resize seed from width")
      .item(size_item(
          "Seed resize from", 130, {&R::seed_resize_from_width, &R::seed_resize_from_height},
          {"seed_resize_from_width", "seed_resize_from_height"},
          [](const FrameFacts& facts) { return facts.request.seed_resize_from_width > 0; }));
  table
      .add("seed_resize_from_height", "As above", &R::seed_resize_from_height,
           integer_form(0, 8192))
      .label("Resize seed from height")
      .in_key("Seed resize from");
  table
      .add("rng", "Noise source: nv as the web UI on NVIDIA cards, or cpu", &R::rng,
           choice_form(kRngSourceNames))
      .label("Random number generator source")
      .key("RNG", 170)
      .spelt({{"cpu", "CPU"}, {"nv", "NV"}, {"nv", "GPU"}});
  table
      .add("ensd", "Eta noise seed delta", &R::ensd,
           integer_form<std::int64_t>(0, std::int64_t{1} << 31))
      .label("Eta noise seed delta")
      .key_if_changed("ENSD", 160);
}

/// When and how the negative prompt is left out or its difference is bent.
void add_guidance_rows(RequestTableBuilder& table) {
  table
      .add("cfg_start",
           "No negative prompt up to this share of the steps; 0: from the first one on",
           &R::cfg_start, number_form(0, 1))
      .label("CFG start")
      .key_if_changed("Skip Early CFG", 226);
  table
      .add("cfg_end", "No negative prompt from this share of the steps on", &R::cfg_end,
           number_form(0, 1))
      .label("CFG end")
      .key_if_changed("CFG end", 229);
  table
      .add("skip_guidance_below_sigma",
           "No negative prompt in every other step below this sigma (DDIM and others on timesteps: "
           "below this timestep); 0: off",
           &R::skip_guidance_below_sigma, number_form(0, 1000))
      .label("Negative Guidance minimum sigma")
      .key_if_changed("NGMS", 227);
  table
      .add("skip_guidance_all_steps", "In every step below it, not every other one",
           &R::skip_guidance_all_steps, boolean_form())
      .label("Negative Guidance minimum sigma all steps")
      .key_if_changed("NGMS all steps", 228, [](const FrameFacts& facts) {
        return facts.request.skip_guidance_below_sigma > 0;
      });
  table
      .add("apg_eta",
           "Projected guidance (APG): share of guidance along the prediction; 0 avoids "
           "oversaturation, 1 is off",
           &R::apg_eta, number_form(-10, 10))
      .label("APG eta")
      .key_if_changed("APG eta", 231);
  table
      .add("apg_threshold", "APG: longest step of guidance, such as 15; 0: any length",
           &R::apg_threshold, number_form(0, 100000))
      .label("APG norm threshold")
      .key_if_changed("APG threshold", 232);
  table
      .add("apg_momentum", "APG: share of the steps before, such as -0.5; 0: none",
           &R::apg_momentum, number_form(-1, 1))
      .label("APG momentum")
      .key_if_changed("APG momentum", 233);
}

void add_step_rows(RequestTableBuilder& table) {
  table.add("sampler", "See: prompt-travel samplers", &R::sampler, text_form())
      .label("Sampling method")
      .example("DPM++ 2M")
      .key("Sampler", 20)
      .key_text(sampler_label);
  table
      .add("scheduler", "Noise schedule; Automatic takes the sampler's own", &R::scheduler,
           text_form())
      .label("Schedule type")
      .example("Karras")
      .key("Schedule type", 30)
      .key_text(schedule_label);
  table.add("steps", "Denoising steps", &R::steps, integer_form(1, 1000))
      .label("Sampling steps")
      .key("Steps", 10);
  table
      .add("cfg_scale", "Guidance scale, one or one per stage; 1 skips the negative prompt",
           &R::cfg_scale, list_form(number_form(0, 100)))
      .label("CFG Scale")
      .key("CFG scale", 40);
  table
      .add("cfg_rescale", "Keeps contrast at high guidance, for models that predict v: 0 to 1",
           &R::cfg_rescale, number_form(0, 1))
      .label("CFG Rescale")
      .key_if_changed("CFG Rescale", 225);
  add_guidance_rows(table);
  const char* size_help = "Pixels, a multiple of 8; 0: the size the model was trained on";
  table.add("width", size_help, &R::width, integer_form(0, 8192))
      .item(size_item("Size", 60, {&R::width, &R::height}, {"width", "height"}, always));
  table.add("height", size_help, &R::height, integer_form(0, 8192)).in_key("Size");
  table
      .add("tiling",
           "Pictures that go on at their other edge, for textures: off, both ways, only across (x) "
           "or only down (y)",
           &R::tiling, choice_form(kTilingNames))
      .key_if_changed("Tiling", 165)
      .spelt({{"both", "True"}, {"off", "False"}});
}

void add_encoding_rows(RequestTableBuilder& table) {
  table.group("Prompt encoding", Scope::Picture);
  table.add("clip_skip", "1 uses the last CLIP layer", &R::clip_skip, integer_form(1, 12))
      .key_if_changed("Clip skip", 150);
  table.add("emphasis", "How attention weights act", &R::emphasis, choice_form(kEmphasisNames))
      .label("Emphasis mode")
      .key_if_changed("Emphasis", 240)
      .spelt({{"original", "Original"},
              {"no-norm", "No norm"},
              {"ignore", "Ignore"},
              {"none", "None"}});
  table
      .add("comma_backtrack", "Tokens to look back for a comma when a chunk is full",
           &R::comma_backtrack, integer_form(0, 74))
      .key_if_changed("Comma backtrack", 1020);
  table
      .add("pad_cond_uncond", "Pad the shorter of prompt and negative prompt", &R::pad_cond_uncond,
           boolean_form())
      .label("Pad prompt/negative prompt")
      .key_if_changed("Pad conds", 230);
  table
      .add("sdxl_crop_top", "SDXL: how far the picture is cut off above; one, or one per stage",
           &R::sdxl_crop_top, list_form(number_form(0, 8192)))
      .label("SDXL crop top")
      .key_if_changed("SDXL crop top", 235);
  table
      .add("sdxl_crop_left", "SDXL: the same on the left", &R::sdxl_crop_left,
           list_form(number_form(0, 8192)))
      .label("SDXL crop left")
      .key_if_changed("SDXL crop left", 236);
  table
      .add("old_prompt_editing", "Prompt editing timelines of web UI versions < 1.6",
           &R::old_prompt_editing, boolean_form())
      .label("Old prompt editing timelines")
      .key_if_changed("Old prompt editing timelines", 250);
}

/// Written when it is not the sampler's own; the web UI has a setting for samplers on timesteps and
/// one for the others.
When eta_of(bool timesteps) {
  return [timesteps](const FrameFacts& facts) {
    const SamplerInfo& sampler = sampler_of(facts.request);
    return facts.request.eta != sampler.default_eta && sampler.timesteps == timesteps;
  };
}

const ScheduleInfo* schedule_used(const R& request) {
  const SamplerInfo& sampler = sampler_of(request);
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  return sampler.timesteps ? nullptr : &find_schedule(schedule_in_use(sampler, choice.schedule));
}

bool takes_range(const FrameFacts& facts) {
  const ScheduleInfo* schedule = schedule_used(facts.request);
  return schedule != nullptr && schedule->takes_range;
}

bool takes_rho(const FrameFacts& facts) {
  const ScheduleInfo* schedule = schedule_used(facts.request);
  return schedule != nullptr && schedule->default_rho > 0;
}

void add_noise_rows(RequestTableBuilder& table) {
  table.group("Sampling", Scope::Picture);
  table
      .add("eta", "Noise of ancestral samplers and DDIM; empty: the sampler's own", &R::eta,
           optional_form(number_form(0, 10)))
      .key_if_changed("Eta", 180, eta_of(false))
      .key_if_changed("Eta DDIM", 185, eta_of(true));
  table.add("s_churn", "Euler, Heun, DPM2", &R::s_churn, number_form(0, 1000))
      .label("Sigma churn")
      .key_if_changed("Sigma churn", 190);
  table.add("s_tmin", "Lowest sigma with churn", &R::s_tmin, number_form(0, 1000))
      .label("Sigma tmin")
      .key_if_changed("Sigma tmin", 200);
  table.add("s_tmax", "Highest sigma with churn; 0: no limit", &R::s_tmax, number_form(0, 1000))
      .label("Sigma tmax")
      .key_if_changed("Sigma tmax", 210);
  table.add("s_noise", "Strength of added noise", &R::s_noise, number_form(0, 10))
      .label("Sigma noise")
      .key_if_changed("Sigma noise", 220);
  table
      .add("schedule_sigma_max",
           "Where a schedule begins that takes it: Karras, Exponential, Polyexponential, SGM "
           "Uniform, KL Optimal, Normal, Beta; 0: the model's",
           &R::schedule_sigma_max, number_form(0, 10000))
      .label("Schedule max sigma")
      .key_if_changed("Schedule max sigma", 221, takes_range);
  table
      .add("schedule_sigma_min", "Where it ends, before 0", &R::schedule_sigma_min,
           number_form(0, 10000))
      .label("Schedule min sigma")
      .key_if_changed("Schedule min sigma", 222, takes_range);
  table
      .add("schedule_rho",
           "Karras (7) and Polyexponential (1): higher means more steps at low noise",
           &R::schedule_rho, number_form(0, 1000))
      .label("Schedule rho")
      .key_if_changed("Schedule rho", 223, takes_rho);
}

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

void add_picture_rows(RequestTableBuilder& table) {
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

void add_sampling_rows(RequestTableBuilder& table) {
  table.group("Sampling", Scope::Picture);
  add_step_rows(table);
  add_seed_rows(table);
  add_encoding_rows(table);
  add_noise_rows(table);
  add_picture_rows(table);
  add_hires_rows(table);
}

}  // namespace ptravel
