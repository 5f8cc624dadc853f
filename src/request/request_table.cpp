#include "request/request_table.h"

#include "request/field_kinds.h"
#include "request/request_names.h"

namespace ptravel {
namespace {

RequestField field(std::string_view name,
                   std::string_view group,
                   std::string_view help,
                   bool shapes_pictures = true) {
  RequestField result;
  result.name = name;
  result.group = group;
  result.help = help;
  result.shapes_pictures = shapes_pictures;
  return result;
}

void add_model_fields(std::vector<RequestFieldEntry>& table) {
  const char* group = "Model";
  using R = TravelRequest;
  table.push_back(text_field(
      field("model", group, "Stable Diffusion 1.x: .safetensors, .ckpt or a diffusers folder"),
      &R::model));
  table.push_back(text_field(
      field("vae", group, "Separate VAE file; \"none\" takes the checkpoint's own"), &R::vae));
  table.push_back(
      choice_field(field("prediction", group, "What the UNet predicts; auto believes the files"),
                   &R::prediction, kPredictionNames));
}

void add_travel_fields(std::vector<RequestFieldEntry>& table) {
  const char* group = "Prompts and travel";
  using R = TravelRequest;
  table.push_back(text_field(field("prompt", group, "The stages, one per line"), &R::prompt));
  table.push_back(text_field(
      field("negative_prompt", group, "One per line; the shorter list repeats its last line"),
      &R::negative_prompt));
  table.push_back(choice_field(field("mode", group, "How to move between two stages"), &R::mode,
                               kTravelModeNames));
  table.push_back(choice_field(field("interpolation", group, "How linear mixes conditionings"),
                               &R::interpolation, kInterpolationNames));
  table.push_back(choice_field(
      field("stage_padding", group, "What lengthens the shorter of two stages' conditionings"),
      &R::stage_padding, kStagePaddingNames));
  table.push_back(text_field(
      field("travel_steps", group, "Frames between stages: one number, or one per gap: 10,20"),
      &R::travel_steps));
  table.push_back(choice_field(field("easing", group, "Speed along the way between two stages"),
                               &R::easing, kEasingNames));
  table.push_back(
      boolean_field(field("loop", group, "Go on from the last stage to the first one"), &R::loop));
  table.push_back(choice_field(
      field(
          "genesis", group,
          "Start of a frame: the same noise, the frame before, half-drawn latents per stage pair"),
      &R::genesis, kGenesisNames));
  table.push_back(numbers_field(
      field("denoise_strength", group,
            "How far a frame leaves the picture it starts from; one value, or one per stage"),
      &R::denoise_strength, 0.0, 1.0));
  table.push_back(text_field(
      field("embryo_step", group, "Steps that a stage pair's frames share; below 1: part of all"),
      &R::embryo_step));
  table.push_back(
      choice_field(field("compat", group, "Frame counts and quirks of the original's versions"),
                   &R::compat, kCompatNames));
}

void add_mode_fields(std::vector<RequestFieldEntry>& table) {
  const char* group = "Modes replace and grad";
  using R = TravelRequest;
  table.push_back(
      choice_field(field("replace_dim", group,
                         "What replace swaps: prompt tokens, or parts of the conditioning"),
                   &R::replace_dim, kReplaceDimNames));
  table.push_back(choice_field(field("replace_order", group, "Which come first"), &R::replace_order,
                               kReplaceOrderNames,
                               {{"most_similar", ReplaceOrder::Similar},
                                {"similiar", ReplaceOrder::Similar},
                                {"most_different", ReplaceOrder::Different},
                                {"grad-min", ReplaceOrder::GradMin},
                                {"grad-max", ReplaceOrder::GradMax}}));
  table.push_back(choice_field(field("grad_method", group, "How a gradient becomes a step"),
                               &R::grad_method, kGradMethodNames));
  table.push_back(number_field(field("grad_alpha", group, "Size of a step of grad"), &R::grad_alpha,
                               0.0, 100.0));
  table.push_back(
      integer_field(field("grad_iter", group, "Steps of grad per frame"), &R::grad_iter, 1, 1000));
  table.push_back(number_field(
      field("grad_w_latent", group, "Weight of the picture's loss; negative: away from it"),
      &R::grad_w_latent, -1000.0, 1000.0));
  table.push_back(number_field(
      field("grad_w_cond", group, "Weight of the way to the stage; negative: away from it"),
      &R::grad_w_cond, -1000.0, 1000.0));
  table.push_back(number_field(
      field("grad_tolerance", group, "Mean distance at which grad has arrived; 0: never"),
      &R::grad_tolerance, 0.0, 1000.0));
}

void add_sampling_fields(std::vector<RequestFieldEntry>& table) {
  const char* group = "Sampling";
  using R = TravelRequest;
  table.push_back(text_field(field("sampler", group, "See: prompt-travel samplers"), &R::sampler));
  table.push_back(
      text_field(field("scheduler", group, "Noise schedule; Automatic takes the sampler's own"),
                 &R::scheduler));
  table.push_back(integer_field(field("steps", group, "Denoising steps"), &R::steps, 1, 1000));
  table.push_back(
      numbers_field(field("cfg_scale", group,
                          "Guidance scale, one or one per stage; 1 skips the negative prompt"),
                    &R::cfg_scale, 0.0, 100.0));
  const char* size_help = "Pixels, a multiple of 8; 0: the size the model was trained on";
  table.push_back(integer_field(field("width", group, size_help), &R::width, 0, 8192));
  table.push_back(integer_field(field("height", group, size_help), &R::height, 0, 8192));
  constexpr std::int64_t kMaxSeed = (std::int64_t{1} << 53) - 1;
  table.push_back(integers_field(
      field("seed", group, "-1 draws one; one for all frames, or one per stage: the noise travels"),
      &R::seed, -1, kMaxSeed));
  table.push_back(integer_field(field("subseed", group, "Variation seed; -1: one for each frame"),
                                &R::subseed, -1, kMaxSeed));
  table.push_back(numbers_field(
      field("subseed_strength", group, "0: the seed, 1: the subseed; one value, or one per stage"),
      &R::subseed_strength, 0.0, 1.0));
  table.push_back(integer_field(
      field("seed_resize_from_width", group, "Keep the composition of this size; 0: off"),
      &R::seed_resize_from_width, 0, 8192));
  table.push_back(integer_field(field("seed_resize_from_height", group, "As above"),
                                &R::seed_resize_from_height, 0, 8192));
  table.push_back(
      choice_field(field("rng", group, "Noise source: nv as the web UI on NVIDIA cards, or cpu"),
                   &R::rng, kRngSourceNames));
  table.push_back(integer_field(field("ensd", group, "Eta noise seed delta"), &R::ensd, 0,
                                std::int64_t{1} << 31));
}

void add_detail_fields(std::vector<RequestFieldEntry>& table) {
  const char* text_group = "Prompt encoding";
  const char* group = "Sampling";
  using R = TravelRequest;
  table.push_back(integer_field(field("clip_skip", text_group, "1 uses the last CLIP layer"),
                                &R::clip_skip, 1, 12));
  table.push_back(choice_field(field("emphasis", text_group, "How attention weights act"),
                               &R::emphasis, kEmphasisNames));
  table.push_back(integer_field(
      field("comma_backtrack", text_group, "Tokens to look back for a comma when a chunk is full"),
      &R::comma_backtrack, 0, 74));
  table.push_back(boolean_field(
      field("pad_cond_uncond", text_group, "Pad the shorter of prompt and negative prompt"),
      &R::pad_cond_uncond));
  table.push_back(boolean_field(
      field("old_prompt_editing", text_group, "Prompt editing timelines of web UI versions < 1.6"),
      &R::old_prompt_editing));
  table.push_back(optional_number_field(
      field("eta", group, "Noise of ancestral samplers and DDIM; empty: the sampler's own"),
      &R::eta, 0, 10));
  table.push_back(
      number_field(field("s_churn", group, "Euler, Heun, DPM2"), &R::s_churn, 0.0, 1000.0));
  table.push_back(
      number_field(field("s_tmin", group, "Lowest sigma with churn"), &R::s_tmin, 0.0, 1000.0));
  table.push_back(number_field(field("s_tmax", group, "Highest sigma with churn; 0: no limit"),
                               &R::s_tmax, 0.0, 1000.0));
  table.push_back(
      number_field(field("s_noise", group, "Strength of added noise"), &R::s_noise, 0.0, 10.0));
}

void add_picture_fields(std::vector<RequestFieldEntry>& table) {
  const char* group = "Init picture";
  using R = TravelRequest;
  table.push_back(text_field(
      field("init_image", group, "Start every frame from this PNG, JPEG or WebP (img2img)"),
      &R::init_image));
  table.push_back(choice_field(field("resize_mode", group, "How the init picture gets the size"),
                               &R::resize_mode, kResizeModeNames));
  table.push_back(boolean_field(
      field("img2img_fix_steps", group, "Do exactly the given number of steps with img2img"),
      &R::img2img_fix_steps));
  table.push_back(number_field(field("noise_multiplier", group, "Scales the noise of img2img"),
                               &R::noise_multiplier, 0.0, 2.0));
}

void add_output_fields(std::vector<RequestFieldEntry>& table) {
  const char* group = "Video and output";
  using R = TravelRequest;
  table.push_back(number_field(field("fps", group, "Frames per second; 0: no video", false),
                               &R::fps, 0.0, 240.0));
  table.push_back(
      choice_field(field("format", group, "Video format", false), &R::format, kVideoFormatNames));
  table.push_back(
      integer_field(field("pad", group, "Repeat the first and the last frame this often", false),
                    &R::pad, 0, 100000));
  table.push_back(integer_field(
      field("hold", group, "Show each stage's frame this often more in the video", false), &R::hold,
      0, 100000));
  table.push_back(boolean_field(
      field("ping_pong", group, "Let the video go back to its beginning", false), &R::ping_pong));
  table.push_back(text_field(
      field("pick", group, "Python slice of frames for the video; one number = stop", false),
      &R::pick));
  table.push_back(
      boolean_field(field("contact_sheet", group,
                          "Also write contact-sheet.png: the picked frames in a grid", false),
                    &R::contact_sheet));
  table.push_back(text_field(
      field("out", group, "Folder that gets prompt_travel/00000, 00001, ...", false), &R::out));
  const char* compute = "Computing";
  table.push_back(
      choice_field(field("device", compute, "Where to compute", false), &R::device, kDeviceNames));
  table.push_back(choice_field(
      field("precision", compute,
            "Arithmetic of the networks: fp32 is the reference; auto takes the fast one, fp16 on "
            "CUDA, bf16 on CPUs that have it",
            true),
      &R::precision, kPrecisionNames));
  table.push_back(
      integer_field(field("threads", compute, "CPU threads; 0: all", false), &R::threads, 0, 1024));
  table.push_back(integer_field(
      field("batch", compute, "Frames drawn at once where they do not build on each other", false),
      &R::batch, 1, 256));
}

}  // namespace

const std::vector<RequestFieldEntry>& request_table() {
  static const std::vector<RequestFieldEntry> table = [] {
    std::vector<RequestFieldEntry> rows;
    add_model_fields(rows);
    add_travel_fields(rows);
    add_mode_fields(rows);
    add_sampling_fields(rows);
    add_detail_fields(rows);
    add_picture_fields(rows);
    add_output_fields(rows);
    return rows;
  }();
  return table;
}

}  // namespace ptravel
