// Models of all families whose networks take a picture behind the latent. Where the weights of what
// they take more are zeros, they must draw what the plain model draws.

#include <filesystem>
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
#include "ptravel/model_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/travel/tiny_travel.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 64;
constexpr std::int64_t kInpainting = 9;
constexpr std::int64_t kEditing = 8;
constexpr double kSmall = 0.05;  // of weights that are there

struct PictureModel {
  const char* family;
  std::int64_t channels;
};

class PictureModels : public testing::TestWithParam<PictureModel> {
 protected:
  PictureModels() {
    Image picture(kSide, kSide);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
      picture.pixels[i] = static_cast<std::uint8_t>(i * 7 % 251);
    }
    write_png(folder_ / "init.png", picture);
    GreyImage mask(kSide, kSide);
    for (int y = 0; y < kSide; ++y) {
      std::fill(mask.row(y), mask.row(y) + kSide / 2, std::uint8_t{255});
    }
    write_png(folder_ / "mask.png", to_rgb(mask));
  }

  static fs::path plain_model() {
    return fs::path(PTRAVEL_TEST_DATA) / GetParam().family / "model.safetensors";
  }

  /// The plain model with further channels of its first convolution.
  std::string model_with(double weight) const {
    const fs::path target = folder_ / std::to_string(weight);
    fs::create_directories(target);
    std::map<std::string, at::Tensor> tensors;
    const auto source = FileTensors::open(plain_model());
    for (const std::string& name : source->names()) {
      tensors.emplace(name, source->tensor(name));
    }
    at::Tensor& first = tensors.at("model.diffusion_model.input_blocks.0.0.weight");
    const std::int64_t more = GetParam().channels - first.size(1);
    first = at::cat({first, at::full({first.size(0), more, 3, 3}, weight, first.options())}, 1);
    write_safetensors(target / "model.safetensors", tensors);
    auto config = nlohmann::json::parse(read_file(plain_model().parent_path() / "config.json"));
    config["unet"]["in_channels"] = GetParam().channels;
    write_file_atomic(target / "config.json", config.dump());
    return (target / "model.safetensors").string();
  }

  TravelRequest request(const std::string& model) const {
    TravelRequest request = tiny_request(kSide, 3);
    request.model = model;
    request.travel_steps = "1";
    request.init_image = folder_ / "init.png";
    if (GetParam().channels == kInpainting) {
      request.mask = folder_ / "mask.png";
    }
    return request;
  }

  static std::vector<Image> pictures(const TravelRequest& request) {
    static ModelStore store(std::uint64_t{1} << 31);
    std::vector<Image> images;
    for (RenderedFrame& frame : draw(request, store)) {
      images.push_back(std::move(frame.image));
    }
    return images;
  }

  TemporaryFolder folder_;
};

TEST_P(PictureModels, ZeroWeightsGiveThePlainModelsPictures) {
  const std::vector<Image> plain = pictures(request(plain_model()));
  ASSERT_EQ(plain.size(), 3U);
  EXPECT_EQ(pictures(request(model_with(0))), plain);
}

TEST_P(PictureModels, AFrameDoesNotDependOnItsBatch) {
  TravelRequest request = this->request(model_with(kSmall));
  const std::vector<Image> alone = pictures(request);
  EXPECT_NE(alone, pictures(this->request(plain_model())));
  request.batch = 3;
  EXPECT_EQ(pictures(request), alone);
}

INSTANTIATE_TEST_SUITE_P(Families,
                         PictureModels,
                         testing::Values(PictureModel{"tiny_sd1", kInpainting},
                                         PictureModel{"tiny_sd1", kEditing},
                                         PictureModel{"tiny_sdxl", kInpainting},
                                         PictureModel{"tiny_sdxl", kEditing}),
                         [](const auto& info) {
                           return std::string(info.param.family) + "_" +
                                  std::to_string(info.param.channels);
                         });

}  // namespace
}  // namespace ptravel
