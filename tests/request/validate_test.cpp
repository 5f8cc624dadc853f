// Which modes, geneses and versions go together, and what lists may hold.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/request.h"

namespace ptravel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TravelRequest valid_request() {
  TravelRequest request;
  request.model = "model.safetensors";
  request.prompt = "a\nb\nc";
  return request;
}

std::vector<std::string> problems(const TravelRequest& request) {
  std::vector<std::string> fields;
  for (const Problem& problem : validate_request(request)) {
    fields.push_back(problem.field);
  }
  return fields;
}

TEST(Validate, EveryModeGoesWithEveryGenesis) {
  for (const TravelMode mode : {TravelMode::Linear, TravelMode::Replace, TravelMode::Grad}) {
    for (const Genesis genesis : {Genesis::Fixed, Genesis::Successive, Genesis::Embryo}) {
      TravelRequest request = valid_request();
      request.mode = mode;
      request.genesis = genesis;
      EXPECT_THAT(problems(request), IsEmpty());
    }
  }
}

TEST(Validate, ListsHaveOneValueOrOnePerStage) {
  TravelRequest request = valid_request();
  request.cfg_scale = {7, 11, 5};
  request.seed = {1, 2, 3};
  request.denoise_strength = {0.5, 0.6, 0.7};
  request.subseed_strength = {0, 0.1, 0};
  EXPECT_THAT(problems(request), IsEmpty());
  request.loop = true;
  EXPECT_THAT(problems(request), IsEmpty()) << "a loop's last stage is its first";
  request.cfg_scale = {7, 11};
  request.seed = {1, 2};
  EXPECT_THAT(problems(request), ElementsAre("seed", "cfg_scale"));
}

TEST(Validate, MoreValuesThanPromptsMakeStages) {
  TravelRequest request = valid_request();
  request.prompt = "a";
  request.seed = {1, 2, 3};
  EXPECT_THAT(problems(request), IsEmpty());
  request.travel_steps = "4,5";
  EXPECT_THAT(problems(request), IsEmpty());
  request.cfg_scale = {7, 8};
  EXPECT_THAT(problems(request), ElementsAre("cfg_scale"));
}

TEST(Validate, GradientOrdersAreForPromptTokens) {
  TravelRequest request = valid_request();
  request.mode = TravelMode::Replace;
  request.replace_order = ReplaceOrder::GradMin;
  EXPECT_THAT(problems(request), IsEmpty());
  request.replace_dim = ReplaceDim::Channel;
  EXPECT_THAT(problems(request), ElementsAre("replace_order"));
}

TEST(Validate, AGradientNeedsAWeight) {
  TravelRequest request = valid_request();
  request.mode = TravelMode::Grad;
  request.grad_w_latent = 0;
  EXPECT_THAT(problems(request), IsEmpty());
  request.grad_w_cond = 0;
  EXPECT_THAT(problems(request), ElementsAre("grad_w_cond"));
}

TEST(Validate, TheOriginalsVersionsHadTheirLimits) {
  TravelRequest request = valid_request();
  request.compat = Compat::First;
  request.mode = TravelMode::Replace;
  EXPECT_THAT(problems(request), IsEmpty());
  request.replace_dim = ReplaceDim::Token;
  request.genesis = Genesis::Embryo;
  EXPECT_THAT(problems(request), ElementsAre("replace_dim", "genesis"));
  request = valid_request();
  request.compat = Compat::Newest;
  request.mode = TravelMode::Grad;
  EXPECT_THAT(problems(request), ElementsAre("mode"));
  request.mode = TravelMode::Replace;
  EXPECT_THAT(problems(request), ElementsAre("replace_dim"));
  request.replace_dim = ReplaceDim::Random;
  EXPECT_THAT(problems(request), IsEmpty());
  request.genesis = Genesis::Embryo;
  EXPECT_THAT(problems(request), ElementsAre("genesis", "genesis"));  // three stages, and the mode
}

TEST(Validate, FramesOfAnEmbryoShareTheirNoise) {
  TravelRequest request = valid_request();
  request.genesis = Genesis::Embryo;
  request.cfg_scale = {7, 8, 9};
  EXPECT_THAT(problems(request), IsEmpty());
  request.seed = {1, 2, 3};
  EXPECT_THAT(problems(request), ElementsAre("seed"));
  request.seed = {1};
  request.subseed_strength = {0.3};
  EXPECT_THAT(problems(request), ElementsAre("subseed"));
  request.subseed = 4;
  EXPECT_THAT(problems(request), IsEmpty());
  request.embryo_step = "20";
  EXPECT_THAT(problems(request), ElementsAre("embryo_step"));
}

TEST(Validate, APaceNeedsFramesWhosePlacesAreFree) {
  TravelRequest request = valid_request();
  for (const Pace pace : {Pace::Even, Pace::Preview}) {
    request.pace = pace;
    for (const TravelMode mode : {TravelMode::Linear, TravelMode::Replace, TravelMode::Grad}) {
      request.mode = mode;
      EXPECT_THAT(problems(request), IsEmpty());
    }
  }
  request.genesis = Genesis::Successive;
  request.subseed_strength = {0.3};
  EXPECT_THAT(problems(request), ElementsAre("genesis", "subseed"));
  request.subseed = 4;
  request.genesis = Genesis::Embryo;
  EXPECT_THAT(problems(request), IsEmpty());
  request.genesis = Genesis::Fixed;
  request.mode = TravelMode::Linear;
  request.compat = Compat::Newest;
  EXPECT_THAT(problems(request), ElementsAre("compat"));
  request.compat = Compat::None;
  request.pace_budget = 1.2;
  EXPECT_THAT(problems(request), ElementsAre("pace_budget"));
}

TEST(Validate, ABridgeNeedsAnEvenPaceAndStepsThatBothSidesShare) {
  TravelRequest request = valid_request();
  request.bridge = BridgeKind::Latents;
  EXPECT_THAT(problems(request), ElementsAre("bridge"));
  request.pace = Pace::Preview;
  EXPECT_THAT(problems(request), ElementsAre("bridge"));
  request.pace = Pace::Even;
  EXPECT_THAT(problems(request), IsEmpty());
  request.sampler = "DPM adaptive";
  EXPECT_THAT(problems(request), ElementsAre("sampler"));
  request.sampler = "Euler a";
  request.denoise_strength = {0.5, 0.6, 0.7};
  EXPECT_THAT(problems(request), IsEmpty());
  request.init_image = PTRAVEL_TEST_DATA "/tiny_sd1/vae.json";
  EXPECT_THAT(problems(request), testing::Contains("denoise_strength"));
}

TEST(Validate, AttentionInterpolationNeedsStagesThatStandAlone) {
  TravelRequest request = valid_request();
  request.attention_interpolation = AttentionInterpolation::FusedOuter;
  EXPECT_THAT(problems(request), IsEmpty());
  request.genesis = Genesis::Successive;
  EXPECT_THAT(problems(request), ElementsAre("genesis"));
  request.genesis = Genesis::Embryo;
  EXPECT_THAT(problems(request), IsEmpty());
  request.genesis = Genesis::Fixed;
  request.sampler = "DPM adaptive";
  EXPECT_THAT(problems(request), ElementsAre("sampler"));
  request.sampler = "Euler a";
  request.compat = Compat::Newest;
  EXPECT_THAT(problems(request), ElementsAre("attention_interpolation"));
}

TEST(Validate, ValuesOfListsHaveLimits) {
  TravelRequest request = valid_request();
  for (const char* bad : {"", "7,", "7,x", "7,200", "-1", "7;8"}) {
    EXPECT_TRUE(set_request_field(request, "cfg_scale", bad)) << bad;
  }
  EXPECT_FALSE(set_request_field(request, "cfg_scale", " 7 , 8.5,1e1"));
  EXPECT_THAT(request.cfg_scale, ElementsAre(7, 8.5, 10));
  for (const char* bad : {"", "1.5", "-2", "1,,2"}) {
    EXPECT_TRUE(set_request_field(request, "seed", bad)) << bad;
  }
  EXPECT_FALSE(set_request_field(request, "seed", "1,-1,3"));
  EXPECT_THAT(problems([] {
                TravelRequest empty = valid_request();
                empty.cfg_scale.clear();
                return empty;
              }()),
              ElementsAre("cfg_scale"));
}

TEST(Validate, EtaOfTimestepSamplersEndsAtOne) {
  TravelRequest request = valid_request();
  request.eta = 1.5;
  for (const char* sampler : {"DDIM", "DDIM CFG++"}) {
    request.sampler = sampler;
    EXPECT_THAT(problems(request), ElementsAre("eta")) << sampler;
  }
  for (const char* sampler : {"Euler a", "UniPC"}) {
    request.sampler = sampler;
    EXPECT_THAT(problems(request), IsEmpty()) << sampler;
  }
  request.sampler = "DDIM";
  request.eta = 1;
  EXPECT_THAT(problems(request), IsEmpty());
}

TEST(Validate, LatentConsistencyNeedsANetworkThatPredictsNoise) {
  TravelRequest request = valid_request();
  request.sampler = "LCM";
  EXPECT_THAT(problems(request), IsEmpty());
  EXPECT_EQ(validate_request(request, {8, true}).at(0).field, "sampler");
  request.prediction = PredictionChoice::V;
  EXPECT_THAT(problems(request), ElementsAre("sampler"));
}

TEST(Validate, FixedStepsAtLowStrengthNeedTimesteps) {
  TravelRequest request = valid_request();
  request.genesis = Genesis::Successive;
  request.steps = 20;
  request.denoise_strength = {0.5, 0.01, 0.5};
  for (const char* sampler : {"DDIM", "PLMS", "UniPC", "Euler DDIM"}) {
    request.sampler = sampler;
    request.img2img_fix_steps = false;
    EXPECT_THAT(problems(request), IsEmpty()) << sampler;
    request.img2img_fix_steps = true;
    EXPECT_THAT(problems(request), ElementsAre("denoise_strength")) << sampler;
  }
  request.sampler = "Euler a";
  EXPECT_THAT(problems(request), IsEmpty()) << "2000 sigmas are no problem";
  request.denoise_strength = {0.5, 1e-7, 0.5};
  EXPECT_THAT(problems(request), ElementsAre("denoise_strength"));
  request.denoise_strength = {0};
  EXPECT_THAT(problems(request), IsEmpty());
  request.genesis = Genesis::Fixed;
  request.denoise_strength = {0.01};
  request.sampler = "DDIM";
  EXPECT_THAT(problems(request), IsEmpty()) << "no picture to start from";
  request.genesis = Genesis::Embryo;
  request.init_image = PTRAVEL_TEST_DATA;  // Not a file, which is a problem of its own.
  EXPECT_THAT(problems(request), ElementsAre("denoise_strength", "init_image"));
}

TEST(Validate, FewStepSamplersHaveTheirTimes) {
  TravelRequest request = valid_request();
  request.sampler = "TCD";
  request.steps = 50;
  EXPECT_THAT(problems(request), IsEmpty());
  request.steps = 51;
  EXPECT_THAT(problems(request), ElementsAre("steps"));
  request.scheduler = "Trailing";
  EXPECT_THAT(problems(request), IsEmpty()) << "only the distilled ones are fifty";
  request.eta = 1.5;
  EXPECT_THAT(problems(request), ElementsAre("eta"));
  request.eta.reset();
  for (const char* sampler : {"Euler", "Euler a", "DDIM", "DDIM CFG++", "PLMS"}) {
    request.sampler = sampler;
    EXPECT_THAT(problems(request), IsEmpty()) << sampler;
  }
  request.sampler = "LCM";
  EXPECT_THAT(problems(request), ElementsAre("steps"));
  request.sampler = "UniPC";
  EXPECT_THAT(problems(request), ElementsAre("scheduler"));
  request.genesis = Genesis::Successive;
  request.img2img_fix_steps = true;
  request.denoise_strength = {0.01};
  for (const char* sampler : {"Euler", "DDIM"}) {
    request.sampler = sampler;
    EXPECT_THAT(problems(request), ElementsAre("denoise_strength")) << "51 of 5100 times";
  }
}

TEST(Validate, GuidanceHasAnInterval) {
  TravelRequest request = valid_request();
  request.cfg_start = 0.2;
  request.cfg_end = 0.8;
  EXPECT_THAT(problems(request), IsEmpty());
  request.cfg_end = 0.2;
  EXPECT_EQ(validate_request(request).at(0).message, "0.2, expected less than cfg_end, 0.2");
  request.cfg_start = 0;
  request.cfg_end = 0;
  EXPECT_THAT(problems(request), ElementsAre("cfg_start"));
  request.cfg_end = 1.1;
  EXPECT_THAT(problems(request), ElementsAre("cfg_end"));
}

TEST(Validate, SchedulesFall) {
  TravelRequest request = valid_request();
  request.schedule_sigma_min = 5;
  EXPECT_THAT(problems(request), IsEmpty());
  request.schedule_sigma_max = 4;
  EXPECT_EQ(validate_request(request).at(0).message,
            "5.0, expected at most schedule_sigma_max, 4.0");
}

TEST(Validate, ListsInJson) {
  TravelRequest request = valid_request();
  EXPECT_TRUE(apply_json(request, R"({"cfg_scale": [7, 8.5, 9], "seed": [1, 2, 3],
                                      "denoise_strength": 0.5, "loop": true})")
                  .empty());
  EXPECT_THAT(request.cfg_scale, ElementsAre(7, 8.5, 9));
  EXPECT_THAT(request.seed, ElementsAre(1, 2, 3));
  EXPECT_THAT(request.denoise_strength, ElementsAre(0.5));
  EXPECT_EQ(apply_json(request, R"({"cfg_scale": [], "seed": [1, "two"]})").size(), 2u);
}

TEST(Validate, TheOriginalsNamesOfOrdersAreKnown) {
  TravelRequest request;
  for (const auto& [text, order] : {std::pair{"most_similar", ReplaceOrder::Similar},
                                    {"similiar", ReplaceOrder::Similar},
                                    {"most_different", ReplaceOrder::Different},
                                    {"grad_max", ReplaceOrder::GradMax}}) {
    EXPECT_FALSE(set_request_field(request, "replace_order", text));
    EXPECT_EQ(request.replace_order, order);
  }
}

}  // namespace
}  // namespace ptravel
