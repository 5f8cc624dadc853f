#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/compute.h"
#include "ptravel/emphasis.h"
#include "ptravel/error.h"
#include "ptravel/image.h"
#include "ptravel/inpainting.h"
#include "ptravel/rng_source.h"
#include "ptravel/sampling.h"
#include "ptravel/seed.h"
#include "ptravel/video.h"

namespace ptravel {

struct TextFile;

/// How the route moves between two stages. Linear: interpolate the conditionings. Replace: swap
/// tokens (or parts of the conditioning) for the next stage's, a few per frame. Grad: walk by
/// gradients of how well the conditioning explains the next stage's picture.
enum class TravelMode { Linear, Replace, Grad };

/// Where a frame starts. Fixed: every frame from the same noise (and init picture). Successive:
/// each frame from the picture before it. Embryo: from the latents that the two stages' halfway
/// prompt reaches after some steps.
enum class Genesis { Fixed, Successive, Embryo };

/// Whose frame counts, alphas and quirks to repeat. None: what the original's documentation says.
/// First and Newest: the first version (v1.3) and the newest one (v3) as they worked.
enum class Compat { None, First, Newest };

/// What Replace swaps. Prompt: tokens of the prompt, which is then encoded anew. Of the encoded
/// conditioning: Token its rows, Channel its columns, Random single values.
enum class ReplaceDim { Prompt, Token, Channel, Random };

/// Which come first in Replace. Similar and Different: by the distance between what is swapped.
/// GradMin and GradMax: by the gradient that Grad would walk along (only with ReplaceDim::Prompt).
enum class ReplaceOrder { Random, Similar, Different, GradMin, GradMax };

/// How Grad turns a gradient into a step. Clip: limits its size to 0.2 .. 1; Sign; Tanh.
enum class GradMethod { Clip, Sign, Tanh };

/// How the speed along the way between two stages changes.
/// Beta: slow at both ends, by the quantiles of the Beta(3, 3) distribution (He et al., 2024).
enum class Easing { Linear, EaseIn, EaseOut, EaseInOut, Beta };

/// Where frames lie between two stages. Alpha: at equal shares of the way. Even: where neighbouring
/// pictures are equally far apart. Preview: the same, judged by pictures of fewer sampling steps.
enum class Pace { Alpha, Even, Preview };

/// What "far apart" means for Pace: structure (SSIM), colour (CIE Lab), or the VAE's latents.
enum class PaceBy { Ssim, Lab, Latent };

/// Where sound puts stages. Beat: each on the beat nearest to its place. Energy: where the gaps
/// between them hear equal shares of percussion.
enum class BeatsBy { Beat, Energy };

/// What leads across a jump that pacing met: nothing, pictures from mixed latents of both sides, or
/// a cross-fade of the two pictures.
enum class BridgeKind { Off, Latents, Blend };

/// How Linear mixes two conditionings: lerp, slerp per token, or slerp of what each has beyond the
/// empty prompt's encoding.
enum class Interpolation { Lerp, Slerp, SlerpUncond };

/// What in-betweens attend to beside their own conditioning (He et al., 2024, "AID"). Outer: the
/// results of attending to either stage's picture are mixed; Inner: their keys and values are.
/// Fused: together with the picture's own.
enum class AttentionInterpolation { Off, Inner, Outer, FusedInner, FusedOuter };

/// Which token's vector mixing brings to which: those at the same place, or each to the one that
/// makes the way of all shortest (optimal transport); the first one always stays.
enum class TokenAlignment { Rows, OptimalTransport };

/// What lengthens the shorter of two conditionings that differ in their number of chunks: the
/// encoding of the empty prompt, or zeros.
enum class StagePadding { Uncond, Zero };

/// Along which axes a picture goes on at its other edge, so that copies of it lie beside each other
/// without a seam: both, from left to right alone, from top to bottom alone.
enum class Tiling { Off, Both, X, Y };

/// Every setting of one travel: a plain value. The command line, config files, the manifest of a
/// run folder and a picture's metadata are views of it through the table of request_fields().
/// Defaults stand here and nowhere else.
struct TravelRequest {
  std::string model;  ///< Checkpoint file or diffusers folder; programs fill in default_model.h's.
  std::string
      vae;  ///< Separate VAE file; empty: a file beside the checkpoint, else the built-in one.
  PredictionChoice prediction = PredictionChoice::Auto;
  ZeroSnrChoice zero_snr = ZeroSnrChoice::Auto;
  VaeDecoder vae_decoder = VaeDecoder::Full;

  std::string prompt;           ///< One stage per line.
  std::string negative_prompt;  ///< One stage per line; the shorter list repeats its last line.
  // Ways of writing prompts down, which prepare_request (ptravel/notation.h) puts into them:
  std::string prompt_before;  ///< Stands before every stage's prompt.
  std::string prompt_after;   ///< Stands behind it.
  std::string style;          ///< Names of styles, one per line.
  std::string schedule_file;  ///< A film as another program wrote it down.
  TravelMode mode = TravelMode::Linear;
  Interpolation interpolation = Interpolation::Lerp;
  TokenAlignment alignment = TokenAlignment::Rows;
  AttentionInterpolation attention_interpolation = AttentionInterpolation::Off;
  double attention_share = 0.5;  ///< Of the sampling steps, in which attention is interpolated.
  StagePadding stage_padding = StagePadding::Uncond;
  std::string travel_steps = "30";  ///< Frames between two stages: one number, or a comma list.
  Easing easing = Easing::Linear;
  Pace pace = Pace::Alpha;
  PaceBy pace_by = PaceBy::Ssim;
  double pace_budget = 2.5;  ///< Pictures drawn to find the pace, as a multiple of the frames.
  BridgeKind bridge = BridgeKind::Off;
  bool loop = false;  ///< Go on from the last stage to the first.
  Genesis genesis = Genesis::Fixed;
  std::vector<double> denoise_strength = {0.75};  ///< For frames that start from a picture; a list.
  std::string embryo_step = "0.4";  ///< Sampling steps of the embryo; below 1: share of all steps.
  Compat compat = Compat::None;

  ReplaceDim replace_dim = ReplaceDim::Prompt;
  ReplaceOrder replace_order = ReplaceOrder::Similar;
  GradMethod grad_method = GradMethod::Clip;
  double grad_alpha = 0.01;    ///< Size of a step.
  int grad_iter = 1;           ///< Steps per frame.
  double grad_w_latent = 1.0;  ///< Weight of the latent loss; negative: away from the picture.
  double grad_w_cond = 1.0;    ///< Weight of the distance; negative: away from the stage.
  double grad_tolerance = 0;   ///< Mean distance at which the walk has arrived; 0: never.

  std::string sampler = "Euler a";
  std::string scheduler = "Automatic";
  int steps = 20;
  std::vector<double> cfg_scale = {7.0};  ///< One value, or one per stage.
  double cfg_rescale = 0;  ///< Share by which guidance keeps the prediction's spread.
  double cfg_start = 0;    ///< Up to this share of the steps there is no negative prompt; 0: all.
  double cfg_end = 1;      ///< Nor from this share of the steps on.
  double skip_guidance_below_sigma = 0;  ///< Nor in every other call below it.
  bool skip_guidance_all_steps = false;  ///< In every call, not every other one.
  double apg_eta = 1;                    ///< Share of guidance along the prediction; 1: as usual.
  double apg_threshold = 0;              ///< Longest step of guidance; 0: any.
  double apg_momentum = 0;               ///< Share of the guidance before.
  int width = 0;                         ///< Pixels; 0: the size the model was trained on.
  int height = 0;
  Tiling tiling = Tiling::Off;
  std::vector<Seed> seed = {Seed()};             ///< One, or one per stage: the noise travels too.
  Seed subseed;                                  ///< Not given: each frame has its own.
  std::vector<double> subseed_strength = {0.0};  ///< One value, or one per stage.
  int seed_resize_from_width = 0;
  int seed_resize_from_height = 0;
  RngSource rng = RngSource::Nv;
  std::int64_t ensd = 0;
  int clip_skip = 1;
  Emphasis emphasis = Emphasis::Original;
  int comma_backtrack = 20;
  bool pad_cond_uncond = false;
  std::vector<double> sdxl_crop_top = {
      0};  ///< Pixels that an SDXL model is told; one, or per stage.
  std::vector<double> sdxl_crop_left = {0};
  bool old_prompt_editing = false;
  std::optional<double> eta;
  double s_churn = 0.0;
  double s_tmin = 0.0;
  double s_tmax = 0.0;  ///< 0: no upper limit.
  double s_noise = 1.0;
  double schedule_sigma_min = 0;  ///< 0: the model's, as for the next one.
  double schedule_sigma_max = 0;
  double schedule_rho = 0;  ///< 0: the schedule's own.

  std::string init_image;
  ResizeMode resize_mode = ResizeMode::JustResize;
  std::string mask;  ///< White is drawn anew: one file for all stages, or one per stage and line.
  double mask_blur = 4;
  bool invert_mask = false;
  bool mask_round = true;  ///< A latent cell is drawn or not; otherwise shades of the mask count.
  InpaintingFill inpainting_fill = InpaintingFill::Original;
  InpaintArea inpaint_area = InpaintArea::Whole;
  int inpaint_padding = 32;           ///< Pixels around the mask, where only that is drawn.
  double inpainting_mask_weight = 1;  ///< How far inpainting models are not shown what is masked.
  double image_cfg_scale = 1.5;       ///< InstructPix2Pix: how strongly the picture is kept.
  bool img2img_fix_steps = false;
  double noise_multiplier = 1.0;

  bool hires = false;      ///< Draw each frame again at a larger size (the web UI's Hires. fix).
  double hires_scale = 2;  ///< Of both sides, where neither of the next two is given.
  int hires_width = 0;     ///< Pixels; with one of the two the other follows, with both the frame
  int hires_height = 0;    ///< is cut.
  std::string hires_upscaler = "Latent";
  int hires_steps = 0;                        ///< 0: as many as the first pass.
  std::vector<double> hires_denoise = {0.7};  ///< One value, or one per stage.
  std::string hires_sampler;                  ///< Empty: the first pass's, as for the next three.
  std::string hires_scheduler;
  std::string hires_prompt;  ///< One stage per line.
  std::string hires_negative_prompt;

  double fps = 10.0;  ///< 0: no video.
  VideoFormat format = VideoFormat::Mp4;
  int pad = 0;
  std::vector<int> hold = {0};  ///< Extra copies of stages' frames in the video: one, or per stage.
  bool ping_pong = false;       ///< The video goes back to its beginning.
  std::string pick;
  bool contact_sheet = false;  ///< Also write the picked frames as one picture.
  std::string soundtrack;      ///< File whose sound the video has; empty: none.
  std::string beats;           ///< File whose sound says where stages lie; empty: travel_steps do.
  BeatsBy beats_by = BeatsBy::Beat;

  std::string out = "outputs";
  std::string models_dir;   ///< Folders where files are found by name, one per line; "": ./models.
  std::string styles_file;  ///< The web UI's styles.csv; "": in the models folders, or here.
  std::string wildcards_dir;  ///< Folder of wildcards; "": "wildcards" likewise.
  DeviceChoice device = DeviceChoice::Auto;
  Precision precision = Precision::Auto;
  int threads = 0;          ///< 0: one for each processor.
  bool low_memory = false;  ///< Networks leave memory while they are not needed.
  int batch = 0;            ///< 0: as many as suit the device and the picture's size.

  bool operator==(const TravelRequest&) const = default;
};

/// One setting as the interfaces see it. Texts are what a person types and reads.
struct RequestField {
  /// Lines: a text of lines; the option may be repeated. Integers and Numbers: one or several, with
  /// commas between. Records: a list of what `members` describes; the option may be repeated. All
  /// of these may be arrays in JSON and TOML.
  enum class Kind { Text, Lines, Integer, Number, Boolean, Choice, Integers, Numbers, Records };
  /// What the setting changes. Picture: what a frame looks like; it is in each picture's
  /// parameters. Film: which frames there are and what is made of them. Machine: where and how.
  enum class Scope { Picture, Film, Machine };
  std::string_view name;  ///< snake_case, as in JSON and TOML; the command line writes "-" for "_".
  std::string_view group;  ///< Heading in --help: "Model", "Prompts and travel", ...
  Kind kind = Kind::Text;
  std::string limits;  ///< What is allowed: "a number from 0 to 1", "fixed, successive".
  std::vector<std::string> choices;  ///< Of a choice: its names.
  /// Of numbers: the least and the largest, as exact texts ("18446744073709551615"); else empty.
  std::string minimum;
  std::string maximum;
  /// What people call it, in the web UI's words where it has one: "Sampling method".
  std::string label;
  std::string_view help;  ///< One line.
  Scope scope = Scope::Picture;
  std::string_view example;           ///< Of texts: a value that makes sense, not the default.
  std::vector<RequestField> members;  ///< Of records; the first one must be given.
  bool optional = false;              ///< The value may be absent: an empty text, null in JSON.
  bool takes_numbers = false;         ///< A text for which JSON and TOML may give numbers.
  bool takes_text = false;            ///< A number for which JSON and TOML may give a text.
};

/// Every field in the order in which interfaces show them.
std::span<const RequestField> request_fields();

/// The description of `name` (either spelling: "travel_steps", "travel-steps"), or null.
const RequestField* find_request_field(std::string_view name);

/// A field's value as text: what set_request_field takes back. Empty for an unset eta.
std::string request_field_text(const TravelRequest& request, std::string_view name);

/// Entries that are given one by one (a repeated option, an array) as the text of a field of kind
/// Lines or Records: one per line, an empty one among several as "".
std::string lines_of_entries(const std::vector<std::string>& entries);

/// Sets a field from text. Returns what is wrong with the text, or nothing; range checks that need
/// other fields wait for validate_request. Throws Internal for an unknown name.
std::optional<Problem> set_request_field(TravelRequest& request,
                                         std::string_view name,
                                         std::string_view text);

/// The request as a JSON object (pretty-printed text), all fields in table order.
std::string request_to_json(const TravelRequest& request);

/// Sets the fields that a JSON object text has; unknown names and wrong types are problems.
std::vector<Problem> apply_json(TravelRequest& request, std::string_view json_text);

/// The same for the text of a TOML file; problems name the file, and the line of what is no TOML.
std::vector<Problem> apply_toml(TravelRequest& request,
                                std::string_view text,
                                const TextFile& file);

/// What validation may know of the model.
struct ModelLimits {
  int size_factor = 8;      ///< Width and height must be multiples of it.
  bool predicts_v = false;  ///< The network predicts v, not the noise.
};

/// Checks every value and every combination (seeds need not be drawn yet); returns all problems,
/// none when the request can run. Touches the file system only to look whether the init picture is
/// there.
std::vector<Problem> validate_request(const TravelRequest& request, const ModelLimits& limits = {});

/// Throws Error(InvalidArgument) with one line per problem, "field: message"; quiet when empty.
void throw_request_problems(const std::vector<Problem>& problems);

}  // namespace ptravel
