#include "sdapi/upscale.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "media/resize.h"
#include "ptravel/error.h"
#include "sdapi/answers.h"

namespace ptravel {
namespace {

constexpr int kMultiple = 8;  // of an enlarged picture's sides
constexpr int kMostRounds = 3;

bool is_none(const std::string& name) { return name.empty() || name == "None"; }

/// An upscaler by its name: resampling, or a network.
struct SdUpscaler {
  std::string name;
  UpscalerShelf* networks = nullptr;
  std::optional<ShelvedUpscaler> network = {};
  double most_pixels = 0;
};

SdUpscaler find_upscaler(const std::string& name, double most_pixels, UpscalerShelf* networks) {
  SdUpscaler upscaler{name, networks, {}, most_pixels};
  if (!is_none(name) && name != "Lanczos" && name != "Nearest") {
    upscaler.network = networks != nullptr ? networks->find(name) : std::nullopt;
    if (!upscaler.network) {
      throw exception_answer("AssertionError", "could not find upscaler named " + name);
    }
  }
  return upscaler;
}

int target_side(int side, double scale) {
  return static_cast<int>(std::floor(side * scale / kMultiple)) * kMultiple;
}

double scale_of(const Image& image, const SdUpscale& settings) {
  return settings.to_size ? std::max(static_cast<double>(settings.width) / image.width,
                                     static_cast<double>(settings.height) / image.height)
                          : settings.factor;
}

void check_pixels(const Image& image, const SdUpscale& settings, double scale, double most_pixels) {
  const double width = image.width * scale;
  const double height = image.height * scale;
  if (!(width * height <= most_pixels)) {
    throw Error(
        ErrorCode::InvalidArgument,
        Problem{settings.to_size ? "upscaling_resize_w" : "upscaling_resize",
                "makes more than " + std::to_string(static_cast<std::int64_t>(most_pixels)) +
                    " pixels, which is the most"});
  }
  if (target_side(image.width, scale) < 1 || target_side(image.height, scale) < 1) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{settings.to_size ? "upscaling_resize_w" : "upscaling_resize",
                        "makes a picture of less than 8 pixels in a direction"});
  }
}

/// A network enlarges as far as it does, which may be beyond the target.
Image by_network(const Image& image, const SdUpscaler& upscaler) {
  const auto scale = static_cast<double>(upscaler.network->scale);
  if (!(image.width * scale * image.height * scale <= upscaler.most_pixels)) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"upscaling_resize",
                        "makes more than " +
                            std::to_string(static_cast<std::int64_t>(upscaler.most_pixels)) +
                            " pixels on the way, which is the most"});
  }
  return upscaler.networks->enlarge(*upscaler.network, image);
}

Image step(const Image& image, int width, int height, const SdUpscaler& upscaler) {
  if (upscaler.network) {
    return by_network(image, upscaler);
  }
  if (upscaler.name == "Nearest") {
    return resize_nearest(image, width, height);
  }
  return resize(image, width, height, ResizeFilter::Lanczos3);
}

/// Enlarges by the upscaler's own step until the target is reached, then Lanczos to the target.
Image enlarged(const Image& source, double scale, const SdUpscaler& upscaler) {
  const int width = target_side(source.width, scale);
  const int height = target_side(source.height, scale);
  Image image = source;
  for (int round = 0; round < kMostRounds && (image.width < width || image.height < height);
       ++round) {
    const int next_width = static_cast<int>(image.width * scale);
    const int next_height = static_cast<int>(image.height * scale);
    if (next_width == image.width && next_height == image.height) {
      break;
    }
    image = step(image, next_width, next_height, upscaler);
    if (upscaler.network && upscaler.network->scale == 1) {
      break;
    }
  }
  return image.width == width && image.height == height
             ? image
             : resize(image, width, height, ResizeFilter::Lanczos3);
}

/// The middle of a picture at a size, black where the picture does not reach.
Image centred(const Image& image, int width, int height) {
  Image result(width, height);
  const int left = width / 2 - image.width / 2;
  const int top = height / 2 - image.height / 2;
  const int first = std::max(left, 0);
  const int end = std::min(left + image.width, width);
  for (int y = std::max(top, 0); y < std::min(top + image.height, height) && first < end; ++y) {
    const std::uint8_t* from = image.row(y - top) + static_cast<std::size_t>(first - left) * 3;
    std::copy_n(from, static_cast<std::size_t>(end - first) * 3,
                result.row(y) + static_cast<std::size_t>(first) * 3);
  }
  return result;
}

Image upscaled_by(const Image& image,
                  const SdUpscale& settings,
                  double scale,
                  const SdUpscaler& upscaler) {
  Image result = enlarged(image, scale, upscaler);
  return settings.to_size && settings.crop ? centred(result, settings.width, settings.height)
                                           : result;
}

void blend(Image& image, const Image& second, double visibility) {
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const int from = image.pixels[i];
    image.pixels[i] = static_cast<std::uint8_t>(from + visibility * (second.pixels[i] - from));
  }
}

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

}  // namespace

double upscale_pixels(const Image& image, const SdUpscale& settings) {
  const double own = static_cast<double>(image.width) * image.height;
  const double scale = is_none(settings.upscaler) ? 1 : scale_of(image, settings);
  return own * std::max(1.0, scale * scale);
}

SdUpscaled upscale(const Image& image,
                   const SdUpscale& settings,
                   double most_pixels,
                   UpscalerShelf* networks) {
  const SdUpscaler first = find_upscaler(settings.upscaler, most_pixels, networks);
  const SdUpscaler other = find_upscaler(settings.second_upscaler, most_pixels, networks);
  if (is_none(settings.upscaler)) {
    return {image, {}};
  }
  const double scale = scale_of(image, settings);
  check_pixels(image, settings, scale, most_pixels);
  SdUpscaled result;
  if (settings.to_size) {
    const std::string size = size_text(settings.width, settings.height);
    result.info.emplace_back("Postprocess upscale to", size);
    if (settings.crop) {
      result.info.emplace_back("Postprocess crop to", size);
    }
  } else {
    result.info.emplace_back("Postprocess upscale by", number_text(settings.factor));
  }
  result.image = upscaled_by(image, settings, scale, first);
  result.info.emplace_back("Postprocess upscaler", settings.upscaler);
  if (!is_none(settings.second_upscaler) && settings.second_visibility > 0) {
    const Image second = upscaled_by(image, settings, scale, other);
    blend(result.image, second, settings.second_visibility);
    result.info.emplace_back("Postprocess upscaler 2", settings.second_upscaler);
  }
  return result;
}

}  // namespace ptravel
