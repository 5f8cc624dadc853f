#include "travel/picture_start.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/profile_scope.h"
#include "pipeline/latents.h"
#include "ptravel/error.h"
#include "request/mask_files.h"

namespace ptravel {
namespace {

std::string size_of(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

/// What is white in any of the masks.
GreyImage all_of(const std::map<std::string, GreyImage>& masks) {
  GreyImage all = masks.begin()->second;
  for (const auto& [file, mask] : masks) {
    for (std::size_t i = 0; i < all.values.size(); ++i) {
      all.values[i] = std::max(all.values[i], mask.values[i]);
    }
  }
  return all;
}

void check_mask(const std::string& file,
                const GreyImage& mask,
                const Image& picture,
                bool inverted,
                std::vector<Problem>& problems) {
  if (mask.width != picture.width || mask.height != picture.height) {
    problems.push_back({"mask", file + " is " + size_of(mask.width, mask.height) +
                                    ", expected the size of the init picture, " +
                                    size_of(picture.width, picture.height)});
  } else if (mask.is_black()) {
    problems.push_back({"mask", file + (inverted ? " is white all over" : " is black all over") +
                                    ": nothing would be drawn; expected some of it " +
                                    (inverted ? "black" : "white")});
  }
}

#ifdef PTRAVEL_WITH_MEDIA
GreyImage read(const std::string& file, const TravelRequest& request) {
  const auto profile = ProfileScope::part("reading pictures");
  return read_mask(file, request.mask_round ? MaskAlpha::Rounded : MaskAlpha::Kept);
}
#else
GreyImage read(const std::string& file, const TravelRequest&) {
  throw Error(ErrorCode::Unsupported, "[mask] " + file + ": this build cannot read picture files");
}
#endif

}  // namespace

TravelMasks read_masks(const TravelRequest& request, const std::optional<Image>& init_image) {
  TravelMasks result;
  std::vector<Problem> problems;
  for (const std::string& file : mask_files(request)) {
    PTRAVEL_CHECK(init_image.has_value());
    if (result.masks.contains(file)) {
      continue;
    }
    GreyImage mask = read(file, request);
    mask = request.invert_mask ? inverted(std::move(mask)) : std::move(mask);
    check_mask(file, mask, *init_image, request.invert_mask, problems);
    result.masks[file] = blurred_mask(mask, request.mask_blur, request.mask_blur);
  }
  throw_request_problems(problems);
  if (!result.masks.empty() && request.inpaint_area == InpaintArea::Masked) {
    const auto box = masked_box(all_of(result.masks), request.inpaint_padding);
    if (!box) {  // What is white was so little that blurring left nothing of it.
      throw_request_problems({{"mask_blur", "leaves nothing of the mask, expected less"}});
    }
    result.box = with_proportions(*box, request.width, request.height, init_image->width,
                                  init_image->height);
  }
  return result;
}

MaskPreparation FrameStarts::preparation() const {
  return {request_.width, request_.height, request_.resize_mode, masks_.box};
}

std::optional<GreyImage> FrameStarts::mask_at(const FramePlace& place) const {
  const std::vector<std::string> files = mask_files_at(request_, place);
  if (files.empty()) {
    return std::nullopt;
  }
  const GreyImage& from = masks_.masks.at(files.front());
  return files.size() == 1 ? from : mixed(from, masks_.masks.at(files.back()), place.alpha);
}

FrameStart FrameStarts::from(const Image& picture, const FramePlace& place) const {
  const auto profile = ProfileScope::part("pixels");
  const InpaintingRules rules{request_.inpainting_fill, request_.mask_round,
                              request_.inpainting_mask_weight, request_.width, request_.height};
  const Image drawn = prepare_picture(picture, preparation());
  FrameStart start;
  const std::optional<GreyImage> mask = mask_at(place);
  if (!mask) {
    static_cast<PictureStart&>(start) = start_from(pipeline_, drawn, nullptr, rules);
    return start;
  }
  const PreparedMask prepared = prepare_mask(*mask, preparation());
  static_cast<PictureStart&>(start) = start_from(pipeline_, drawn, &prepared.mask, rules);
  start.overlay = std::make_shared<const Overlay>(
      make_overlay(masks_.box ? picture : drawn, prepared.overlay, masks_.box));
  return start;
}

at::Tensor FrameStarts::latent_of(const Image& picture) const {
  const auto profile = ProfileScope::part("pixels");
  InpaintingRules rules;
  rules.width = request_.width;
  rules.height = request_.height;
  return latent_of_picture(pipeline_, prepare_picture(picture, preparation()), rules);
}

}  // namespace ptravel
