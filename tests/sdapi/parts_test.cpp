// Parts of the web UI's API that need no model: sampler names, enlarging, grids.
#include <gtest/gtest.h>

#include "media/resize.h"
#include "ptravel/sampling.h"
#include "sdapi/answers.h"
#include "sdapi/grid.h"
#include "sdapi/pictures.h"
#include "sdapi/samplers.h"
#include "sdapi/upscale.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

/// Status and body of what the action is refused with.
std::pair<int, Json> refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const SdRefusal& refused) {
    return {refused.answer().status, Json::parse(std::get<std::string>(refused.answer().body))};
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

TEST(SdapiSamplers, EveryLabelIsASampler) {
  for (const SamplerInfo& info : sampler_infos()) {
    EXPECT_EQ(resolve_sd_sampler(info.label, "", "").sampler, info.label);
    EXPECT_EQ(resolve_sd_sampler(info.label, "", "").schedule, "Automatic");
  }
}

TEST(SdapiSamplers, OldNamesHaveTheirScheduleAtTheEnd) {
  const SdSampler old = resolve_sd_sampler("DPM++ 2M SDE Heun Karras", "", "Exponential");
  EXPECT_EQ(old.sampler, "DPM++ 2M SDE Heun");
  EXPECT_EQ(old.schedule, "Karras");
  EXPECT_EQ(resolve_sd_sampler("LMS Karras", "", "").sampler, "LMS");
  EXPECT_EQ(resolve_sd_sampler("Euler sgm_uniform", "", "").schedule, "SGM Uniform");
}

TEST(SdapiSamplers, AnEmptyNameLeavesItToTheIndex) {
  EXPECT_EQ(resolve_sd_sampler("", "Euler", "").sampler, "Euler");
  EXPECT_EQ(resolve_sd_sampler("Heun", "Euler", "").sampler, "Heun");
}

TEST(SdapiSamplers, SchedulersAreNamesOrLabelsAndElseAutomatic) {
  EXPECT_EQ(resolve_sd_sampler("Euler", "", "automatic").schedule, "Automatic");
  EXPECT_EQ(resolve_sd_sampler("Euler", "", "karras").schedule, "Karras");
  EXPECT_EQ(resolve_sd_sampler("Euler", "", "Align Your Steps").schedule, "Align Your Steps");
  EXPECT_EQ(resolve_sd_sampler("Euler", "", "no such schedule").schedule, "Automatic");
}

TEST(SdapiSamplers, UnknownNamesAndAliasesAreNotFound) {
  for (const char* name : {"no such sampler", "k_euler_a", "euler a", "Karras", "Euler Karras x"}) {
    const auto [status, body] = refusal([&] { resolve_sd_sampler(name, "Euler", ""); });
    EXPECT_EQ(status, 404) << name;
    EXPECT_EQ(body, Json::parse(R"({"error": "HTTPException", "detail": "Sampler not found",
                                    "body": "", "errors": ""})"));
  }
}

/// A picture in which every pixel differs from its neighbours.
Image sample(int width, int height) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * 37 + i / 11);
  }
  return image;
}

constexpr double kManyPixels = 1e6;

TEST(SdapiUpscale, LanczosIsPillowsResize) {
  const Image image = sample(24, 16);
  SdUpscale settings;
  settings.upscaler = "Lanczos";
  const SdUpscaled result = upscale(image, settings, kManyPixels);
  EXPECT_EQ(result.image, resize(image, 48, 32, ResizeFilter::Lanczos3));
  EXPECT_EQ(result.info.front(),
            std::pair(std::string("Postprocess upscale by"), std::string("2.0")));
}

TEST(SdapiUpscale, TargetsAreMultiplesOfEight) {
  SdUpscale settings;
  settings.upscaler = "Nearest";
  settings.factor = 1.7;
  const Image result = upscale(sample(24, 17), settings, kManyPixels).image;
  EXPECT_EQ(result.width, 40);
  EXPECT_EQ(result.height, 24);
}

TEST(SdapiUpscale, NearestRepeatsPixels) {
  Image image(2, 1);
  image.pixels = {1, 2, 3, 4, 5, 6};
  const Image twice = resize_nearest(image, 4, 2);
  const std::vector<std::uint8_t> row = {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6};
  EXPECT_EQ(std::vector<std::uint8_t>(twice.row(0), twice.row(0) + 12), row);
  EXPECT_EQ(std::vector<std::uint8_t>(twice.row(1), twice.row(1) + 12), row);
}

TEST(SdapiUpscale, ToASizeCropsAroundTheCentre) {
  SdUpscale settings;
  settings.to_size = true;
  settings.width = 32;
  settings.height = 32;
  settings.upscaler = "Nearest";
  const Image image = sample(32, 16);
  const Image cropped = upscale(image, settings, kManyPixels).image;
  EXPECT_EQ(cropped.width, 32);
  EXPECT_EQ(cropped.height, 32);
  const Image whole = resize_nearest(image, 64, 32);
  EXPECT_EQ(0, std::memcmp(cropped.row(5), whole.row(5) + 16 * 3, 32 * 3));
  settings.crop = false;
  EXPECT_EQ(upscale(image, settings, kManyPixels).image, whole);
}

TEST(SdapiUpscale, TheSecondUpscalerIsBlendedIn) {
  SdUpscale settings;
  settings.upscaler = "Lanczos";
  settings.second_upscaler = "Nearest";
  settings.second_visibility = 1;
  const Image image = sample(16, 16);
  EXPECT_EQ(upscale(image, settings, kManyPixels).image, resize_nearest(image, 32, 32));
  settings.second_visibility = 0;
  EXPECT_EQ(upscale(image, settings, kManyPixels).image,
            resize(image, 32, 32, ResizeFilter::Lanczos3));
}

TEST(SdapiUpscale, NoneLeavesThePictureAlone) {
  const Image image = sample(9, 7);
  EXPECT_EQ(upscale(image, {}, kManyPixels).image, image);
}

TEST(SdapiUpscale, UnknownUpscalersAndTooManyPixelsAreRefused) {
  SdUpscale settings;
  settings.upscaler = "R-ESRGAN 4x+";
  const auto [status, body] = refusal([&] { upscale(sample(8, 8), settings, kManyPixels); });
  EXPECT_EQ(status, 500);
  EXPECT_EQ(body.at("errors"), "could not find upscaler named R-ESRGAN 4x+");
  settings.upscaler = "Lanczos";
  for (const double factor : {1e9, 1e300, 0.001}) {
    settings.factor = factor;
    EXPECT_THROW(upscale(sample(8, 8), settings, kManyPixels), Error) << factor;
  }
}

/// A network that enlarges three times and gives one colour.
void write_gray_network(const std::filesystem::path& path) {
  TinyTensors tensors = {{"body.0.weight", tiny_tensor({2, 3, 3, 3})},
                         {"body.0.bias", tiny_tensor({2})},
                         {"body.1.weight", tiny_tensor({2})},
                         {"body.2.weight", tiny_tensor({27, 2, 3, 3})},
                         {"body.2.bias", tiny_tensor({27}, -1)}};
  write_tiny_safetensors(path, tensors);
}

TEST(SdapiUpscale, NetworksAreAppliedUntilThePictureIsLargeEnough) {
  const TemporaryFolder folder;
  write_gray_network(folder / "ESRGAN/black.safetensors");
  UpscalerShelf shelf({folder.path()});
  SdUpscale settings;
  settings.upscaler = "black";
  settings.factor = 4;
  const SdUpscaled result = upscale(sample(16, 8), settings, kManyPixels, &shelf);
  EXPECT_EQ(result.image, Image(64, 32));
  EXPECT_EQ(result.info.back(),
            std::pair(std::string("Postprocess upscaler"), std::string("black")));
  EXPECT_THROW(upscale(sample(16, 8), settings, 64 * 32, &shelf), Error) << "48x24, then 144x72";
  settings.upscaler = "white";
  const auto [status, body] =
      refusal([&] { upscale(sample(8, 8), settings, kManyPixels, &shelf); });
  EXPECT_EQ(status, 500);
}

TEST(SdapiGrid, PutsPicturesSideBySide) {
  const Image a = sample(4, 2);
  Image b(4, 2);
  const Image grid = sd_grid({&a, &b, &a});
  EXPECT_EQ(grid.width, 8);
  EXPECT_EQ(grid.height, 4);
  EXPECT_EQ(0, std::memcmp(grid.row(2), a.row(0), 12));
  EXPECT_EQ(grid.row(3)[12], 0);
}

TEST(SdapiPictures, UrlsAreNeverFetched) {
  for (const char* url : {"http://127.0.0.1/a.png", "https://example.org/a.png", "HTTP://x"}) {
    const auto [status, body] = refusal([&] { sd_picture_bytes(url); });
    EXPECT_EQ(status, 500);
    EXPECT_EQ(body.at("detail"), "Requests not allowed");
  }
}

TEST(SdapiPictures, DataUrisAndBareBase64AreTheSame) {
  EXPECT_EQ(sd_picture_bytes("data:image/png;base64,Zm9v"), "foo");
  EXPECT_EQ(sd_picture_bytes("Zm9v"), "foo");
  for (const char* wrong : {"", "data:image/png;base64", "/etc/passwd!", "data:text/plain,x"}) {
    const auto [status, body] = refusal([&] { sd_picture_bytes(wrong); });
    EXPECT_EQ(status, 500) << wrong;
    EXPECT_EQ(body.at("detail"), "Invalid encoded image");
  }
}

}  // namespace
}  // namespace ptravel
