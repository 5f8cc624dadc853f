#include "request/frame_metadata.h"

#include <gtest/gtest.h>

#include "media/infotext.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

const ModelIdentity kModel{"tiny", std::string(64, 'a'), "", ""};

TravelRequest some_request() {
  TravelRequest request;
  request.prompt = "a cat, (red:1.2)\na \"dog\": blue";
  request.negative_prompt = "ugly\nblurry, bad";
  request.seed = {114514};
  request.subseed = 7;
  request.precision = Precision::Fp32;
  request.sampler = "DPM++ 2M";
  request.width = 512;
  request.height = 512;
  return request;
}

TEST(FrameMetadata, InBetweenCarriesBothStagesAndItsPlace) {
  const TravelRequest request = some_request();
  const FrameTexts texts{"a \"dog\": blue", "blurry, bad", "a cat, (red:1.2)", "ugly"};
  const FrameSpot spot{3, 9, 0, 2, 0.375, 3, 7};
  const std::string text = frame_parameters(request, kModel, texts, spot);
  const FrameRequest back = parse_frame_parameters(text);
  EXPECT_EQ(back.request.prompt, request.prompt);
  EXPECT_EQ(back.request.negative_prompt, request.negative_prompt);
  EXPECT_EQ(back.request.seed, std::vector<Seed>{114514});
  EXPECT_EQ(back.request.sampler, "DPM++ 2M");
  EXPECT_EQ(back.spot.index, 3);
  EXPECT_EQ(back.spot.stage_count, 2);
  EXPECT_DOUBLE_EQ(back.spot.alpha, 0.375);
  EXPECT_EQ(back.spot.step, 3);
  EXPECT_EQ(back.spot.steps, 7);
  EXPECT_EQ(back.request.travel_steps, "7");
  EXPECT_EQ(back.model_hash, "aaaaaaaaaa");
}

TEST(FrameMetadata, TextIsTheSameAfterReadingItBack) {
  TravelRequest request = some_request();
  request.subseed_strength = {0.3};
  request.eta = 0.7;
  request.s_noise = 1.01;
  request.emphasis = Emphasis::NoNorm;
  request.clip_skip = 2;
  request.ensd = 31337;
  request.genesis = Genesis::Successive;
  request.denoise_strength = {0.45};
  request.seed_resize_from_width = 256;
  request.seed_resize_from_height = 384;
  const FrameTexts texts{"a \"dog\": blue", "blurry, bad", "a cat, (red:1.2)", "ugly"};
  const FrameSpot spot{4, 9, 0, 2, 1.0 / 3, 4, 7};
  const std::string text = frame_parameters(request, kModel, texts, spot);
  const FrameRequest back = parse_frame_parameters(text);
  EXPECT_EQ(frame_parameters(back.request, kModel, texts, back.spot), text);
}

TEST(FrameMetadata, WebUiKeysAreInItsOrder) {
  const FrameTexts texts{"a", "", "", ""};
  const Infotext text = parse_infotext(frame_parameters(some_request(), kModel, texts, {}));
  ASSERT_GE(text.items.size(), 8u);
  const char* expected[] = {"Steps", "Sampler", "Schedule type", "CFG scale",
                            "Seed",  "Size",    "Model hash",    "Model"};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(text.items[i].first, expected[i]);
  }
  EXPECT_EQ(text.find("Schedule type"), "Karras");
  EXPECT_EQ(text.find("Size"), "512x512");
}

TEST(FrameMetadata, PicturesOfTheWebUiAreRead) {
  const FrameRequest frame = parse_frame_parameters(
      "a cat,\nsitting\nNegative prompt: bad\nSteps: 20, Sampler: Euler a, Schedule type: "
      "Automatic, CFG scale: 7, Seed: 5, Size: 640x512, Model hash: 6ce0161689, Clip skip: 2");
  EXPECT_EQ(frame.request.prompt, "a cat, sitting");
  EXPECT_EQ(frame.request.width, 640);
  EXPECT_EQ(frame.request.clip_skip, 2);
  EXPECT_EQ(frame.spot.alpha, 0);
}

TEST(FrameMetadata, ForcedPredictionAndResizeModeTravelWithThePicture) {
  TravelRequest request = some_request();
  request.prediction = PredictionChoice::V;
  request.init_image = "start.png";
  request.resize_mode = ResizeMode::ResizeAndFill;
  ModelIdentity model = kModel;
  model.init_image_name = "start.png";
  model.init_image_sha256 = std::string(64, 'b');
  const std::string text = frame_parameters(request, model, {"a", "", "", ""}, {});
  const FrameRequest back = parse_frame_parameters(text);
  EXPECT_EQ(back.request.prediction, PredictionChoice::V);
  EXPECT_EQ(back.request.resize_mode, ResizeMode::ResizeAndFill);
  EXPECT_EQ(back.init_image_name, "start.png");
  EXPECT_EQ(back.init_image_hash, "bbbbbbbbbb");
  const std::string plain = frame_parameters(some_request(), kModel, {"a", "", "", ""}, {});
  EXPECT_EQ(plain.find("prediction"), std::string::npos) << "only where they are not the default";
  EXPECT_EQ(plain.find("init image"), std::string::npos);
}

TEST(FrameMetadata, AnEmptyPromptOfAStageStaysOne) {
  const FrameSpot spot{3, 9, 0, 2, 0.375, 3, 7};
  const std::string text =
      frame_parameters(some_request(), kModel, {"", "blurry", "a cat", ""}, spot);
  const FrameRequest back = parse_frame_parameters(text);
  EXPECT_EQ(back.request.prompt, "a cat\n\"\"");
  EXPECT_EQ(back.request.negative_prompt, "\"\"\nblurry");
}

TEST(FrameMetadata, BadTextsAreRefused) {
  EXPECT_THROW(parse_frame_parameters("just a prompt"), Error);
  EXPECT_THROW(parse_frame_parameters("a\nSteps: x, Sampler: Euler a, Seed: 5"), Error);
  EXPECT_THROW(parse_frame_parameters("a\nSteps: 5, Seed: 5, Travel alpha: 1.5"), Error);
}

}  // namespace
}  // namespace ptravel
