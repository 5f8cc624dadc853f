// Travels whose frames are drawn again at a larger size.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/model_store.h"
#include "ptravel/preview.h"
#include "tests/travel/tiny_travel.h"

namespace ptravel {
namespace {

using testing::HasSubstr;

ModelStore& store() {
  static ModelStore models(std::uint64_t{1} << 31);
  return models;
}

TravelRequest hires_request() {
  TravelRequest request = tiny_request(48, 3);
  request.hires = true;
  request.hires_scale = 1.5;
  return request;
}

std::vector<Image> pictures(const TravelRequest& request) {
  std::vector<Image> images;
  for (RenderedFrame& frame : draw(request, store())) {
    images.push_back(std::move(frame.image));
  }
  return images;
}

TEST(HiresTravel, TagsOfTheSecondPassAreThoseOfThePrompt) {
  TravelRequest request = hires_request();
  request.prompt = "a cat <lora:x:1>\na dog";
  const auto problem = [&](const std::string& second) -> std::string {
    request.hires_prompt = second;
    std::string drawing, dry_run;
    try {
      pictures(request);
    } catch (const Error& error) {
      drawing = error.problems().at(0).field + ": " + error.problems().at(0).message;
    }
    try {
      preview_travel(request);
    } catch (const Error& error) {
      dry_run = error.problems().at(0).field + ": " + error.problems().at(0).message;
    }
    EXPECT_EQ(dry_run, drawing);
    return drawing;
  };
  EXPECT_THAT(problem("a cat <lora:x:0.5>\na dog"),
              HasSubstr("hires_prompt: stage 1 has other tags"));
  EXPECT_THAT(problem("a cat\na dog <lora:x:1>"),
              HasSubstr("hires_prompt: stage 2 has other tags"));
  EXPECT_EQ(problem("a fine cat <lora:x:1>\na fine dog"), "");
}

struct Way {
  const char* name;
  TravelMode mode = TravelMode::Linear;
  Genesis genesis = Genesis::Fixed;
  AttentionInterpolation attention = AttentionInterpolation::Off;
  const char* upscaler = "Latent";
  const char* model = "tiny_sd1";
};

class HiresTravel : public testing::TestWithParam<Way> {
 protected:
  static TravelRequest request() {
    TravelRequest request = hires_request();
    request.model = std::string(PTRAVEL_TEST_DATA) + "/" + GetParam().model + "/model.safetensors";
    request.mode = GetParam().mode;
    request.genesis = GetParam().genesis;
    request.attention_interpolation = GetParam().attention;
    request.hires_upscaler = GetParam().upscaler;
    return request;
  }
};

TEST_P(HiresTravel, FramesAreLargeAndTheSameInEveryBatch) {
  TravelRequest request = this->request();
  const std::vector<Image> alone = pictures(request);
  ASSERT_EQ(alone.size(), 4U);
  for (const Image& image : alone) {
    EXPECT_EQ(image.width, 72);
    EXPECT_EQ(image.height, 72);
  }
  EXPECT_NE(alone[0], alone[1]);
  EXPECT_NE(alone[1], alone[3]);
  request.batch = 3;
  EXPECT_EQ(pictures(request), alone);
}

INSTANTIATE_TEST_SUITE_P(Ways,
                         HiresTravel,
                         testing::Values(Way{"linear"},
                                         Way{"lanczos", TravelMode::Linear, Genesis::Fixed,
                                             AttentionInterpolation::Off, "Lanczos"},
                                         Way{"replace", TravelMode::Replace},
                                         Way{"grad", TravelMode::Grad},
                                         Way{"successive", TravelMode::Linear, Genesis::Successive},
                                         Way{"embryo", TravelMode::Linear, Genesis::Embryo},
                                         Way{"attention", TravelMode::Linear, Genesis::Fixed,
                                             AttentionInterpolation::FusedOuter},
                                         Way{"sdxl", TravelMode::Linear, Genesis::Fixed,
                                             AttentionInterpolation::Off, "None", "tiny_sdxl"}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Hires, BothPassesGoByTheFramesPrompts) {
  TravelRequest request = hires_request();
  const std::vector<Image> plain = pictures(request);
  request.hires_prompt = "a blue house\na red dog";
  const std::vector<Image> other = pictures(request);
  EXPECT_NE(other.front(), plain.front());
  EXPECT_EQ(other.back(), plain.back());
  EXPECT_NE(other[1], plain[1]);
  // A schedule whose second half is the second pass's.
  request.hires_prompt.clear();
  request.prompt = "[a cat:a blue house:1.0]\na red dog";
  EXPECT_EQ(pictures(request), other);
  request.batch = 4;
  EXPECT_EQ(pictures(request), other);
}

TEST(Hires, StrengthAndStepsMatter) {
  TravelRequest request = hires_request();
  request.travel_steps = "0";
  const std::vector<Image> plain = pictures(request);
  request.hires_steps = 5;
  EXPECT_NE(pictures(request), plain);
  request.hires_steps = 0;
  request.hires_denoise = {0.7, 0.2};
  const std::vector<Image> mixed = pictures(request);
  EXPECT_EQ(mixed.front(), plain.front());
  EXPECT_NE(mixed.back(), plain.back());
}

TEST(Hires, IsInThePicturesParameters) {
  TravelRequest request = hires_request();
  request.hires_steps = 4;
  request.hires_sampler = "DDIM";
  const std::string text = draw(request, store()).front().parameters;
  EXPECT_THAT(text, HasSubstr("Size: 48x48"));
  EXPECT_THAT(text, HasSubstr("Denoising strength: 0.7, Hires sampler: DDIM, Hires upscale: 1.5, "
                              "Hires steps: 4, Hires upscaler: Latent"));
}

TEST(Hires, TheDryRunCountsBothPasses) {
  TravelRequest request = hires_request();
  request.hires = false;
  const PreviewCost once = preview_travel(request).cost;
  request.hires = true;
  const PreviewCost twice = preview_travel(request).cost;
  EXPECT_EQ(twice.network_calls, 2 * once.network_calls);
  EXPECT_EQ(twice.decoded, once.decoded);
  request.hires_upscaler = "None";
  EXPECT_EQ(preview_travel(request).cost.decoded, 2 * once.decoded);
}

TEST(Hires, AnUpscalerThatIsNotThereIsRefused) {
  TravelRequest request = hires_request();
  request.hires_upscaler = "4x_none";
  try {
    pictures(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("hires_upscaler: \"4x_none\", expected one of Latent, "));
  }
}

}  // namespace
}  // namespace ptravel
