#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/vae.h"
#include "ptravel/image.h"

namespace ptravel {

/// A picture as the VAE takes it: float32 [1, 3, H, W] in [-1, 1].
at::Tensor image_to_tensor(const Image& image);

/// The VAE's output [1, 3, H, W] as a picture: clamp((y + 1) / 2, 0, 1) * 255, truncated, as the
/// web UI does. Throws Unsupported when values are not numbers.
Image tensor_to_image(const at::Tensor& decoded);

/// The latent [1, C, h, w] of a picture: the mean of the VAE's distribution times its scale factor.
/// The web UI draws from the distribution with unseeded noise; the mean is what it draws around,
/// and repeatable.
/// `wrap`: as Vae::encode has it.
at::Tensor encode_latent(const Vae& vae, const Image& image, Wrap wrap = {});

/// What an inpainting network takes behind the latent, [1 + C, h, w]: `mask` [1, 1, h, w] and the
/// latent [1, C, h, w] of the picture without what it covers.
at::Tensor masked_picture(const at::Tensor& mask, const at::Tensor& latent);

/// Pictures of latents [N, C, h, w], decoded one by one as the web UI does. Throws Unsupported when
/// values are not numbers, and says whether they already were none in the latents.
std::vector<Image> decode_latents(const Vae& vae, const at::Tensor& latents, Wrap wrap = {});

/// The same with what makes a picture's values [1, 3, H, W] of one latent [1, C, h, w].
std::vector<Image> decode_latents(const std::function<at::Tensor(const at::Tensor& latent)>& decode,
                                  const at::Tensor& latents);

/// With a VAE. A picture that `vae` has not the memory for is decoded by what `in_need` gives: the
/// same VAE elsewhere.
std::vector<Image> decode_latents(const Vae& vae,
                                  const at::Tensor& latents,
                                  const std::function<const Vae&()>& in_need,
                                  Wrap wrap = {});

/// The latent number `index` of [N, C, h, w] as picture files keep it (media/latent_chunk.h).
std::string stored_latent(const at::Tensor& latents, std::int64_t index);

}  // namespace ptravel
