#pragma once

#include <set>
#include <string>
#include <vector>

#include "ptravel/frame.h"
#include "request/picture_parameters.h"

namespace ptravel {

/// What draws a picture again, from the parameters inside it.
struct PictureRequest {
  PictureParameters parameters;
  FrameRequest frame;
  /// Drawn from an init picture, which no picture holds.
  bool needs_init_image = false;
};

/// Reads a picture's request. `name` is what messages call the picture, `given` the fields that are
/// given beside it: what the picture says of them is not read. Throws InvalidArgument, one line per
/// problem, each naming the picture and its key.
PictureRequest read_picture_request(const PictureSource& source,
                                    const std::string& name,
                                    const std::set<std::string>& given);

/// Names the picture and its key in problems of settings that came from the picture.
void name_picture_keys(std::vector<Problem>& problems,
                       const PictureRequest& picture,
                       const std::string& name,
                       const std::set<std::string>& given);

}  // namespace ptravel
