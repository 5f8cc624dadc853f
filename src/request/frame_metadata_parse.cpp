#include <utility>

#include "base/text.h"
#include "media/infotext.h"
#include "ptravel/error.h"

#include "request/frame_metadata.h"
#include "request/frame_settings.h"

namespace ptravel {
namespace {

/// Reads items back into a request, collecting nothing: a wrong value is an error that names the
/// key.
class ItemReader {
 public:
  ItemReader(const Infotext& text, TravelRequest& request) : text_(text), request_(request) {}

  void set(std::string_view key, std::string_view field) {
    if (const auto value = text_.find(key)) {
      set_text(key, field, *value);
    }
  }

  void set_text(std::string_view key, std::string_view field, const std::string& value) {
    if (const auto problem = set_request_field(request_, field, value)) {
      throw Error(ErrorCode::InvalidArgument,
                  "[parameters] " + std::string(key) + ": " + problem->message);
    }
  }

  void set_size(std::string_view key, std::string_view width, std::string_view height) {
    const auto value = text_.find(key);
    if (!value) {
      return;
    }
    const auto size = parse_infotext_size(*value);
    if (!size) {
      throw Error(ErrorCode::InvalidArgument, "[parameters] " + std::string(key) + ": \"" + *value +
                                                  "\", expected a size such as 512x512");
    }
    set_text(key, width, std::to_string(size->first));
    set_text(key, height, std::to_string(size->second));
  }

  void set_flag(std::string_view key, bool TravelRequest::*member) {
    request_.*member = text_.find(key) == "True";
  }

  std::int64_t integer(std::string_view key, std::int64_t fallback) const {
    const auto value = text_.find(key);
    return value ? parse_integer(*value).value_or(fallback) : fallback;
  }

  double number(std::string_view key, double fallback) const {
    const auto value = text_.find(key);
    return value ? parse_number(*value).value_or(fallback) : fallback;
  }

 private:
  const Infotext& text_;
  TravelRequest& request_;
};

void read_webui_items(ItemReader& reader, const Infotext& text, TravelRequest& request) {
  constexpr std::pair<const char*, const char*> kFields[] = {
      {"Steps", "steps"},
      {"Sampler", "sampler"},
      {"Schedule type", "scheduler"},
      {"CFG scale", "cfg_scale"},
      {"Seed", "seed"},
      {"Variation seed", "subseed"},
      {"Variation seed strength", "subseed_strength"},
      {"Denoising strength", "denoise_strength"},
      {"Clip skip", "clip_skip"},
      {"ENSD", "ensd"},
      {"Eta", "eta"},
      {"Eta DDIM", "eta"},
      {"Sigma churn", "s_churn"},
      {"Sigma tmin", "s_tmin"},
      {"Sigma tmax", "s_tmax"},
      {"Sigma noise", "s_noise"},
      {"Noise multiplier", "noise_multiplier"}};
  for (const auto& [key, field] : kFields) {
    reader.set(key, field);
  }
  reader.set_size("Size", "width", "height");
  reader.set_size("Seed resize from", "seed_resize_from_width", "seed_resize_from_height");
  request.rng = text.find("RNG") == "CPU" ? RngSource::Cpu : RngSource::Nv;
  const std::string emphasis = text.find("Emphasis").value_or("Original");
  request.emphasis = emphasis == "No norm"  ? Emphasis::NoNorm
                     : emphasis == "Ignore" ? Emphasis::Ignore
                     : emphasis == "None"   ? Emphasis::None
                                            : Emphasis::Original;
  reader.set_flag("Pad conds", &TravelRequest::pad_cond_uncond);
  reader.set_flag("Old prompt editing timelines", &TravelRequest::old_prompt_editing);
}

void read_travel_items(ItemReader& reader, const Infotext& text, FrameRequest& frame) {
  constexpr std::pair<const char*, const char*> kFields[] = {
      {"Precision", "precision"},
      {"Comma backtrack", "comma_backtrack"},
      {"Travel mode", "mode"},
      {"Travel genesis", "genesis"},
      {"Travel interpolation", "interpolation"},
      {"Travel padding", "stage_padding"},
      {"Travel embryo step", "embryo_step"},
      {"Travel compat", "compat"},
      {"Travel easing", "easing"},
      {"Travel replace dim", "replace_dim"},
      {"Travel replace order", "replace_order"},
      {"Travel steps", "travel_steps"}};
  for (const auto& [key, field] : kFields) {
    reader.set(key, field);
  }
  reader.set_flag("Fix steps", &TravelRequest::img2img_fix_steps);
  frame.spot.index = reader.integer("Travel frame", 0);
  frame.spot.frame_count = reader.integer("Travel frames", 1);
  frame.spot.stage = reader.integer("Travel stage", 0);
  frame.spot.stage_count = reader.integer("Travel stages", 1);
  frame.spot.alpha = reader.number("Travel alpha", 0);
  // Frames of version 0.1 do not tell their step.
  frame.spot.step = reader.integer("Travel step", frame.spot.alpha > 0 ? 1 : 0);
  frame.spot.steps = reader.integer("Travel steps", frame.spot.step);
  if (const auto to_seed = text.find("Travel to seed")) {
    reader.set_text("Travel to seed", "seed", text.find("Seed").value_or("") + "," + *to_seed);
  }
  if (frame.spot.step < 0 || frame.spot.steps < frame.spot.step) {
    throw Error(ErrorCode::InvalidArgument,
                "[parameters] Travel step: " + std::to_string(frame.spot.step) + " of " +
                    std::to_string(frame.spot.steps) + ", expected a number from 0 to them");
  }
  if (!(frame.spot.alpha >= 0 && frame.spot.alpha < 1)) {
    throw Error(ErrorCode::InvalidArgument,
                "[parameters] Travel alpha: " + number_text(frame.spot.alpha) +
                    ", expected a number from 0 to 1");
  }
}

}  // namespace

FrameRequest parse_frame_parameters(const std::string& parameters) {
  return parse_frame_parameters(parse_infotext(parameters));
}

FrameRequest parse_frame_parameters(const Infotext& text) {
  if (text.items.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                "[parameters] the text has no settings such as \"Steps: 20, Sampler: Euler a\"");
  }
  if (!text.find("Seed")) {
    throw Error(ErrorCode::InvalidArgument, "[parameters] Seed is missing, expected a number");
  }
  FrameRequest frame;
  frame.request.subseed = 0;
  frame.request.travel_steps = "1";
  ItemReader reader(text, frame.request);
  read_webui_items(reader, text, frame.request);
  read_travel_items(reader, text, frame);
  frame.request.prompt = one_line(text.prompt);
  frame.request.negative_prompt = one_line(text.negative_prompt);
  if (frame.spot.step > 0) {
    const std::string from = text.find("Travel from prompt").value_or("");
    const std::string from_negative = text.find("Travel from negative prompt").value_or("");
    frame.request.prompt = one_line(from) + "\n" + frame.request.prompt;
    if (!keeps_whole_negative(frame.request)) {
      frame.request.negative_prompt =
          one_line(from_negative) + "\n" + frame.request.negative_prompt;
    }
  }
  frame.model_hash = text.find("Model hash").value_or("");
  return frame;
}

}  // namespace ptravel
