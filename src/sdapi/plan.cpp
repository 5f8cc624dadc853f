#include "sdapi/plan.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/text.h"
#include "notation/styles.h"
#include "ptravel/sampling.h"
#include "queue/automatic_vae.h"
#include "request/frame_metadata.h"
#include "request/hires.h"
#include "request/stages.h"
#include "sdapi/pictures.h"
#include "sdapi/samplers.h"
#include "sdapi/script.h"
#include "text/prompt_markup.h"

namespace ptravel {
namespace {

constexpr int kSizeStep = 8;
constexpr double kEndlessSigma = 1000;  // no model's noise reaches it

/// What the web UI draws where a seed is -1.
std::uint64_t drawn_seed() {
  constexpr std::uint64_t kLargestDrawn = 4294967293;
  std::random_device device;
  return std::uniform_int_distribution<std::uint64_t>(0, kLargestDrawn)(device);
}

std::uint64_t seed_of(std::int64_t given) {
  return given < 0 ? drawn_seed() : static_cast<std::uint64_t>(given);
}

int whole_steps(std::int64_t pixels) { return static_cast<int>(pixels / kSizeStep * kSizeStep); }

/// A number of the request, or the setting that stands for it.
double number_or_setting(const SdBody& body,
                         std::string_view field,
                         const SdSettings& settings,
                         std::string_view setting) {
  return body.has_value(field) ? body.number(field) : settings.number(setting);
}

/// Numbers of samplers count for those alone that have them, as in the original.
void set_sampler_numbers(TravelRequest& request, const SdBody& body, const SdSettings& settings) {
  const SamplerInfo& sampler = find_sampler(request.sampler);
  if (sampler.default_eta) {
    const double eta =
        number_or_setting(body, "eta", settings, sampler.timesteps ? "eta_ddim" : "eta_ancestral");
    request.eta = eta == *sampler.default_eta ? std::nullopt : std::optional(eta);
  }
  if (sampler.uses_churn) {
    request.s_churn = number_or_setting(body, "s_churn", settings, "s_churn");
    request.s_tmin = number_or_setting(body, "s_tmin", settings, "s_tmin");
    const double most = number_or_setting(body, "s_tmax", settings, "s_tmax");
    request.s_tmax = most >= kEndlessSigma ? 0 : most;
  }
  if (sampler.uses_noise_scale) {
    request.s_noise = number_or_setting(body, "s_noise", settings, "s_noise");
  }
}

void set_guidance_and_schedule(TravelRequest& request,
                               const SdBody& body,
                               const SdSettings& settings) {
  request.skip_guidance_below_sigma =
      number_or_setting(body, "s_min_uncond", settings, "s_min_uncond");
  request.skip_guidance_all_steps = settings.boolean("s_min_uncond_all");
  request.cfg_start = settings.number("skip_early_cond");
  request.schedule_sigma_min = settings.number("sigma_min");
  request.schedule_sigma_max = settings.number("sigma_max");
  request.schedule_rho = settings.number("rho");
}

void set_sampling(TravelRequest& request, const SdBody& body, const SdSettings& settings) {
  const SdSampler sampler = resolve_sd_sampler(body.text("sampler_name"),
                                               body.text("sampler_index"), body.text("scheduler"));
  request.sampler = sampler.sampler;
  request.scheduler = sampler.schedule;
  request.steps = static_cast<int>(std::clamp<std::int64_t>(body.integer("steps"), -1, 1 << 20));
  request.cfg_scale = {body.number("cfg_scale")};
  request.width = whole_steps(body.integer("width"));
  request.height = whole_steps(body.integer("height"));
  const bool tiles = body.has_value("tiling") ? body.boolean("tiling") : settings.boolean("tiling");
  request.tiling = tiles ? Tiling::Both : Tiling::Off;
  const std::int64_t resize_width = body.integer("seed_resize_from_w");
  const std::int64_t resize_height = body.integer("seed_resize_from_h");
  if (resize_width > 0 && resize_height > 0) {
    constexpr std::int64_t kBeyond = 1 << 20;  // refused by the limits of the setting
    request.seed_resize_from_width = static_cast<int>(std::min(resize_width, kBeyond));
    request.seed_resize_from_height = static_cast<int>(std::min(resize_height, kBeyond));
  }
  request.subseed_strength = {body.number("subseed_strength")};
  set_sampler_numbers(request, body, settings);
  set_guidance_and_schedule(request, body, settings);
}

/// Text-to-image may have a second pass. Old clients gave the size of the first one apart.
void set_hires(TravelRequest& request, const SdBody& body, bool img2img) {
  if (img2img || !body.boolean("enable_hr")) {
    return;
  }
  constexpr std::int64_t kBeyond = 1 << 20;  // refused by the limits of the settings
  const auto whole = [&](const char* field) {
    return static_cast<int>(std::clamp<std::int64_t>(body.integer(field), 0, kBeyond));
  };
  request.hires = true;
  request.hires_denoise = {body.number("denoising_strength")};
  request.hires_scale = body.number("hr_scale");
  request.hires_width = whole("hr_resize_x");
  request.hires_height = whole("hr_resize_y");
  if (whole("firstphase_width") > 0 && whole("firstphase_height") > 0) {
    request.hires_width = request.width;
    request.hires_height = request.height;
    request.width = whole_steps(body.integer("firstphase_width"));
    request.height = whole_steps(body.integer("firstphase_height"));
  }
  if (!body.text("hr_upscaler").empty()) {
    request.hires_upscaler = body.text("hr_upscaler");
  }
  request.hires_steps = whole("hr_second_pass_steps");
  const std::string sampler = body.text("hr_sampler_name");
  if (!sampler.empty() && sampler != "Use same sampler") {
    request.hires_sampler = resolve_sd_sampler(sampler, "", "").sampler;
  }
  const std::string scheduler = body.text("hr_scheduler");
  if (!scheduler.empty() && scheduler != "Use same scheduler") {
    request.hires_scheduler = resolve_sd_sampler(request.sampler, "", scheduler).schedule;
  }
  const auto text = [&](const char* field) {
    const std::string line = one_line(body.text(field));
    return trimmed(line).empty() ? std::string() : line;
  };
  request.hires_prompt = text("hr_prompt");
  request.hires_negative_prompt = text("hr_negative_prompt");
}

void set_settings(TravelRequest& request,
                  const SdSettings& settings,
                  const ModelCatalog& catalog,
                  const CatalogEntry& model) {
  request.clip_skip = static_cast<int>(settings.integer("CLIP_stop_at_last_layers"));
  request.ensd = settings.integer("eta_noise_seed_delta");
  request.rng = settings.text("randn_source") == "CPU" ? RngSource::Cpu : RngSource::Nv;
  const std::string emphasis = settings.text("emphasis");
  request.emphasis = emphasis == "No norm"  ? Emphasis::NoNorm
                     : emphasis == "Ignore" ? Emphasis::Ignore
                     : emphasis == "None"   ? Emphasis::None
                                            : Emphasis::Original;
  request.comma_backtrack = static_cast<int>(settings.integer("comma_padding_backtrack"));
  request.pad_cond_uncond = settings.boolean("pad_cond_uncond");
  request.old_prompt_editing = settings.boolean("use_old_scheduling");
  request.img2img_fix_steps = settings.boolean("img2img_fix_steps");
  const std::string vae = settings.text("sd_vae");
  if (vae == "None" || vae == "none") {
    request.vae = "none";
  } else if (vae != "Automatic" && vae != "auto") {
    request.vae = vae;
  } else if (const auto automatic = automatic_vae(catalog, model)) {
    request.vae = request_name(*automatic);
  }
}

/// Puts the chosen styles around the prompts: each stage of a travel, a plain picture's as a whole.
/// Those that are not there are passed over, as in the web UI.
void apply_styles(const SdState& state, SdPlan& plan) {
  const auto file = find_styles_file(state.context.options.models_dirs);
  if (!file || !plan.body.has_value("styles")) {
    return;
  }
  const bool stages = is_travel_script(plan.body.text("script_name"));
  const auto change = [&](std::string& prompt, const std::string& style) {
    prompt = stages && !prompt_lines(prompt).empty() ? with_style_in_stages(prompt, style)
                                                     : with_style(prompt, style);
  };
  const std::vector<PromptStyle> styles = read_styles(*file);
  for (const std::string& name : plan.body.texts("styles")) {
    const auto found = std::ranges::find(styles, name, &PromptStyle::name);
    if (found == styles.end()) {
      continue;
    }
    const PromptStyle& style = *found;
    change(plan.prompt, style.prompt);
    change(plan.negative_prompt, style.negative_prompt);
    // What the second pass leaves open is the first one's, and has its styles already.
    if (!plan.request.hires_prompt.empty()) {
      change(plan.request.hires_prompt, style.prompt);
    }
    if (!plan.request.hires_negative_prompt.empty()) {
      change(plan.request.hires_negative_prompt, style.negative_prompt);
    }
  }
}

/// Keeps a picture of a field where travels find it, and returns its name: for as long as the job
/// may need it, or `passing` as long as the plan.
std::string keep_picture(const SdState& state,
                         const SdPlan& plan,
                         const std::string& text,
                         const char* field,
                         std::shared_ptr<const Upload>& passing) {
  const std::string bytes = sd_picture_bytes(text);
  read_sd_picture(bytes, state.context.options.limits, field);
  const UploadStore& uploads = state.context.uploads;
  if (is_travel_script(plan.body.text("script_name"))) {
    return uploads.keep(bytes, field).name();
  }
  passing = uploads.keep_passing(bytes, field);
  return passing->name();
}

/// Takes the mask and what is said of it. Fields of the web UI are whole numbers.
void set_mask(const SdState& state, SdPlan& plan) {
  const SdBody& body = plan.body;
  TravelRequest& request = plan.request;
  if (body.text("mask").empty()) {
    return;
  }
  request.mask = keep_picture(state, plan, body.text("mask"), "mask", plan.mask);
  request.mask_blur =
      static_cast<double>(body.integer(body.has_value("mask_blur") ? "mask_blur" : "mask_blur_x"));
  request.mask_round = body.boolean("mask_round");
  request.invert_mask = body.integer("inpainting_mask_invert") != 0;
  request.inpainting_fill = static_cast<InpaintingFill>(body.integer("inpainting_fill"));
  request.inpaint_area =
      body.boolean("inpaint_full_res") ? InpaintArea::Masked : InpaintArea::Whole;
  request.inpaint_padding =
      static_cast<int>(std::clamp<std::int64_t>(body.integer("inpaint_full_res_padding"), 0, 1024));
}

void set_init_image(const SdState& state, SdPlan& plan) {
  const SdBody& body = plan.body;
  if (!body.has_value("init_images") || body.value("init_images").empty()) {
    throw http_exception(404, "Init image not found");
  }
  plan.request.init_image =
      keep_picture(state, plan, body.texts("init_images").front(), "init_images", plan.init_image);
  set_mask(state, plan);
}

}  // namespace

std::int64_t most_pixels_of(const TravelRequest& request) {
  constexpr int kUsualFactor = 8;  // pixels of a latent's cell
  const HiresSize second = request.hires ? hires_size(request, kUsualFactor) : HiresSize{};
  return std::max(std::int64_t{request.width} * request.height,
                  std::int64_t{second.width} * second.height);
}

std::string one_stage(const std::string& prompt) {
  const std::string line = one_line(prompt);
  return trimmed(line).empty() ? std::string(kEmptyStage) : line;
}

namespace {

/// The pictures of a request stay in memory until it is answered.
void check_amount(const SdPlan& plan, const ServeLimits& limits) {
  constexpr int kMostPictures = 1000;
  constexpr std::int64_t kMostTimesAtOnce = 16;
  const std::int64_t pictures = plan.pictures();
  const std::int64_t pixels = pictures * most_pixels_of(plan.request);
  const std::int64_t most = kMostTimesAtOnce * limits.pixels;
  if (pictures > kMostPictures) {
    throw wrong_field("n_iter", "makes " + std::to_string(pictures) +
                                    " pictures with batch_size, expected at most " +
                                    std::to_string(kMostPictures));
  }
  if (pixels > most) {
    throw wrong_field("n_iter", "makes " + std::to_string(pictures) + " pictures of " +
                                    std::to_string(pixels) +
                                    " pixels with batch_size, expected at most " +
                                    std::to_string(most) + " pixels");
  }
}

}  // namespace

void settle_pictures(const SdState& state, SdPlan& plan) {
  check_amount(plan, state.context.options.limits);
  TravelRequest request = plan.request;
  request.prompt = one_stage(plan.prompt);
  request.negative_prompt = one_line(plan.negative_prompt);
  request.fps = 0;
  RequestResolver::Settled settled = state.context.resolver.settle(std::move(request));
  throw_request_problems(settled.problems);
  plan.request = std::move(settled.request);
}

TravelRequest sd_travel_request(const ModelCatalog& catalog,
                                const SdBody& body,
                                const SdSettings& settings,
                                const CatalogEntry& model,
                                bool img2img) {
  TravelRequest request;
  request.model = request_name(model);
  set_sampling(request, body, settings);
  set_settings(request, settings, catalog, model);
  if (img2img) {
    request.denoise_strength = {body.number("denoising_strength")};
    request.resize_mode = static_cast<ResizeMode>(body.integer("resize_mode"));
    request.noise_multiplier =
        number_or_setting(body, "initial_noise_multiplier", settings, "initial_noise_multiplier");
    // Without a scale for the picture, the web UI guides by the text alone.
    request.image_cfg_scale =
        body.has_value("image_cfg_scale") ? body.number("image_cfg_scale") : 1;
  }
  set_hires(request, body, img2img);
  request.inpainting_mask_weight = settings.number("inpainting_mask_weight");
  return request;
}

SdPlan plan_pictures(SdState& state, SdBody body, bool img2img) {
  fill_from_infotext(body);
  refuse_unsupported(body, img2img);
  const Json overrides =
      body.has_value("override_settings") ? body.value("override_settings") : Json::object();
  SdSettings settings = state.options.overridden(state.options.settings(), overrides);
  const auto model = state.options.model(settings);
  if (!model) {
    throw exception_answer("RuntimeError", "there is no model to draw with");
  }
  SdPlan plan{img2img, std::move(body), std::move(settings), *model, {}, {}, {}};
  plan.prompt = remove_prompt_comments(plan.body.text("prompt"));
  plan.negative_prompt = remove_prompt_comments(plan.body.text("negative_prompt"));
  plan.seed = seed_of(plan.body.integer("seed"));
  plan.subseed = seed_of(plan.body.integer("subseed"));
  plan.batch_size = static_cast<int>(plan.body.integer("batch_size"));
  plan.n_iter = static_cast<int>(plan.body.integer("n_iter"));
  plan.request =
      sd_travel_request(state.context.catalog, plan.body, plan.settings, plan.model, img2img);
  apply_styles(state, plan);
  plan.request.seed = {Seed(plan.seed)};
  plan.request.subseed = Seed(plan.subseed);
  if (img2img) {
    set_init_image(state, plan);
  }
  return plan;
}

}  // namespace ptravel
