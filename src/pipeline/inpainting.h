#pragma once

#include <ATen/core/Tensor.h>

#include "media/mask.h"
#include "pipeline/pipeline.h"
#include "ptravel/image.h"
#include "ptravel/inpainting.h"

namespace ptravel {

/// How image-to-image with a mask is meant.
struct InpaintingRules {
  InpaintingFill fill = InpaintingFill::Original;
  bool round = true;       ///< A place is drawn or not; otherwise shades of the mask count.
  double mask_weight = 1;  ///< Inpainting models: how far what is masked is hidden from them.
  int width = 0;  ///< Pixels that are drawn: latents of other pictures are stretched; 0: theirs.
  int height = 0;
};

/// What image-to-image starts from, and what holds it.
struct PictureStart {
  at::Tensor latent;   ///< [1, C, h, w]; undefined: from noise.
  at::Tensor repaint;  ///< [1, 1, h, w] (SamplingBatch); undefined: everywhere.
  at::Tensor picture;  ///< What the network takes of it (PictureBatch); undefined: nothing.
};

/// The latent [1, C, h, w] of a picture, stretched where the rules say so.
at::Tensor latent_of_picture(const Pipeline& pipeline,
                             const Image& picture,
                             const InpaintingRules& rules);

/// The start from a picture. `mask`: of the same size, or null. Of the fills that are latent,
/// with_fill is to follow.
PictureStart start_from(const Pipeline& pipeline,
                        const Image& picture,
                        const GreyImage* mask,
                        const InpaintingRules& rules);

/// Where a mask is drawn, in latent cells: [1, 1, h, w].
at::Tensor latent_mask(const GreyImage& mask, std::int64_t h, std::int64_t w, bool round);

/// The latent where it stays, and what the fill puts elsewhere: `seed`'s noise, or nothing.
at::Tensor with_fill(const PictureStart& start, InpaintingFill fill, const ImageSeed& seed);

}  // namespace ptravel
