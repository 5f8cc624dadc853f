#include <map>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "media/image_file.h"
#include "media/mask.h"
#include "model/safetensors_writer.h"
#include "model/tensor_sources.h"
#include "ptravel/error.h"
#include "ptravel/model_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/travel/tiny_travel.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

ModelStore& store() {
  static ModelStore models(std::uint64_t{1} << 31);
  return models;
}

/// A folder with an init picture of 80x64, masks that cover its left and its right half, and models
/// of tiny_sd1 that take pictures.
class InpaintTravel : public testing::Test {
 protected:
  InpaintTravel() {
    Image picture(80, 64);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
      picture.pixels[i] = static_cast<std::uint8_t>(i * 7 % 251);
    }
    write_png(folder_ / "init.png", picture);
    write_mask("left.png", 0, 32);
    write_mask("right.png", 56, 80);
  }

  void write_mask(const std::string& name, int from, int to) {
    GreyImage mask(80, 64);
    for (int y = 8; y < 48; ++y) {
      std::fill(mask.row(y) + from, mask.row(y) + to, std::uint8_t{255});
    }
    write_png(folder_ / name, to_rgb(mask));
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  TravelRequest request() const {
    TravelRequest request = tiny_request(64, 3);
    request.width = 80;
    request.init_image = file("init.png");
    request.mask = file("left.png");
    request.mask_blur = 0;
    return request;
  }

  /// The tiny model with a first convolution for as many channels.
  std::string model_of(std::int64_t channels) {
    const fs::path target = folder_ / std::to_string(channels);
    fs::create_directories(target);
    const fs::path data = PTRAVEL_TEST_DATA;
    std::map<std::string, at::Tensor> tensors;
    for (const fs::path& path :
         {data / "tiny_sd1/model.safetensors", data / "hires/inpaint9_override.safetensors"}) {
      const auto source = FileTensors::open(path);
      for (const std::string& name : source->names()) {
        tensors.insert_or_assign(name, source->tensor(name));
      }
    }
    at::Tensor& first = tensors.at("model.diffusion_model.input_blocks.0.0.weight");
    first = first.narrow(1, 0, channels).contiguous();
    write_safetensors(target / "model.safetensors", tensors);
    auto config = nlohmann::json::parse(read_file(data / "tiny_sd1/config.json"));
    config["unet"]["in_channels"] = channels;
    write_file_atomic(target / "config.json", config.dump());
    return (target / "model.safetensors").string();
  }

  std::vector<RenderedFrame> drawn(const TravelRequest& request) const {
    return draw(request, store());
  }

  std::string refusal(const TravelRequest& request) const {
    try {
      drawn(request);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  const TemporaryFolder folder_;
};

/// How far a part of two pictures differs.
int difference(const Image& a, const Image& b, const PixelBox& box) {
  int most = 0;
  const Image from = cropped(a, box), to = cropped(b, box);
  for (std::size_t i = 0; i < from.pixels.size(); ++i) {
    most = std::max(most, std::abs(from.pixels[i] - to.pixels[i]));
  }
  return most;
}

TEST_F(InpaintTravel, EveryModeAndGenesisKeepsWhatIsNotMasked) {
  const Image init = read_image(file("init.png")).image;
  for (const TravelMode mode : {TravelMode::Linear, TravelMode::Replace, TravelMode::Grad}) {
    for (const Genesis genesis : {Genesis::Fixed, Genesis::Successive, Genesis::Embryo}) {
      TravelRequest request = this->request();
      request.mode = mode;
      request.genesis = genesis;
      request.denoise_strength = {0.9};
      for (const RenderedFrame& frame : drawn(request)) {
        EXPECT_EQ(difference(frame.image, init, {32, 0, 80, 64}), 0);
        EXPECT_EQ(difference(frame.image, init, {0, 0, 80, 8}), 0);
        EXPECT_GT(difference(frame.image, init, {0, 8, 32, 48}), 50);
      }
    }
  }
}

TEST_F(InpaintTravel, MasksOfStagesAreMixedAlongTheWay) {
  const Image init = read_image(file("init.png")).image;
  TravelRequest request = this->request();
  request.mask = file("left.png") + "\n" + file("right.png");
  request.mask_round = false;
  const std::vector<RenderedFrame> frames = drawn(request);
  ASSERT_EQ(frames.size(), 4U);
  const PixelBox left{0, 8, 32, 48}, right{56, 8, 80, 48}, middle{33, 0, 55, 64};
  EXPECT_EQ(difference(frames.front().image, init, right), 0);
  EXPECT_EQ(difference(frames.back().image, init, left), 0);
  for (const int i : {1, 2}) {
    EXPECT_GT(difference(frames[i].image, init, left), 20);
    EXPECT_GT(difference(frames[i].image, init, right), 20);
    EXPECT_EQ(difference(frames[i].image, init, middle), 0);
  }
  // The mask alone: a frame does not depend on those it is drawn with.
  request.batch = 3;
  const std::vector<RenderedFrame> together = drawn(request);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].image, together[i].image) << i;
    EXPECT_EQ(frames[i].parameters, together[i].parameters) << i;
  }
}

/// Grey counts as white or black there, for what is drawn and for what an inpainting model is told.
TEST_F(InpaintTravel, RoundedMasksHaveNoGrey) {
  GreyImage soft(80, 64);
  for (int y = 0; y < soft.height; ++y) {
    std::fill(soft.row(y), soft.row(y) + soft.width, std::uint8_t{60});
    if (y >= 8 && y < 48) {
      std::fill(soft.row(y), soft.row(y) + 32, std::uint8_t{180});
    }
  }
  write_png(folder_ / "soft.png", to_rgb(soft));
  for (const std::string& model : {tiny_request().model, model_of(9)}) {
    const auto latent = [&](const std::string& mask, bool round) {
      TravelRequest request = this->request();
      request.model = model;
      request.prompt = "a cat";
      request.inpainting_fill = InpaintingFill::Original;
      request.mask = file(mask);
      request.mask_round = round;
      return drawn(request).front().latent;
    };
    EXPECT_EQ(latent("soft.png", true), latent("left.png", true)) << model;
    EXPECT_NE(latent("soft.png", false), latent("left.png", false)) << model;
    EXPECT_NE(latent("soft.png", false), latent("soft.png", true)) << model;
  }
}

TEST_F(InpaintTravel, FillsDiffer) {
  TravelRequest request = this->request();
  request.prompt = "a cat";
  std::vector<Image> pictures;
  for (const InpaintingFill fill : {InpaintingFill::Fill, InpaintingFill::Original,
                                    InpaintingFill::LatentNoise, InpaintingFill::LatentNothing}) {
    request.inpainting_fill = fill;
    pictures.push_back(drawn(request).front().image);
    for (std::size_t i = 0; i + 1 < pictures.size(); ++i) {
      EXPECT_NE(pictures[i], pictures.back());
    }
  }
}

TEST_F(InpaintTravel, OnlyMaskedDrawsAPartOfTheWholePicture) {
  const Image init = read_image(file("init.png")).image;
  TravelRequest request = this->request();
  request.inpaint_area = InpaintArea::Masked;
  request.inpaint_padding = 4;
  request.width = request.height = 64;
  for (const Genesis genesis : {Genesis::Fixed, Genesis::Successive}) {
    request.genesis = genesis;
    for (const RenderedFrame& frame : drawn(request)) {
      EXPECT_EQ(frame.image.width, 80);
      EXPECT_EQ(frame.image.height, 64);
      EXPECT_EQ(difference(frame.image, init, {32, 0, 80, 64}), 0);
      EXPECT_GT(difference(frame.image, init, {0, 8, 32, 48}), 50);
      EXPECT_THAT(frame.parameters, testing::HasSubstr("Inpaint area: Only masked, Masked area "
                                                       "padding: 4"));
    }
  }
}

TEST_F(InpaintTravel, InpaintingModelsGoByMaskAndPicture) {
  TravelRequest request = this->request();
  request.model = model_of(9);
  request.mask_round = false;
  const std::vector<RenderedFrame> shown = drawn(request);
  EXPECT_THAT(shown.front().parameters, testing::HasSubstr("Conditional mask weight: 1"));
  request.batch = 4;
  const std::vector<RenderedFrame> together = drawn(request);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    EXPECT_EQ(shown[i].image, together[i].image) << i;
  }
  request.inpainting_mask_weight = 0.5;
  EXPECT_NE(drawn(request).front().image, shown.front().image);
  request.mask.clear();
  for (const TravelMode mode : {TravelMode::Linear, TravelMode::Grad}) {
    for (const AttentionInterpolation attention :
         {AttentionInterpolation::Off, AttentionInterpolation::FusedOuter}) {
      request.mode = mode;
      request.attention_interpolation = attention;
      EXPECT_EQ(drawn(request).size(), 4U);
    }
  }
  request.init_image.clear();
  EXPECT_EQ(drawn(request).size(), 4U);
}

TEST_F(InpaintTravel, InstructPix2PixChangesAPicture) {
  TravelRequest request = this->request();
  request.model = model_of(8);
  request.mask.clear();
  const std::vector<RenderedFrame> frames = drawn(request);
  EXPECT_THAT(frames.front().parameters, testing::HasSubstr("Image CFG scale: 1.5"));
  request.batch = 4;
  const std::vector<RenderedFrame> together = drawn(request);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].image, together[i].image) << i;
  }
  request.image_cfg_scale = 1;
  EXPECT_NE(drawn(request).front().image, frames.front().image);
  request.init_image.clear();
  EXPECT_THAT(refusal(request), testing::HasSubstr("init_image: is not given, expected a picture"));
}

TEST_F(InpaintTravel, MasksThatDoNotFitAreRefused) {
  const auto message = [&](auto change) {
    TravelRequest request = this->request();
    change(request);
    return refusal(request);
  };
  write_png(folder_ / "small.png", Image(40, 64));
  write_png(folder_ / "black.png", Image(80, 64));
  write_file_atomic(folder_ / "text.png", "no picture");
  EXPECT_THAT(message([&](auto& r) { r.mask = file("small.png"); }),
              testing::AllOf(testing::HasSubstr("small.png is 40x64"),
                             testing::HasSubstr("the init picture, 80x64")));
  EXPECT_THAT(message([&](auto& r) { r.mask = file("black.png"); }),
              testing::HasSubstr("black.png is black all over"));
  EXPECT_THAT(message([&](auto& r) { r.mask = file("text.png"); }),
              testing::HasSubstr("expected a PNG, JPEG or WebP picture"));
  EXPECT_THAT(message([&](auto& r) { r.mask = file("none.png"); }),
              testing::HasSubstr("mask: \"" + file("none.png") + "\""));
  EXPECT_THAT(message([&](auto& r) { r.init_image.clear(); }),
              testing::HasSubstr("expected init_image with it"));
  EXPECT_THAT(message([&](auto& r) { r.resize_mode = ResizeMode::LatentUpscale; }),
              testing::HasSubstr("resize_mode"));
  EXPECT_THAT(message([&](auto& r) {
                r.mask += "\n" + file("right.png") + "\n" + file("left.png");
                r.prompt = "a\nb\nc\nd";
              }),
              testing::HasSubstr("mask: has 3 values for 4 stages"));
}

}  // namespace
}  // namespace ptravel
