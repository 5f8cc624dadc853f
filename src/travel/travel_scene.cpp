#include "travel/travel_scene.h"

#include "base/profile_scope.h"
#include "media/resize.h"
#include "pipeline/latents.h"

namespace ptravel {

at::Tensor TravelScene::latent_of(const Image& image) const {
  const auto profile = ProfileScope::part("pixels");
  return encode_latent(pipeline->vae(), resize_for_img2img(image, request.width, request.height,
                                                           request.resize_mode));
}

}  // namespace ptravel
