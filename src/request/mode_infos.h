#pragma once

#include <span>
#include <string_view>

#include "ptravel/request.h"

namespace ptravel {

/// What a mode is like, for everything that treats modes differently without drawing.
struct ModeInfo {
  TravelMode mode;
  /// Its walks go by gradients of how well a conditioning explains the next stage's picture, which
  /// is drawn first.
  bool (*walks_by_picture)(const TravelRequest&);
  /// Its walks leave a log, from which a resumed run reads them again.
  bool (*keeps_log)(const TravelRequest&);
  bool doubles_single_stage;  ///< A prompt of one line is a travel that ends where it starts.
  /// Gradients that an in-between takes, for each pair of encodings that is walked.
  int (*gradients_per_frame)(const TravelRequest&);
  /// Settings that have an effect in this mode and not in all.
  std::span<const std::string_view> options;
};

/// All modes, in the order of the enum.
std::span<const ModeInfo> mode_infos();

const ModeInfo& mode_info(TravelMode mode);

/// Replace swaps tokens of the prompt, which is then encoded anew.
bool swaps_prompt_tokens(const TravelRequest& request);

}  // namespace ptravel
