// Travels through models whose network takes a vector: every way of travelling on a tiny SDXL.
#include <algorithm>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "pipeline/pipeline.h"
#include "request/frame_settings.h"
#include "tests/support/tensor_testing.h"
#include "tests/travel/tiny_travel.h"
#include "travel/route.h"
#include "travel/settings.h"

namespace ptravel {
namespace {

constexpr const char* kModel = PTRAVEL_TEST_DATA "/tiny_sdxl/model.safetensors";

const Pipeline& tiny_pipeline() {
  static const std::unique_ptr<Pipeline> pipeline = [] {
    PipelineOptions options;
    options.model = kModel;
    options.precision = Precision::Fp32;
    auto opened = Pipeline::open(options);
    Progress progress;
    opened->load(progress);
    return opened;
  }();
  return *pipeline;
}

TravelRequest vector_request() {
  TravelRequest request = tiny_request(64, 3);
  request.model = kModel;
  request.prompt = "a cat\na (red:1.3) dog on a chair";
  return request;
}

StagePlan plan_of(const TravelRequest& request) {
  return plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                     stage_rules(request));
}

TextEncoding cond_of(const ImageConditioning& image) {
  return image.parts.at(0).schedule.at_call(0)->text;
}

at::Tensor pooled_of(const TextEncoding& text) {
  return text.vector.narrow(0, 0, tiny_pipeline().encoder().pooled_width());
}

at::Tensor sizes_of(const TextEncoding& text) {
  const std::int64_t pooled = tiny_pipeline().encoder().pooled_width();
  return text.vector.narrow(0, pooled, text.vector.size(0) - pooled);
}

struct Way {
  const char* name;
  void (*set)(TravelRequest&);
  bool ends_at_the_stages = true;
};

constexpr Way kWays[] = {
    {"lerp", [](TravelRequest&) {}},
    {"slerp", [](TravelRequest& r) { r.interpolation = Interpolation::Slerp; }},
    {"aligned", [](TravelRequest& r) { r.alignment = TokenAlignment::OptimalTransport; }},
    {"replace", [](TravelRequest& r) { r.mode = TravelMode::Replace; }},
    {"replace random",
     [](TravelRequest& r) {
       r.mode = TravelMode::Replace;
       r.replace_order = ReplaceOrder::Random;
     }},
    {"replace by gradients",
     [](TravelRequest& r) {
       r.mode = TravelMode::Replace;
       r.replace_order = ReplaceOrder::GradMin;
     }},
    {"replace rows",
     [](TravelRequest& r) {
       r.mode = TravelMode::Replace;
       r.replace_dim = ReplaceDim::Token;
     }},
    {"grad",
     [](TravelRequest& r) {
       r.mode = TravelMode::Grad;
       r.grad_alpha = 0.1;
     }},
    {"successive", [](TravelRequest& r) { r.genesis = Genesis::Successive; }, false},
    {"embryo", [](TravelRequest& r) { r.genesis = Genesis::Embryo; }, false},
};

TEST(VectorTravel, EveryWayLeadsFromStageToStage) {
  ModelStore store(std::uint64_t{1} << 30);
  const std::vector<RenderedFrame> plain = draw(vector_request(), store);
  ASSERT_EQ(plain.size(), 4U);
  for (const Way& way : kWays) {
    TravelRequest request = vector_request();
    way.set(request);
    std::vector<RenderedFrame> frames = draw(request, store);
    ASSERT_EQ(frames.size(), 4U) << way.name;
    // Mode grad draws a stage before the frames that lead to it.
    std::ranges::sort(frames, {}, &RenderedFrame::index);
    // The last step of mode replace has replaced everything.
    for (std::size_t i = 1; i + 1 < frames.size(); ++i) {
      EXPECT_NE(frames[i].image.pixels, frames[i - 1].image.pixels) << way.name << " " << i;
    }
    if (way.ends_at_the_stages) {
      EXPECT_EQ(frames.front().image.pixels, plain.front().image.pixels) << way.name;
      EXPECT_EQ(frames.back().image.pixels, plain.back().image.pixels) << way.name;
    }
  }
}

TEST(VectorTravel, TheEmptyNegativePromptIsZerosButForTheSizes) {
  TravelRequest request = vector_request();
  const PromptOptions options = prompt_options(request);
  const PromptEncoder& encoder = tiny_pipeline().encoder();
  const TextEncoding blank = encoder.encode("a cat", "", options).uncond.at_call(0)->text;
  EXPECT_EQ(blank.tokens.abs().max().item<float>(), 0);
  EXPECT_EQ(pooled_of(blank).abs().max().item<float>(), 0);
  const ImageConditioning other = encoder.encode("", " ", options);
  EXPECT_TRUE(at::equal(sizes_of(blank), sizes_of(cond_of(other))));
  EXPECT_GT(cond_of(other).tokens.abs().max().item<float>(), 0) << "an empty prompt is a text";
  EXPECT_GT(other.uncond.at_call(0)->text.tokens.abs().max().item<float>(), 0) << "so is a space";
}

TEST(VectorTravel, CropsTravelAndAFrameAloneIsTheSame) {
  TravelRequest request = vector_request();
  request.interpolation = Interpolation::Slerp;
  request.sdxl_crop_top = {0, 90};
  request.sdxl_crop_left = {12};
  Progress progress;
  Route route(plan_of(request), request, tiny_pipeline(), 0, progress);
  ASSERT_EQ(route.places().size(), 4U);
  for (const FramePlace& place : route.places()) {
    const TravelRequest frame = frame_request(request, place, 0);
    EXPECT_NEAR(frame.sdxl_crop_top.at(0), 90 * (place.at_stage() ? place.stage : place.alpha),
                1e-9);
    Route alone(plan_of(request), frame, tiny_pipeline(), 0, progress);
    const TextEncoding expected = cond_of(alone.conditioning(place, {}));
    const TextEncoding travelled = cond_of(route.conditioning(place, {}));
    EXPECT_TRUE(at::equal(travelled.tokens, expected.tokens)) << place.alpha;
    EXPECT_CLOSE(travelled.vector, expected.vector, 1e-6);
  }
  const auto sizes_at = [&](std::size_t i) {
    return sizes_of(cond_of(route.conditioning(route.places()[i], {})));
  };
  EXPECT_FALSE(at::equal(sizes_at(0), sizes_at(1)));
}

TEST(VectorTravel, GradWalksWithThePooledTextToo) {
  TravelRequest request = vector_request();
  request.mode = TravelMode::Grad;
  request.grad_alpha = 0.05;
  const at::Tensor target = at::randn({1, 4, 8, 8});
  const TargetLatents targets = [&](std::int64_t) { return target; };
  for (const double w_latent : {0.0, 1.0}) {
    request.grad_w_latent = w_latent;
    request.grad_w_cond = 1 - w_latent;
    Progress progress;
    Route route(plan_of(request), request, tiny_pipeline(), 0, progress);
    const TextEncoding from = cond_of(route.conditioning(route.places()[0], targets));
    const TextEncoding walked = cond_of(route.conditioning(route.places()[1], targets));
    const TextEncoding to = cond_of(route.conditioning(route.places()[3], targets));
    const at::Tensor step = (pooled_of(walked) - pooled_of(from)).abs();
    EXPECT_GT(step.max().item<float>(), 0) << w_latent;
    EXPECT_LE(step.max().item<float>(), 0.0501) << "no step is longer than grad_alpha";
    EXPECT_TRUE(at::allclose(sizes_of(walked), sizes_of(from), 0, 1e-6));
    if (w_latent == 0) {
      EXPECT_LT((pooled_of(walked) - pooled_of(to)).abs().mean().item<float>(),
                (pooled_of(from) - pooled_of(to)).abs().mean().item<float>());
    }
  }
}

/// The gradient with respect to the vector, against the slope of the loss along it.
TEST(VectorTravel, TheVectorsGradientIsTheSlopeOfTheLoss) {
  const Pipeline& pipeline = tiny_pipeline();
  const TravelRequest request = vector_request();
  const TextEncoding text =
      cond_of(pipeline.encoder().encode("a cat", "", prompt_options(request)));
  const at::Tensor latent = at::randn({1, 4, 8, 8});
  const LossDraw draw{500, at::randn({1, 4, 8, 8})};
  const LatentLoss loss = latent_loss(pipeline, latent, draw, text, true);
  ASSERT_EQ(loss.vector_gradient.sizes(), text.vector.sizes());
  const at::Tensor direction = loss.vector_gradient / loss.vector_gradient.norm();
  const auto half_square = [&](double way) {
    const TextEncoding moved{text.tokens, text.vector + direction * way};
    return latent_loss(pipeline, latent, draw, moved, false).loss.to(at::kDouble).square().sum() /
           2;
  };
  constexpr double kStep = 1e-2;
  const double slope = ((half_square(kStep) - half_square(-kStep)) / (2 * kStep)).item<double>();
  const double expected = loss.vector_gradient.norm().item<double>();
  EXPECT_NEAR(slope, expected, 0.02 * expected);
}

}  // namespace
}  // namespace ptravel
