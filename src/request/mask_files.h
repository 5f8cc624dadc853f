#pragma once

#include <string>
#include <vector>

#include "ptravel/request.h"
#include "request/frame_places.h"

namespace ptravel {

/// The files of a request's masks, one for all stages or one for each; none: no mask.
std::vector<std::string> mask_files(const TravelRequest& request);
/// The text of a request's `mask` for them.
std::string masks_of_files(const std::vector<std::string>& files);
/// Those of the stages around a place: one, or on the way between two different ones both.
std::vector<std::string> mask_files_at(const TravelRequest& request, const FramePlace& place);

}  // namespace ptravel
