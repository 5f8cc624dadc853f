#include "pipeline/latents.h"

#include <cstring>
#include <optional>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "media/latent_chunk.h"
#include "ptravel/error.h"
#include "tensor/devices.h"
#include "tensor/memory_shortage.h"

namespace ptravel {
namespace {

bool all_numbers(const at::Tensor& values) { return at::isfinite(values).all().item<bool>(); }

/// Weights were checked when they were loaded, so it is the settings or the number format.
void check_latents(const at::Tensor& latents) {
  if (!all_numbers(latents)) {
    throw Error(ErrorCode::Unsupported,
                "[sampling] the latent has values that are not numbers: the sampler went astray "
                "with these settings (cfg_scale, eta, s_noise, steps), or the UNet overflows and "
                "needs --precision fp32");
  }
}

/// Nothing where the device has not the memory for it and that is no failure.
std::optional<Image> decoded_if_it_fits(const Vae& vae,
                                        const at::Tensor& latent,
                                        Wrap wrap,
                                        bool may_not) {
  try {
    before_large_work(LargeWork::Decoding, 1);
    return tensor_to_image(vae.decode(latent, wrap));
  } catch (...) {
    if (!may_not || !memory_was_refused()) {
      throw;
    }
    return std::nullopt;
  }
}

}  // namespace

at::Tensor image_to_tensor(const Image& image) {
  PTRAVEL_CHECK(image.width > 0 && image.height > 0);
  const auto profile = ProfileScope::part("pixels");
  const at::Tensor bytes = at::from_blob(const_cast<std::uint8_t*>(image.pixels.data()),
                                         {1, image.height, image.width, 3}, at::kByte);
  return (bytes.permute({0, 3, 1, 2}).to(at::kFloat) / 255.0 * 2.0 - 1.0).contiguous();
}

Image tensor_to_image(const at::Tensor& decoded) {
  PTRAVEL_CHECK(decoded.dim() == 4 && decoded.size(0) == 1 && decoded.size(1) == 3);
  const auto profile = ProfileScope::part("pixels");
  // Bytes are made where the values lie, and a quarter of those leaves a card.
  const at::Tensor values = decoded.to(at::kFloat);
  if (!all_numbers(values)) {
    throw Error(
        ErrorCode::Unsupported,
        "[vae] the picture has values that are not numbers, though its latent has none: the "
        "VAE overflows in this number format, expected --precision fp32 or another --vae");
  }
  const at::Tensor bytes = (values + 1.0)
                               .div_(2.0)
                               .clamp_(0.0, 1.0)
                               .mul_(255.0)
                               .to(at::kByte)
                               .permute({0, 2, 3, 1})
                               .contiguous()
                               .to(at::kCPU);
  Image image(static_cast<int>(bytes.size(2)), static_cast<int>(bytes.size(1)));
  std::memcpy(image.pixels.data(), bytes.data_ptr<std::uint8_t>(), image.pixels.size());
  return image;
}

at::Tensor encode_latent(const Vae& vae, const Image& image, Wrap wrap) {
  const at::Tensor pixels = image_to_tensor(image).to(vae.compute().device);
  return vae.to_latent(vae.encode(pixels, wrap).mean);
}

at::Tensor masked_picture(const at::Tensor& mask, const at::Tensor& latent) {
  return at::cat({mask.to(latent.device()), latent}, 1)[0].contiguous();
}

std::vector<Image> decode_latents(const Vae& vae, const at::Tensor& latents, Wrap wrap) {
  return decode_latents(vae, latents, {}, wrap);
}

std::vector<Image> decode_latents(const std::function<at::Tensor(const at::Tensor&)>& decode,
                                  const at::Tensor& latents) {
  check_latents(latents);
  std::vector<Image> images;
  for (std::int64_t i = 0; i < latents.size(0); ++i) {
    images.push_back(tensor_to_image(decode(latents.narrow(0, i, 1))));
  }
  return images;
}

std::vector<Image> decode_latents(const Vae& vae,
                                  const at::Tensor& latents,
                                  const std::function<const Vae&()>& in_need,
                                  Wrap wrap) {
  check_latents(latents);
  std::vector<Image> images;
  for (std::int64_t i = 0; i < latents.size(0); ++i) {
    const at::Tensor latent = latents.narrow(0, i, 1);
    if (auto image = decoded_if_it_fits(vae, latent, wrap, in_need != nullptr)) {
      images.push_back(std::move(*image));
      continue;
    }
    release_unused_memory(vae.compute().device);
    images.push_back(tensor_to_image(in_need().decode(latent, wrap)));
  }
  return images;
}

std::string stored_latent(const at::Tensor& latents, std::int64_t index) {
  const at::Tensor values = latents[index].to(at::kCPU, at::kFloat).contiguous();
  return latent_bytes(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)),
                      static_cast<int>(values.size(2)),
                      {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
}

}  // namespace ptravel
