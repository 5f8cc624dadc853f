#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ptravel/frame.h"
#include "ptravel/image.h"
#include "sdapi/plan.h"

namespace ptravel {

/// A drawn picture of a request.
struct SdPicture {
  int number = 0;  ///< Place in the request, from 0.
  Image image;
  std::string parameters;  ///< The web UI's text of a plain picture.
};

/// What came of a request: all pictures, or fewer after skip and interrupt.
struct SdDrawing {
  std::vector<SdPicture> pictures;
  TravelRequest request;  ///< Of the first picture as it was drawn.
  ModelIdentity model;
  std::string parameters;  ///< Of the first picture, also when it was not drawn.
  std::string timestamp;   ///< YYYYMMDDhhmmss of the beginning.
};

/// Draws a settled plan when its turn in the queue comes; waits for it. Pictures that differ by
/// their seed alone are drawn together, a batch at a time, which changes no byte of them. Throws
/// what drawing throws, but not Cancelled: what is finished by then is the answer.
SdDrawing draw_pictures(SdState& state, const SdPlan& plan);

/// The web UI's parameters text of a picture of the plan.
std::string sd_parameters(const SdPlan& plan,
                          const TravelRequest& drawn,
                          const ModelIdentity& model,
                          int picture);

}  // namespace ptravel
