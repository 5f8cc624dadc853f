#include "travel/bridge.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

using testing::ElementsAre;

/// Answers of the network for two sides and one picture that comes along.
GuidedEps answer(double number) {
  const at::Tensor rows = at::tensor({number, number + 1, 100 + number}, at::kFloat);
  return {rows.reshape({3, 1, 1, 1}), rows.reshape({3, 1, 1, 1}) * 2};
}

TravelRequest request_of(const char* sampler) {
  TravelRequest request;
  request.sampler = sampler;
  return request;
}

std::vector<float> numbers(const at::Tensor& rows) {
  const at::Tensor flat = rows.flatten();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

TEST(Bridge, PlaysAMixOfBothSidesInItsFirstSteps) {
  Bridge bridge(request_of("Euler a"));
  int heard = 0;
  GuidanceHooks others;
  others.on_call = [&](int, const at::Tensor&, double, const GuidedEps&) { ++heard; };
  const GuidanceHooks recorder = bridge.recorder(others);
  const at::Tensor x = at::zeros({3, 1, 1, 1});
  for (int call = 0; call < 5; ++call) {
    recorder.on_call(call, x, 1, answer(10 * call));
  }
  EXPECT_EQ(heard, 5);
  const GuidanceHooks player = bridge.player(2, {0.25, 0.5});
  const auto second = player.replay(1, x);
  ASSERT_TRUE(second);
  EXPECT_THAT(numbers(second->guided), ElementsAre(10.25f, 10.5f, 110.f));
  EXPECT_THAT(numbers(second->uncond), ElementsAre(20.5f, 21.f, 220.f));
  EXPECT_FALSE(player.replay(2, x)) << "the rest is the network's";
  EXPECT_TRUE(bridge.player(5, {0.5}).replay(4, x));
  EXPECT_FALSE(bridge.player(9, {0.5}).replay(5, x)) << "there was no sixth call";
}

TEST(Bridge, MixesTheMemoryOfGuidance) {
  Bridge bridge(request_of("Euler a"));
  GuidedEps side = answer(10);
  side.momentum = side.guided * 3;
  bridge.recorder({}).on_call(0, side.guided, 1, side);
  side.momentum.zero_();  // the guidance goes on with it
  const auto played = bridge.player(1, {0.5}).replay(0, side.guided);
  ASSERT_TRUE(played);
  EXPECT_THAT(numbers(played->momentum), ElementsAre(31.5f, 330.f));
}

TEST(Bridge, CountsStepsOfSecondOrderSamplersAsTwoCalls) {
  Bridge bridge(request_of("Heun"));
  const GuidanceHooks recorder = bridge.recorder({});
  const at::Tensor x = at::zeros({3, 1, 1, 1});
  for (int call = 0; call < 9; ++call) {
    recorder.on_call(call, x, 1, answer(call));
  }
  EXPECT_TRUE(bridge.player(2, {0.5}).replay(3, x));
  EXPECT_FALSE(bridge.player(2, {0.5}).replay(4, x));
}

TEST(Bridge, BlendsPicturesAndLatents) {
  Bridge bridge(request_of("Euler a"));
  Image black(2, 1), white(2, 1);
  white.pixels.assign(6, 200);
  bridge.set_pictures({black, white}, {at::zeros({1, 4, 1, 1}), at::ones({1, 4, 1, 1})});
  EXPECT_THAT(bridge.blend(0.25).pixels, testing::Each(50));
  EXPECT_EQ(bridge.blend(0), black);
  EXPECT_CLOSE(bridge.blend_latents(0.25), at::full({1, 4, 1, 1}, 0.25), 0);
}

TEST(Bridge, StepsThatLeaveMostToTheNetworkComeFirst) {
  EXPECT_THAT(bridge_steps(BridgeKind::Latents, 15, 0), ElementsAre(3, 6, 9, 12, 15));
  EXPECT_THAT(bridge_steps(BridgeKind::Latents, 15, 6), ElementsAre(9, 12, 15)) << "an embryo's";
  EXPECT_THAT(bridge_steps(BridgeKind::Latents, 2, 0), ElementsAre(1, 2));
  EXPECT_THAT(bridge_steps(BridgeKind::Blend, 15, 0), ElementsAre(15));
  EXPECT_THAT(bridge_steps(BridgeKind::Off, 15, 0), ElementsAre());
}

}  // namespace
}  // namespace ptravel
