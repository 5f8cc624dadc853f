#include "travel/route.h"

#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

const Pipeline& tiny_pipeline() {
  static const std::unique_ptr<Pipeline> pipeline = [] {
    PipelineOptions options;
    options.model = PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors";
    options.precision = Precision::Fp32;
    auto opened = Pipeline::open(options);
    Progress progress;
    opened->load(progress);
    return opened;
  }();
  return *pipeline;
}

/// Longer than one chunk of 75 tokens.
std::string long_prompt(const std::string& word) {
  std::string prompt;
  for (int i = 0; i < 50; ++i) {
    prompt += word + ", ";
  }
  return prompt;
}

/// The conditionings of all frames, kept alive as a batch keeps them.
std::vector<ImageConditioning> frames_of(const TravelRequest& request, const StagePlan& plan) {
  Progress progress;
  Route route(plan, request, tiny_pipeline(), 0, progress);
  std::vector<ImageConditioning> frames;
  for (const FramePlace& place : route.places()) {
    frames.push_back(route.conditioning(place, {}));
  }
  return frames;
}

std::set<SharedConditioning> unconds_of(const std::vector<ImageConditioning>& frames) {
  std::set<SharedConditioning> unconds;
  for (const ImageConditioning& frame : frames) {
    for (const auto& entry : frame.uncond.entries) {
      unconds.insert(entry.conditioning);
    }
  }
  return unconds;
}

TEST(Route, AllFramesShareTheNegativePrompt) {
  const StagePlan plan{{long_prompt("cat"), long_prompt("dog"), long_prompt("cat")},
                       {"blurry", "blurry", "blurry"},
                       {3, 3}};
  for (const TravelMode mode : {TravelMode::Linear, TravelMode::Replace}) {
    for (const bool padded : {false, true}) {
      TravelRequest request;
      request.mode = mode;
      request.pad_cond_uncond = padded;
      const std::vector<ImageConditioning> frames = frames_of(request, plan);
      ASSERT_EQ(frames.size(), 9U);
      const std::set<SharedConditioning> unconds = unconds_of(frames);
      EXPECT_EQ(unconds.size(), 1U);
      EXPECT_EQ((*unconds.begin())->text.length(), padded ? 154 : 77);
      EXPECT_EQ(frames.front().parts[0].schedule.at_call(0),
                frames.back().parts[0].schedule.at_call(0))
          << "a stage that comes twice";
      EXPECT_NE(frames[1].parts[0].schedule.at_call(0), frames[2].parts[0].schedule.at_call(0));
    }
  }
}

TEST(Route, TravellingNegativePromptsDiffer) {
  const StagePlan plan{{"a cat", "a dog"}, {"blurry", "red"}, {2}};
  EXPECT_EQ(unconds_of(frames_of({}, plan)).size(), 4U);
}

}  // namespace
}  // namespace ptravel
