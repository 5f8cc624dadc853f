#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "postprocess/upscaler_shelf.h"
#include "ptravel/image.h"

namespace ptravel {

/// How a picture is enlarged, as the web UI's "Extras" do.
struct SdUpscale {
  bool to_size = false;  ///< To width x height, else by factor.
  double factor = 2;
  int width = 512;
  int height = 512;
  bool crop = true;  ///< To size: cut what sticks out, around the centre.
  std::string upscaler = "None";
  std::string second_upscaler = "None";
  double second_visibility = 0;  ///< 0 to 1: how much of the second one's result is seen.
};

/// An enlarged picture, and what is said of it, in order.
struct SdUpscaled {
  Image image;
  std::vector<std::pair<std::string, std::string>> info;
};

/// Upscaler names: "None" leaves the picture as it is, "Lanczos" and "Nearest" resample, others are
/// networks of `networks`, where there are any. Throws SdRefusal: 500 AssertionError for another
/// name; InvalidArgument (a problem of "upscaling_resize") for more than `most_pixels`, also on the
/// way; as UpscalerShelf::enlarge.
SdUpscaled upscale(const Image& image,
                   const SdUpscale& settings,
                   double most_pixels,
                   UpscalerShelf* networks = nullptr);

/// The pixels of the larger of a picture and what it is enlarged to: what upscale() takes for it.
double upscale_pixels(const Image& image, const SdUpscale& settings);

}  // namespace ptravel
