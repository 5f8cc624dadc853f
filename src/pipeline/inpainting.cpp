#include "pipeline/inpainting.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/profile_scope.h"
#include "media/inpaint.h"
#include "media/resize.h"
#include "pipeline/latents.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

/// [1, 1, H, W], 0 to 1.
at::Tensor values_of(const GreyImage& mask) {
  const at::Tensor bytes = at::from_blob(const_cast<std::uint8_t*>(mask.values.data()),
                                         {1, 1, mask.height, mask.width}, at::kByte);
  return bytes.to(at::kFloat) / 255.0;
}

/// The picture without what makes no whole latent cell.
Image whole_cells(const Image& picture, int factor) {
  const PixelBox box{0, 0, picture.width / factor * factor, picture.height / factor * factor};
  return box.width() == picture.width && box.height() == picture.height ? picture
                                                                        : cropped(picture, box);
}

/// Stretched to the cells that are drawn.
at::Tensor stretched(const at::Tensor& latent, const InpaintingRules& rules, int factor) {
  const std::int64_t h = rules.height / factor;
  const std::int64_t w = rules.width / factor;
  if (rules.width == 0 || (latent.size(2) == h && latent.size(3) == w)) {
    return latent;
  }
  return at::upsample_bilinear2d(latent, {h, w}, /*align_corners=*/false);
}

/// What an inpainting model is shown of a picture [1, 3, H, W]: the mask by its nearest pixels, and
/// the picture grey where it is masked.
at::Tensor shown_masked(const Pipeline& pipeline,
                        const at::Tensor& pixels,
                        const at::Tensor& mask,
                        const InpaintingRules& rules) {
  const at::Tensor hidden = pixels * (1.0 - mask);
  const at::Tensor shown = pixels + (hidden - pixels) * rules.mask_weight;
  const at::Tensor latent = pipeline.vae().to_latent(
      pipeline.vae().encode(rules.mask_weight == 1 ? hidden : shown, pipeline.wrap()).mean);
  const at::Tensor fitted = stretched(latent, rules, pipeline.size_factor());
  return masked_picture(at::upsample_nearest2d(mask, {fitted.size(2), fitted.size(3)}), fitted);
}

}  // namespace

at::Tensor latent_mask(const GreyImage& mask, std::int64_t h, std::int64_t w, bool round) {
  const GreyImage small = first_channel(
      resize(to_rgb(mask), static_cast<int>(w), static_cast<int>(h), ResizeFilter::Bicubic));
  const at::Tensor values = values_of(small);
  return round ? values.round() : values;
}

at::Tensor latent_of_picture(const Pipeline& pipeline,
                             const Image& picture,
                             const InpaintingRules& rules) {
  const int factor = pipeline.size_factor();
  return stretched(encode_latent(pipeline.vae(), whole_cells(picture, factor), pipeline.wrap()),
                   rules, factor);
}

PictureStart start_from(const Pipeline& pipeline,
                        const Image& picture,
                        const GreyImage* mask,
                        const InpaintingRules& rules) {
  const auto profile = ProfileScope::part("pixels");
  const at::NoGradGuard no_gradients;
  const bool fills = mask != nullptr && rules.fill != InpaintingFill::Original;
  const int factor = pipeline.size_factor();
  const at::Tensor pixels =
      image_to_tensor(whole_cells(fills ? filled(picture, *mask) : picture, factor))
          .to(pipeline.compute().device);
  const at::Tensor mean =
      stretched(pipeline.vae().encode(pixels, pipeline.wrap()).mean, rules, factor);
  PictureStart start;
  start.latent = pipeline.vae().to_latent(mean);
  if (mask != nullptr) {
    start.repaint = latent_mask(*mask, mean.size(2), mean.size(3), rules.round).to(mean.device());
  }
  if (pipeline.picture_input() == PictureInput::Edited) {
    // CosXL's kind is shown the latent as samplers have it.
    start.picture = (pipeline.files().edm ? start.latent : mean)[0].contiguous();
  } else if (pipeline.picture_input() == PictureInput::Masked) {
    at::Tensor values = mask != nullptr
                            ? values_of(*mask)
                            : at::ones({1, 1, pixels.size(2), pixels.size(3)}, at::kFloat);
    values = values.to(pixels.device());
    start.picture = shown_masked(pipeline, pixels, rules.round ? values.round() : values, rules);
  }
  return start;
}

at::Tensor with_fill(const PictureStart& start, InpaintingFill fill, const ImageSeed& seed) {
  if (!start.repaint.defined() ||
      (fill != InpaintingFill::LatentNoise && fill != InpaintingFill::LatentNothing)) {
    return start.latent;
  }
  const at::Tensor kept = start.latent * (1 - start.repaint);
  if (fill == InpaintingFill::LatentNothing) {
    return kept;
  }
  ImageSeed plain = seed;  // The web UI fills with the noise of the seed alone.
  plain.subseed_strength = 0;
  plain.resize_from_height = plain.resize_from_width = 0;
  const at::Tensor noise = ImageRng(plain, start.latent.sizes().slice(1)).next();
  return kept + noise.unsqueeze(0).to(kept.device()) * start.repaint;
}

}  // namespace ptravel
