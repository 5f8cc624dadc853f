#include "postprocess/picture_tensor.h"

#include <cstring>
#include <string>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {

at::Tensor unit_tensor(const Image& image) {
  PTRAVEL_CHECK(image.width > 0 && image.height > 0);
  const at::Tensor bytes = at::from_blob(const_cast<std::uint8_t*>(image.pixels.data()),
                                         {1, image.height, image.width, 3}, at::kByte);
  return bytes.permute({0, 3, 1, 2}).to(at::kFloat) / 255.0;
}

Image image_of(const at::Tensor& picture, const std::string& network) {
  PTRAVEL_CHECK(picture.dim() == 4 && picture.size(0) == 1 && picture.size(1) == 3);
  const at::Tensor values = picture.to(at::kCPU, at::kFloat);
  if (!at::isfinite(values).all().item<bool>()) {
    throw Error(ErrorCode::Unsupported,
                "[network] " + network +
                    ": its result has values that are not numbers, expected "
                    "weights that fit pictures, or --precision fp32");
  }
  const at::Tensor bytes =
      (values.clamp(0.0, 1.0) * 255.0).round().to(at::kByte).permute({0, 2, 3, 1}).contiguous();
  Image image(static_cast<int>(bytes.size(2)), static_cast<int>(bytes.size(1)));
  std::memcpy(image.pixels.data(), bytes.data_ptr<std::uint8_t>(), image.pixels.size());
  return image;
}

}  // namespace ptravel
