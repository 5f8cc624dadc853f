#pragma once

#include "media/latent_chunk.h"

namespace ptravel {

/// The root mean square of the difference of two latents, in the sampler's units: 0 for equal ones,
/// about 1.4 for two that have nothing in common. Throws InvalidArgument for different shapes.
double latent_distance(const PictureLatent& one, const PictureLatent& other);

/// Whether latent_distance takes them.
bool same_shape(const PictureLatent& one, const PictureLatent& other);

}  // namespace ptravel
