#include "postprocess/enlarger.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "media/resize.h"
#include "postprocess/upscaler_shelf.h"
#include "ptravel/error.h"
#include "ptravel/model.h"

namespace ptravel {
namespace {

constexpr double kMostFactor = 16;
constexpr int kMostPasses = 3;
constexpr double kMostImageSide = 65535;
constexpr std::size_t kHashDigits = 10;

/// A whole number without a fraction, others as they are: "2", "1.5".
std::string factor_text(double factor) {
  return factor == std::floor(factor) ? std::to_string(static_cast<int>(factor))
                                      : number_text(factor);
}

void check_size(const Image& from, double width, double height) {
  if (width > kMostImageSide || height > kMostImageSide ||
      width * height > static_cast<double>(kMostImagePixels)) {
    throw Error(ErrorCode::InvalidArgument,
                "[upscale] " + std::to_string(from.width) + "x" + std::to_string(from.height) +
                    " pixels would become " + std::to_string(std::llround(width)) + "x" +
                    std::to_string(std::llround(height)) +
                    ", expected sides up to 65535 and at most 2^28 pixels");
  }
}

bool is_lanczos(const std::string& upscaler) { return same_but_case(upscaler, "lanczos"); }

}  // namespace

void validate(const UpscaleOptions& options) {
  std::vector<Problem> problems;
  if (options.upscaler.empty()) {
    problems.push_back({"upscaler", "is empty, expected lanczos or the file of a network"});
  }
  if (options.by != 0 && !(options.by >= 1 && options.by <= kMostFactor)) {
    problems.push_back({"upscale_by", number_text(options.by) + ", expected 1 to 16"});
  }
  if (options.threads < 0) {
    problems.push_back({"threads", std::to_string(options.threads) + ", expected 0 or more"});
  }
  if (!problems.empty()) {
    throw Error(ErrorCode::InvalidArgument, problems);
  }
}

Enlarger::Enlarger(const UpscaleOptions& options) {
  validate(options);
  std::string hash;
  if (is_lanczos(options.upscaler)) {
    name_ = "Lanczos";
  } else {
    const std::filesystem::path file = upscaler_file(options.upscaler, options.models_folders);
    network_ = Upscaler::open(file, resolve_compute(options.device, Precision::Fp32));
    factor_ = static_cast<double>(network_->scale());
    name_ = file.stem().string();
    network_hash_ = file_sha256(file);
    hash = ", Postprocess upscaler hash: " + network_hash_.substr(0, kHashDigits);
  }
  if (options.by > 0) {
    factor_ = options.by;
  }
  recipe_ = "Postprocess upscale by: " + factor_text(factor_) +
            ", Postprocess upscaler: " + quote_infotext_value(name_) + hash;
}

std::string Enlarger::description() const {
  return network_ ? describe(network_->config()) : std::string();
}

int Enlarger::passes(const Image& image) const {
  if (!network_) {
    return 0;
  }
  const auto scale = static_cast<double>(network_->scale());
  int passes = 1;
  for (double reached = scale; scale > 1 && passes < kMostPasses && reached < factor_;
       reached *= scale) {
    ++passes;
  }
  check_size(image, image.width * std::pow(scale, passes), image.height * std::pow(scale, passes));
  return passes;
}

Image Enlarger::operator()(const Image& image, const PartDone& done) const {
  const double width = std::round(image.width * factor_);
  const double height = std::round(image.height * factor_);
  check_size(image, width, height);
  const int all = passes(image);
  Image result = image;
  for (int pass = 0; pass < all; ++pass) {
    result = (*network_)(result, [&](double share) {
      if (done) {
        done((pass + share) / all);
      }
    });
  }
  const auto to_width = static_cast<int>(width), to_height = static_cast<int>(height);
  const bool there = result.width == to_width && result.height == to_height;
  return there ? result : resize(result, to_width, to_height, ResizeFilter::Lanczos3);
}

}  // namespace ptravel
