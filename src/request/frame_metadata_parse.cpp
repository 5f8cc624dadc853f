#include <utility>

#include "media/infotext.h"
#include "ptravel/error.h"
#include "request/frame_metadata.h"
#include "request/frame_settings.h"
#include "request/parameter_items.h"
#include "request/stages.h"

namespace ptravel {
namespace {

[[noreturn]] void throw_bad_key(std::string_view key, const std::string& why) {
  throw Error(ErrorCode::InvalidArgument, Problem{std::string(key), why});
}

void read_items(const Infotext& text, FrameRequest& frame) {
  for (const ParameterItem* item : parameter_items()) {
    const auto value = text.find(item->key);
    if (!value || !item->read) {
      continue;
    }
    if (const auto problem = item->read(frame, *value)) {
      throw_bad_key(item->key, *problem);
    }
  }
}

/// Frames of version 0.1 do not tell their step.
void complete_spot(const Infotext& text, FrameSpot& spot) {
  if (!text.find("Travel step")) {
    spot.step = spot.alpha > 0 ? 1 : 0;
  }
  if (!text.find("Travel steps")) {
    spot.steps = spot.step;
  }
  if (spot.steps < spot.step) {
    throw_bad_key("Travel step", std::to_string(spot.step) + " of " + std::to_string(spot.steps) +
                                     ", expected a number from 0 to them");
  }
}

}  // namespace

FrameRequest parse_frame_parameters(const std::string& parameters) {
  return parse_frame_parameters(parse_infotext(parameters));
}

FrameRequest parse_frame_parameters(const Infotext& text) {
  if (text.items.empty()) {
    throw_bad_key("parameters", "has no settings, expected such as Steps: 20, Sampler: Euler a");
  }
  if (!text.find("Seed")) {
    throw_bad_key("Seed", "is missing, expected a number");
  }
  FrameRequest frame;
  frame.request.subseed = 0;
  frame.request.travel_steps = "1";
  read_items(text, frame);
  complete_spot(text, frame.spot);
  frame.request.prompt = one_line(text.prompt);
  frame.request.negative_prompt = one_line(text.negative_prompt);
  if (frame.request.prompt.empty()) {
    frame.request.prompt = kEmptyStage;
  }
  if (frame.spot.step > 0) {
    const std::string from = text.find("Travel from prompt").value_or("");
    const std::string from_negative = text.find("Travel from negative prompt").value_or("");
    frame.request.prompt = lines_of_entries({one_line(from), frame.request.prompt});
    if (!keeps_whole_negative(frame.request)) {
      frame.request.negative_prompt =
          lines_of_entries({one_line(from_negative), frame.request.negative_prompt});
    }
  }
  return frame;
}

}  // namespace ptravel
