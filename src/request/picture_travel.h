#pragma once

#include <set>
#include <string>
#include <vector>

#include "ptravel/request.h"
#include "request/picture_request.h"

namespace ptravel {

/// A picture as a stage of a travel; `name` is what sentences call it.
struct PictureStage {
  std::string name;
  PictureRequest picture;
};

/// A travel between pictures, and sentences about what they do not agree on or ask for in vain.
struct MergedPictures {
  TravelRequest request;
  std::vector<std::string> notes;
};

/// Makes one travel of at least two pictures. Each one's prompts, seed, CFG scale and strengths are
/// its stage's; of settings that a travel has once the first picture's are taken, and a note says
/// which others were left. Fields in `given` are left alone. Model and init picture are not set:
/// pictures do not tell where they are.
MergedPictures merge_pictures(const std::vector<PictureStage>& pictures,
                              const std::set<std::string>& given);

}  // namespace ptravel
