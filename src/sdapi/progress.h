#pragma once

#include <memory>
#include <string>

#include "sdapi/state.h"

namespace ptravel {

/// How far the work is, in the web UI's terms: a request of this API, or a travel of the queue.
struct SdProgress {
  double progress = 0;      ///< 0 to 1; 0 while nothing is in work.
  double eta_relative = 0;  ///< Seconds.
  SdWork::View view;
  std::string job;  ///< Of the queue; empty: a request of this API, or nothing.
};
SdProgress sd_progress(const SdState& state);

/// The newest look at what is in work; null where there is none, or live_previews_enable is off.
std::shared_ptr<const SdPreview> sd_preview(const SdState& state, const SdProgress& progress);

}  // namespace ptravel
