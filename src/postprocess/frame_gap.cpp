#include "postprocess/frame_gap.h"

#include "media/resize.h"
#include "motion/ssim.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kThumbnail = 32;
constexpr double kCutBelow = 0.2;

Image thumbnail(const Image& image) {
  return resize(image, kThumbnail, kThumbnail, ResizeFilter::Bilinear);
}

}  // namespace

GapKind gap_between(const Image& first, const Image& second) {
  if (first.width != second.width || first.height != second.height) {
    throw Error(ErrorCode::InvalidArgument,
                "[interpolate] neighbours of " + std::to_string(first.width) + "x" +
                    std::to_string(first.height) + " and " + std::to_string(second.width) + "x" +
                    std::to_string(second.height) + " pixels, expected one size");
  }
  if (first == second) {
    return GapKind::Still;
  }
  return ssim(thumbnail(first), thumbnail(second), SsimBorder::Kept) < kCutBelow ? GapKind::Cut
                                                                                 : GapKind::Motion;
}

std::vector<Image> fill_gap(GapKind kind,
                            const Image& first,
                            const Image& second,
                            int count,
                            const Interpolator& interpolator) {
  if (kind == GapKind::Motion) {
    return interpolator.between(first, second, count);
  }
  std::vector<Image> pictures;
  for (int i = 1; i <= count; ++i) {
    pictures.push_back(2 * i <= count ? first : second);
  }
  return pictures;
}

}  // namespace ptravel
