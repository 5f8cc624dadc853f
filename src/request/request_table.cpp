#include "request/request_table.h"

#include "base/text.h"
#include "request/request_names.h"
#include "request/value_forms.h"

namespace ptravel {
namespace {

using R = TravelRequest;
using Scope = RequestField::Scope;

/// Of one frame in the video: beyond it somebody mistook the unit, and encoding takes long.
constexpr int kMostRepeats = 1000;

void add_model_rows(RequestTableBuilder& table) {
  table.group("Model", Scope::Picture);
  table
      .add("model", "Stable Diffusion 1.x, 2.x or XL: .safetensors, .ckpt or a diffusers folder",
           &R::model, text_form())
      .label("Stable Diffusion checkpoint")
      .example("v1-5.safetensors")
      .said(
          "Model hash", 70, [](const ModelIdentity& model) { return short_hash(model.sha256); },
          &FrameRequest::model_hash)
      .said("Model", 80, [](const ModelIdentity& model) { return model.name; });
  table
      .add("vae",
           "Separate VAE: a file, or a name in the models folders; \"none\" takes the checkpoint's "
           "own",
           &R::vae, text_form())
      .label("SD VAE")
      .example("vae.safetensors")
      .said("VAE hash", 90, [](const ModelIdentity& model) { return short_hash(model.vae_sha256); })
      .said("VAE", 100, [](const ModelIdentity& model) { return model.vae_name; });
  table
      .add("prediction", "What the UNet predicts; auto believes the files", &R::prediction,
           choice_form(kPredictionNames))
      .key_if_changed("Travel prediction", 1032);
  table
      .add("zero_snr", "Whether the last noise level is pure noise; auto believes the files",
           &R::zero_snr, choice_form(kZeroSnrNames))
      .label("Zero terminal SNR")
      .key_if_changed("Travel zero SNR", 1033);
  table
      .add("vae_decoder",
           "What makes pictures of latents: the VAE, or a tiny decoder (TAESD) for drafts",
           &R::vae_decoder, choice_form(kVaeDecoderNames))
      .label("VAE type for decode")
      .key_if_changed("VAE Decoder", 105)
      .spelt({{"full", "Full"}, {"tiny", "TAESD"}})
      .said("Travel VAE decoder hash", 1031,
            [](const ModelIdentity& model) { return short_hash(model.vae_decoder_sha256); });
}

/// The gap's number of in-betweens is the travel's between the two stages that a picture tells of.
ParameterItem gap_steps_item() {
  return {"Travel steps", 1160,
          [](const FrameFacts& facts) {
            return is_in_between(facts) ? std::optional(std::to_string(facts.spot.steps))
                                        : std::nullopt;
          },
          [](FrameRequest& frame, const std::string& value) -> std::optional<std::string> {
            const auto steps = parse_integer(value);
            if (!steps || *steps < 0) {
              return wrong_value(value, "a whole number that is 0 or more");
            }
            frame.spot.steps = *steps;
            frame.request.travel_steps = std::to_string(*steps);
            return std::nullopt;
          }};
}

void add_travel_rows(RequestTableBuilder& table) {
  table.group("Prompts and travel", Scope::Picture);
  // The prompts are the text's head, not one of its keys.
  table.add("prompt", "The stages, one per line", &R::prompt, lines_form()).example("a cat");
  table
      .add("negative_prompt", "One per line; the shorter list repeats its last line",
           &R::negative_prompt, lines_form())
      .example("blurry");
  table
      .add("prompt_before", "Common beginning of all stages' prompts, with a comma behind it",
           &R::prompt_before, text_form())
      .scope(Scope::Film)
      .example("oil painting");
  table
      .add("prompt_after", "Common end of all stages' prompts, with a comma before it",
           &R::prompt_after, text_form())
      .scope(Scope::Film)
      .example("soft light");
  table.add("style", "Name of a style of styles.csv for all stages", &R::style, lines_form())
      .scope(Scope::Film)
      .label("Styles")
      .example("watercolour");
  table
      .add("schedule_file",
           "A film of Deforum (settings), FizzNodes (a prompt schedule) or Parseq (rendered JSON)",
           &R::schedule_file, text_form())
      .scope(Scope::Film)
      .example("deforum_settings.txt");
  table.add("mode", "How to move between two stages", &R::mode, choice_form(kTravelModeNames))
      .label("Travel mode")
      .key("Travel mode", 1040);
  table
      .add("interpolation", "How linear mixes conditionings", &R::interpolation,
           choice_form(kInterpolationNames))
      .key("Travel interpolation", 1180, in_between_of(TravelMode::Linear));
  table
      .add(
          "alignment",
          "Which token mixing brings to which: the one at its place, or the one that makes the way "
          "shortest",
          &R::alignment, choice_form(kTokenAlignmentNames))
      .label("Alignment of tokens")
      .key_if_changed("Travel alignment", 1185, is_in_between);
  table
      .add("attention_interpolation",
           "Whether frames between stages attend to both stages' pictures as well: mixed results "
           "(outer) or mixed keys and values (inner), alone or fused with their own",
           &R::attention_interpolation, choice_form(kAttentionInterpolationNames))
      .label("Attention interpolation")
      .key_if_changed("Travel attention", 1186, is_in_between);
  table
      .add("attention_share", "Share of the sampling steps in which attention is interpolated",
           &R::attention_share, number_form(0, 1))
      .label("Attention share")
      .key_if_changed("Travel attention share", 1187, is_in_between);
  table
      .add("stage_padding", "What lengthens the shorter of two stages' conditionings",
           &R::stage_padding, choice_form(kStagePaddingNames))
      .label("Padding of shorter stages")
      .key("Travel padding", 1230, is_in_between);
  table
      .add("travel_steps", "Frames between stages: one number, or one per gap: 10,20",
           &R::travel_steps, number_text_form())
      .example("12")
      .item(gap_steps_item());
  table
      .add("easing", "Speed along the way between two stages", &R::easing,
           choice_form(kEasingNames))
      .key("Travel easing", 1190, [](const FrameFacts& facts) {
        return is_in_between(facts) && facts.request.mode != TravelMode::Linear;
      });
  table
      .add("pace",
           "Frames at equal alphas, or where pictures are equally far apart; preview judges by "
           "fewer "
           "sampling steps",
           &R::pace, choice_form(kPaceNames))
      .scope(Scope::Film);
  table
      .add("pace_by", "What \"far apart\" is judged by: structure, colour or latents", &R::pace_by,
           choice_form(kPaceByNames))
      .label("Pace by")
      .scope(Scope::Film);
  table
      .add("pace_budget", "Pictures drawn to find the pace, as a multiple of the frames",
           &R::pace_budget, number_form(1.5, 20))
      .label("Pace budget")
      .scope(Scope::Film);
  table
      .add(
          "bridge",
          "What leads across a place where the picture jumps: nothing, pictures from mixed latents "
          "of both sides, or a cross-fade",
          &R::bridge, choice_form(kBridgeNames))
      .label("Bridge over jumps")
      .scope(Scope::Film);
  table.add("loop", "Go on from the last stage to the first one", &R::loop, boolean_form())
      .scope(Scope::Film);
  table
      .add("genesis",
           "Start of a frame: the same noise, the frame before, half-drawn latents per stage pair",
           &R::genesis, choice_form(kGenesisNames))
      .key("Travel genesis", 1100);
  table
      .add("denoise_strength",
           "How far a frame leaves the picture it starts from; one value, or one per stage",
           &R::denoise_strength, list_form(number_form(0, 1)))
      .label("Denoising strength")
      .key(
          "Denoising strength", 140,
          [](const FrameFacts& facts) { return starts_from_picture(facts) || facts.request.hires; })
      .key_text([](const FrameFacts& facts) {
        // The web UI's one value is the second pass's where the first starts from nothing.
        const char* const field = starts_from_picture(facts) ? "denoise_strength" : "hires_denoise";
        return parameter_text(*find_request_field(field), request_field_text(facts.request, field));
      });
  table
      .add("embryo_step", "Steps that a stage pair's frames share; below 1: part of all",
           &R::embryo_step, number_text_form())
      .example("0.3")
      .key("Travel embryo step", 1130,
           [](const FrameFacts& facts) { return facts.request.genesis == Genesis::Embryo; });
  table
      .add("compat", "Frame counts and quirks of the original's versions", &R::compat,
           choice_form(kCompatNames))
      .label("Compatibility")
      .key_if_changed("Travel compat", 1140);
}

/// "clip 0.01 x 1": method, size and number of grad's steps.
ParameterItem grad_item() {
  return {"Travel grad", 1200,
          [](const FrameFacts& facts) -> std::optional<std::string> {
            if (!in_between_of(TravelMode::Grad)(facts)) {
              return std::nullopt;
            }
            RequestField number;
            number.kind = RequestField::Kind::Number;
            const R& request = facts.request;
            return request_field_text(request, "grad_method") + " " +
                   parameter_text(number, request_field_text(request, "grad_alpha")) + " x " +
                   request_field_text(request, "grad_iter");
          },
          [](FrameRequest& frame, const std::string& value) -> std::optional<std::string> {
            const auto words = split(value, ' ');
            const bool complete = words.size() == 4 && words[2] == "x";
            if (!complete || set_request_field(frame.request, "grad_method", words[0]) ||
                set_request_field(frame.request, "grad_alpha", words[1]) ||
                set_request_field(frame.request, "grad_iter", words[3])) {
              return wrong_value(value, "method, size and number of steps, as clip 0.01 x 1");
            }
            return std::nullopt;
          }};
}

void add_mode_rows(RequestTableBuilder& table) {
  table.group("Modes replace and grad", Scope::Picture);
  table
      .add("replace_dim", "What replace swaps: prompt tokens, or parts of the conditioning",
           &R::replace_dim, choice_form(kReplaceDimNames))
      .label("Replace dimension")
      .key("Travel replace dim", 1110, mode_is(TravelMode::Replace));
  table
      .add("replace_order", "Which come first", &R::replace_order,
           choice_form(kReplaceOrderNames, {{"most_similar", ReplaceOrder::Similar},
                                            {"similiar", ReplaceOrder::Similar},
                                            {"most_different", ReplaceOrder::Different},
                                            {"grad-min", ReplaceOrder::GradMin},
                                            {"grad-max", ReplaceOrder::GradMax}}))
      .key("Travel replace order", 1120, mode_is(TravelMode::Replace));
  table
      .add("grad_method", "How a gradient becomes a step", &R::grad_method,
           choice_form(kGradMethodNames))
      .label("Gradient method")
      .item(grad_item());  // of the two that follow as well
  table.add("grad_alpha", "Size of a step of grad", &R::grad_alpha, number_form(0, 100))
      .label("Step size")
      .in_key("Travel grad");
  table.add("grad_iter", "Steps of grad per frame", &R::grad_iter, integer_form(1, 1000))
      .label("Steps per frame")
      .in_key("Travel grad");
  table
      .add("grad_w_latent", "Weight of the picture's loss; negative: away from it",
           &R::grad_w_latent, number_form(-1000, 1000))
      .label("Weight of the latent loss")
      .key("Travel grad w latent", 1210, in_between_of(TravelMode::Grad));
  table
      .add("grad_w_cond", "Weight of the way to the stage; negative: away from it", &R::grad_w_cond,
           number_form(-1000, 1000))
      .label("Weight of the distance")
      .key("Travel grad w cond", 1220, in_between_of(TravelMode::Grad));
  table
      .add("grad_tolerance", "Mean distance at which grad has arrived; 0: never",
           &R::grad_tolerance, number_form(0, 1000))
      .label("Tolerance")
      .key_if_changed("Travel grad tolerance", 1225, in_between_of(TravelMode::Grad));
}

void add_film_rows(RequestTableBuilder& table) {
  table.group("Video and output", Scope::Film);
  table.add("fps", "Frames per second; 0: no video", &R::fps, number_form(0, 240))
      .label("Frames per second");
  table.add("format", "Video format", &R::format, choice_form(kVideoFormatNames))
      .label("Video format");
  table
      .add("pad", "Repeat the first and the last frame this often", &R::pad,
           integer_form(0, kMostRepeats))
      .label("Pad begin and end");
  table
      .add("hold", "Show stages' frames this often more in the video: one number, or one per stage",
           &R::hold, list_form(integer_form(0, kMostRepeats)))
      .label("Hold stages");
  table.add("ping_pong", "Let the video go back to its beginning", &R::ping_pong, boolean_form())
      .label("Ping-pong");
  table
      .add("pick", "Python slice of frames for the video; one number = stop", &R::pick, text_form())
      .label("Pick frames")
      .example("::2");
  table.add("contact_sheet", "Also write contact-sheet.png: the picked frames in a grid",
            &R::contact_sheet, boolean_form());
  table
      .add("soundtrack", "Sound file for the video (not gif), cut or repeated to its length",
           &R::soundtrack, text_form())
      .example("song.flac");
  table
      .add("beats", "Sound file that says where stages lie; --travel-steps then says about where",
           &R::beats, text_form())
      .label("Sound that places stages")
      .example("song.flac");
  table.add("beats_by",
            "Each stage on the nearest beat, or where gaps hear equal shares of percussion",
            &R::beats_by, choice_form(kBeatsByNames));
  table.add("out", "Folder that gets prompt_travel/00000, 00001, ...", &R::out, text_form())
      .label("Output folder")
      .example("films")
      .scope(Scope::Machine);
}

void add_machine_rows(RequestTableBuilder& table) {
  table.group("Computing", Scope::Machine);
  table
      .add("models_dir",
           "Folder whose files may be named, also a web UI's or ComfyUI's; empty: ./models",
           &R::models_dir, lines_form())
      .label("Models folders")
      .example("/home/me/models");
  table
      .add("styles_file",
           "The web UI's file of styles; empty: styles.csv of the models folders, or here",
           &R::styles_file, text_form())
      .example("styles.csv");
  table
      .add("wildcards_dir",
           "Folder of the texts that __name__ in prompts draws from; empty: wildcards, found "
           "likewise",
           &R::wildcards_dir, text_form())
      .label("Wildcards folder")
      .example("wildcards");
  table.add("device", "Where to compute", &R::device, choice_form(kDeviceNames));
  table
      .add("precision",
           "Arithmetic of the networks: fp32 is the reference; auto takes the fast one, fp16 on "
           "CUDA, bf16 on CPUs that have it",
           &R::precision, choice_form(kPrecisionNames))
      .scope(Scope::Picture)
      .key("Precision", 1010);
  table
      .add("threads", "CPU threads, at most one for each processor; 0: as many", &R::threads,
           integer_form(0, 1024))
      .label("CPU threads");
  table
      .add("low_memory",
           "Read each network when it is needed first, and let the text encoders go while pictures "
           "are drawn: less memory, the same pictures",
           &R::low_memory, boolean_form())
      .label("Low memory");
  table
      .add("batch",
           "Frames drawn at once where they do not build on each other; 0: as many as pay, on a "
           "card 8 of 512x512 pixels, on a CPU 1",
           &R::batch, integer_form(0, 256))
      .label("Batch size");
}

}  // namespace

const std::vector<RequestFieldEntry>& request_table() {
  static const std::vector<RequestFieldEntry> table = [] {
    std::vector<RequestFieldEntry> rows;
    RequestTableBuilder builder(rows);
    add_model_rows(builder);
    add_travel_rows(builder);
    add_mode_rows(builder);
    add_sampling_rows(builder);
    add_picture_rows(builder);
    add_film_rows(builder);
    add_machine_rows(builder);
    return rows;
  }();
  return table;
}

}  // namespace ptravel
