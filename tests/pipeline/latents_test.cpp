#include "pipeline/latents.h"

#include <functional>
#include <limits>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tensor/memory_shortage.h"
#include "tests/model/tiny.h"

namespace ptravel {
namespace {

TEST(Latents, EveryLevelSurvivesTheWayThereAndBack) {
  Image image(16, 16);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i % 256);
  }
  const Image back = tensor_to_image(image_to_tensor(image) + 1e-4);
  EXPECT_EQ(back, image);
}

TEST(Latents, PixelsAreTruncatedAndClamped) {
  at::Tensor decoded = at::zeros({1, 3, 1, 2});
  decoded[0][0][0][0] = 5.0f;
  decoded[0][1][0][0] = -5.0f;
  decoded[0][2][0][0] = 0.0f;
  const Image image = tensor_to_image(decoded);
  EXPECT_EQ(image.pixels[0], 255);
  EXPECT_EQ(image.pixels[1], 0);
  EXPECT_EQ(image.pixels[2], 127);  // 127.5 is truncated.
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Latents, TheMessageSaysWhereNumbersWereLost) {
  const Vae vae(random_weights("vae"), tiny_vae(), cpu_fp32());
  at::Tensor latent = at::zeros({1, 4, 4, 4});
  EXPECT_EQ(decode_latents(vae, latent).size(), 1U);
  latent[0][1][2][3] = std::numeric_limits<float>::quiet_NaN();
  const std::string message = message_of([&] { decode_latents(vae, latent); });
  EXPECT_NE(message.find("cfg_scale, eta"), std::string::npos) << message;
  EXPECT_EQ(message.find("weights"), std::string::npos) << message;
}

TEST(Latents, PicturesThatDoNotFitAreDecodedElsewhere) {
  const Vae vae(random_weights("vae"), tiny_vae(), cpu_fp32());
  const at::Tensor latents = at::arange(3.0 * 4 * 16).reshape({3, 4, 4, 4}) / 100 - 1;
  const std::vector<Image> expected = decode_latents(vae, latents);
  int decoded = 0, asked = 0;
  // The second picture does not fit.
  const MemoryProbeScope scope([&](LargeWork work, std::int64_t) {
    EXPECT_EQ(work, LargeWork::Decoding);
    TORCH_CHECK_WITH(OutOfMemoryError, ++decoded != 2, "no room");
  });
  const auto elsewhere = [&]() -> const Vae& {
    ++asked;
    return vae;
  };
  EXPECT_TRUE(decode_latents(vae, latents, elsewhere) == expected);
  EXPECT_EQ(asked, 1);
  decoded = 0;
  EXPECT_THROW(decode_latents(vae, latents), c10::OutOfMemoryError);
}

TEST(Latents, NotANumberIsAnError) {
  at::Tensor decoded = at::zeros({1, 3, 2, 2});
  decoded[0][0][1][1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(tensor_to_image(decoded), Error);
}

}  // namespace
}  // namespace ptravel
