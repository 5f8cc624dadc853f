#pragma once

namespace ptravel {

/// What img2img with a mask starts from where the mask is white (the web UI's "Masked content").
enum class InpaintingFill {
  Fill,           ///< Blurred versions of the picture around.
  Original,       ///< The picture as it is.
  LatentNoise,    ///< Around the mask as Fill; the latent is the noise that the seed gives.
  LatentNothing,  ///< The same; the latent is zeros.
};

/// What is drawn of a picture with a mask. Masked: only the mask's surroundings, at the whole size.
enum class InpaintArea { Whole, Masked };

}  // namespace ptravel
