#pragma once

#include <string>

#include "media/infotext.h"
#include "ptravel/frame.h"

namespace ptravel {

/// The texts of the two stages that a frame lies between; at a stage itself only prompts are used.
struct FrameTexts {
  std::string prompt;           ///< Of the stage itself, or of the one the frame goes to.
  std::string negative_prompt;  ///< Likewise.
  std::string from_prompt;      ///< Of the stage the frame comes from.
  std::string from_negative_prompt;
};

/// A prompt without line breaks, which to the tokenizer are spaces: other programs' prompts may
/// span lines, here a line is a stage.
std::string one_line(std::string text);

/// The parameters text of a frame: the keys of the web UI, then keys beginning with "Travel" that
/// place the frame on the way. An in-between carries the prompt of the stage it goes to, as the
/// first version did, and the prompt it comes from under "Travel from prompt".
std::string frame_parameters(const TravelRequest& request,
                             const ModelIdentity& model,
                             const FrameTexts& texts,
                             const FrameSpot& spot);

/// parse_frame_parameters (ptravel/frame.h) of a text that is read already.
FrameRequest parse_frame_parameters(const Infotext& text);

}  // namespace ptravel
