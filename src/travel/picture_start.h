#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "media/inpaint.h"
#include "media/mask.h"
#include "pipeline/inpainting.h"
#include "ptravel/image.h"
#include "ptravel/request.h"
#include "request/frame_places.h"

namespace ptravel {

/// The masks of a travel, ready to be laid on pictures.
struct TravelMasks {
  std::map<std::string, GreyImage> masks;  ///< By file: inverted and blurred as asked for.
  std::optional<PixelBox> box;  ///< The part that is drawn, around all of them; nothing: the whole.
};

/// Reads them; sizes of `request` are settled. Throws Error(InvalidArgument) with the problems of
/// masks that do not fit the init picture or cover nothing, and what read_mask throws.
TravelMasks read_masks(const TravelRequest& request, const std::optional<Image>& init_image);

/// What a frame starts from, and what lies over it when it is drawn.
struct FrameStart : PictureStart {
  std::shared_ptr<const Overlay> overlay;  ///< Null: nothing.
};

/// How the pictures of a travel become starts. Holds references; one thread.
class FrameStarts {
 public:
  FrameStarts(const Pipeline& pipeline, const TravelRequest& request, const TravelMasks& masks)
      : pipeline_(pipeline), request_(request), masks_(masks) {}

  /// The start of the frame at a place from a picture.
  FrameStart from(const Image& picture, const FramePlace& place) const;
  /// The latent [1, C, h, w] of a picture of the travel, whatever is masked.
  at::Tensor latent_of(const Image& picture) const;

 private:
  std::optional<GreyImage> mask_at(const FramePlace& place) const;
  MaskPreparation preparation() const;

  const Pipeline& pipeline_;
  const TravelRequest& request_;
  const TravelMasks& masks_;
};

}  // namespace ptravel
