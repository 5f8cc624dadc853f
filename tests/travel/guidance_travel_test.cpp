// Travels in which the number of rows of a network call changes from step to step: frames must not
// depend on what is drawn along with them.

#include <gtest/gtest.h>

#include "ptravel/model_store.h"
#include "tests/travel/tiny_travel.h"

namespace ptravel {
namespace {

struct Way {
  const char* name;
  TravelMode mode = TravelMode::Linear;
  Genesis genesis = Genesis::Fixed;
  AttentionInterpolation attention = AttentionInterpolation::Off;
  const char* sampler = "Euler a";
  double below = 5;  // of samplers on timesteps: which of those
};

class GuidanceTravel : public testing::TestWithParam<Way> {
 protected:
  static TravelRequest request() {
    TravelRequest request = tiny_request(64, 6);
    request.mode = GetParam().mode;
    request.genesis = GetParam().genesis;
    request.attention_interpolation = GetParam().attention;
    request.sampler = GetParam().sampler;
    return request;
  }

  static std::vector<Image> pictures(TravelRequest request, int batch) {
    static ModelStore store(1 << 30);
    request.batch = batch;
    std::vector<Image> images;
    for (RenderedFrame& frame : draw(request, store)) {
      images.push_back(std::move(frame.image));
    }
    return images;
  }
};

TEST_P(GuidanceTravel, FramesAreTheSameInEveryBatch) {
  TravelRequest interval = request();
  interval.cfg_start = 0.2;
  interval.cfg_end = 0.7;
  TravelRequest below = request();
  below.skip_guidance_below_sigma = GetParam().below;
  TravelRequest projected = request();
  projected.cfg_scale = {7, 1};  // one stage needs no negative prompt at all
  projected.apg_eta = 0;
  projected.apg_momentum = -0.5;
  projected.cfg_end = 0.7;
  const std::vector<Image> plain = pictures(request(), 1);
  for (const TravelRequest& changed : {interval, below, projected}) {
    const std::vector<Image> alone = pictures(changed, 1);
    EXPECT_EQ(pictures(changed, 4), alone);
    EXPECT_NE(alone, plain);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ways,
    GuidanceTravel,
    testing::Values(
        Way{"linear"},
        Way{"heun", TravelMode::Linear, Genesis::Fixed, AttentionInterpolation::Off, "Heun"},
        Way{"replace", TravelMode::Replace},
        Way{"embryo", TravelMode::Linear, Genesis::Embryo},
        Way{"successive", TravelMode::Linear, Genesis::Successive},
        Way{"attention", TravelMode::Linear, Genesis::Fixed, AttentionInterpolation::FusedInner},
        Way{"attention_embryo", TravelMode::Linear, Genesis::Embryo, AttentionInterpolation::Outer},
        Way{"tcd", TravelMode::Linear, Genesis::Embryo, AttentionInterpolation::Off, "TCD", 600}),
    [](const auto& info) { return std::string(info.param.name); });

/// At guidance 1 the negative prompt is not even asked: the picture is that of any other one.
TEST(GuidanceOne, NeedsNoNegativePromptInAnyMode) {
  ModelStore store(1 << 30);
  for (const TravelMode mode : {TravelMode::Linear, TravelMode::Replace, TravelMode::Grad}) {
    TravelRequest request = tiny_request(64, 2);
    request.mode = mode;
    request.cfg_scale = {1};
    request.grad_w_latent = 0;  // the walk itself goes by the prompts alone
    const auto one = draw(request, store);
    request.negative_prompt = "something else";
    const auto other = draw(request, store);
    ASSERT_EQ(one.size(), other.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(one[i].image, other[i].image) << i;
    }
  }
}

}  // namespace
}  // namespace ptravel
