#include "diffusion/guidance.h"

#include <optional>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/rng.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

SharedConditioning text(double value, std::int64_t tokens = 3) {
  return make_conditioning({at::full({tokens, 2}, value, at::kDouble)});
}

// Depends on latents and on all of the text, also on its length.
at::Tensor guided_toy(const at::Tensor& x,
                      double level,
                      const std::vector<SharedConditioning>& conditionings) {
  std::vector<at::Tensor> rows;
  for (std::size_t i = 0; i < conditionings.size(); ++i) {
    const double strength = conditionings[i]->text.tokens.sum().item<double>();
    const at::Tensor row = x[static_cast<std::int64_t>(i)];
    rows.push_back(row * 0.5 + strength * (1 + level) + row * strength * 0.1);
  }
  return at::stack(rows);
}

ImageConditioning image(double cond, double uncond) {
  return {{{ScheduledConditioning(text(cond)), 1.0}}, ScheduledConditioning(text(uncond))};
}

at::Tensor latents(std::int64_t count) {
  return Rng(RngSource::Cpu, 5).randn({count, 4, 3, 3}, at::kDouble);
}

struct CountedModel {
  int calls = 0;
  std::int64_t rows = 0;
  ConditionedModel model() {
    return [this](const at::Tensor& x, double level, const std::vector<SharedConditioning>& c) {
      ++calls;
      rows += x.size(0);
      return guided_toy(x, level, c);
    };
  }
};

TEST(Guidance, FollowsTheFormulaInOneModelCall) {
  CountedModel counted;
  Guidance guidance(counted.model(), {image(0.3, -0.2)}, {.scales = {7}});
  const at::Tensor x = latents(1);
  const GuidedEps result = guidance(x, 2);
  const at::Tensor c = guided_toy(x, 2, {text(0.3)});
  const at::Tensor u = guided_toy(x, 2, {text(-0.2)});
  EXPECT_CLOSE(result.guided, u + (c - u) * 7, 1e-12);
  EXPECT_CLOSE(result.uncond, u, 1e-12);
  EXPECT_EQ(counted.calls, 1);
  EXPECT_EQ(counted.rows, 2);
}

/// Brooks et al., 2023, equation 3: n + s_I (u - n) + s (c - u), where only n has no picture.
TEST(Guidance, WeighsThePictureBesideTheText) {
  const auto model = [](const at::Tensor& x, double level,
                        const std::vector<SharedConditioning>& conditionings) {
    at::Tensor results = guided_toy(x, level, conditionings);
    for (std::size_t i = 0; i < conditionings.size(); ++i) {
      results[static_cast<std::int64_t>(i)] += conditionings[i]->picture;
    }
    return results;
  };
  const at::Tensor x = latents(2);
  const at::Tensor pictures = latents(4).narrow(0, 2, 2);
  const std::vector<ImageConditioning> images =
      with_pictures({image(0.3, -0.2), image(0.1, 0.4)}, {pictures[0], pictures[1]});
  const at::Tensor c = guided_toy(x, 2, {text(0.3), text(0.1)}) + pictures;
  const at::Tensor u = guided_toy(x, 2, {text(-0.2), text(0.4)}) + pictures;
  const at::Tensor n = u - pictures;
  for (const double scale : {7.0, 1.0}) {
    Guidance guidance(model, images, {.scales = {scale}, .picture_scale = 1.5});
    const GuidedEps result = guidance(x, 2);
    EXPECT_CLOSE(result.guided, n + (u - n) * 1.5 + (c - u) * scale, 1e-12);
    EXPECT_CLOSE(result.uncond, n, 1e-12);
  }
  Guidance plain(model, images, {.scales = {7}});
  EXPECT_CLOSE(plain(x, 2).guided, u + (c - u) * 7, 1e-12);
}

/// Lin et al., 2023, equations 15 and 16, for v = result - share of the input.
TEST(Guidance, RescalingKeepsTheSpreadOfTheConditionalPrediction) {
  const at::Tensor x = latents(1);
  const auto share = [](double level) { return 1 / (1 + level); };
  const at::Tensor c = guided_toy(x, 2, {text(0.3)});
  const at::Tensor u = guided_toy(x, 2, {text(-0.2)});
  const at::Tensor plain = u + (c - u) * 7;
  for (const double rescale : {0.0, 0.6, 1.0}) {
    CountedModel counted;
    Guidance guidance(counted.model(), {image(0.3, -0.2)},
                      {.scales = {7}, .rescale = rescale, .input_share = share});
    const at::Tensor v = plain - x / 3, v_cond = c - x / 3;
    const at::Tensor expected =
        x / 3 + v * (rescale * (v_cond.std() / v.std()).item<double>() + 1 - rescale);
    const at::Tensor guided = guidance(x, 2).guided;
    EXPECT_CLOSE(guided, expected, 1e-12);
    if (rescale == 1) {
      EXPECT_NEAR((guided - x / 3).std().item<double>(), v_cond.std().item<double>(), 1e-12);
    }
  }
  // Where the negative prompt is not asked there is nothing to bring back.
  CountedModel counted;
  Guidance neutral(counted.model(), {image(0.3, -0.2)},
                   {.scales = {1}, .rescale = 1, .input_share = share});
  EXPECT_CLOSE(neutral(x, 2).guided, c, 1e-12);
}

TEST(Guidance, ScaleOneEqualsNoGuidanceAndSkipsUncond) {
  CountedModel counted;
  Guidance guidance(counted.model(), {image(0.3, -0.2), image(0.1, 0.7)}, {.scales = {1}});
  const at::Tensor x = latents(2);
  const at::Tensor expected = guided_toy(x, 2, {text(0.3), text(0.1)});
  EXPECT_TRUE(guidance(x, 2).guided.equal(expected));
  EXPECT_EQ(counted.rows, 2);
  Guidance both(guided_toy, {image(0.3, -0.2), image(0.1, 0.7)},
                {.scales = {1}, .needs_uncond = true});
  EXPECT_CLOSE(both(x, 2).guided, expected, 1e-12);
}

TEST(Guidance, ComposedPartsAreWeighted) {
  ImageConditioning composed = image(0.3, -0.2);
  composed.parts.push_back({ScheduledConditioning(text(0.5)), -0.6});
  const at::Tensor x = latents(1);
  const at::Tensor c0 = guided_toy(x, 1, {text(0.3)});
  const at::Tensor c1 = guided_toy(x, 1, {text(0.5)});
  const at::Tensor u = guided_toy(x, 1, {text(-0.2)});
  for (const double scale : {7.0, 1.0}) {
    Guidance guidance(guided_toy, {composed}, {.scales = {scale}});
    EXPECT_CLOSE(guidance(x, 1).guided, u + (c0 - u) * scale - (c1 - u) * (0.6 * scale), 1e-12);
  }
}

TEST(Guidance, PartsArePaddedToTheLongest) {
  ImageConditioning composed = image(0.3, -0.2);
  composed.parts.push_back({ScheduledConditioning(text(0.5, 6)), 1.0});
  CountedModel counted;
  Guidance guidance(counted.model(), {composed}, {.scales = {2}});
  const at::Tensor x = latents(1);
  const at::Tensor c0 = guided_toy(x, 1, {text(0.3, 6)});
  const at::Tensor c1 = guided_toy(x, 1, {text(0.5, 6)});
  const at::Tensor u = guided_toy(x, 1, {text(-0.2, 3)});
  EXPECT_CLOSE(guidance(x, 1).guided, u + (c0 - u) * 2 + (c1 - u) * 2, 1e-12);
  EXPECT_EQ(counted.calls, 1);
}

TEST(Guidance, APaddedConditioningStaysTheSameOne) {
  ImageConditioning composed = image(0.3, -0.2);
  composed.parts.push_back({ScheduledConditioning(text(0.5, 6)), 1.0});
  std::vector<std::vector<SharedConditioning>> calls;
  const ConditionedModel model = [&calls](const at::Tensor& x, double level,
                                          const std::vector<SharedConditioning>& conditionings) {
    calls.push_back(conditionings);
    return guided_toy(x, level, conditionings);
  };
  Guidance guidance(model, {composed, composed}, {.scales = {2}});
  guidance(latents(2), 1);
  guidance(latents(2), 1);
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0], calls[1]);
  EXPECT_EQ(calls[0][0], calls[0][2]) << "and is one for both pictures";
  EXPECT_EQ(calls[0][1], composed.parts[1].schedule.at_call(0)) << "the longest is not padded";
  EXPECT_EQ(calls[0][4], composed.uncond.at_call(0));
}

TEST(Guidance, BatchEqualsSingles) {
  ImageConditioning longer = image(0.4, 0.1);
  longer.parts[0].schedule = ScheduledConditioning(text(0.4, 8));
  const std::vector<ImageConditioning> images{image(0.3, -0.2), longer, image(-0.5, 0.2)};
  const at::Tensor x = latents(3);
  Guidance together(guided_toy, images, {.scales = {7}});
  const at::Tensor batch = together(x, 2).guided;
  for (std::int64_t i = 0; i < 3; ++i) {
    Guidance alone(guided_toy, {images[i]}, {.scales = {7}});
    EXPECT_TRUE(alone(x.narrow(0, i, 1), 2).guided.equal(batch.narrow(0, i, 1)));
  }
}

TEST(Guidance, EditsThePromptByCall) {
  ImageConditioning edited = image(0, 0);
  edited.parts[0].schedule.entries = {{1, text(1)}, {9, text(2)}};
  Guidance guidance(guided_toy, {edited}, {.scales = {1}});
  const at::Tensor x = at::zeros({1, 4, 3, 3}, at::kDouble);
  std::vector<double> seen;
  for (int call = 0; call < 4; ++call) {
    seen.push_back(guidance(x, 0).guided[0][0][0][0].item<double>());
  }
  EXPECT_EQ(seen, (std::vector<double>{6, 6, 12, 12}));
  EXPECT_EQ(guidance.calls(), 4);
}

TEST(Guidance, UncondIsSkippedAtLowSigmaEveryOtherCall) {
  CountedModel counted;
  Guidance guidance(counted.model(), {image(0.3, -0.2)}, {.scales = {7}, .s_min_uncond = 3});
  const at::Tensor x = latents(1);
  for (const double sigma : {9.0, 9.0, 2.0, 2.0}) {
    guidance(x, sigma);
  }
  EXPECT_EQ(counted.rows, 2 + 2 + 2 + 1);
  Guidance early(guided_toy, {image(0.3, -0.2)},
                 {.scales = {7}, .planned_calls = 10, .skip_early_cond = 0.05});
  EXPECT_TRUE(early(x, 1).guided.equal(guided_toy(x, 1, {text(0.3)})));
  EXPECT_FALSE(early(x, 1).guided.equal(guided_toy(x, 1, {text(0.3)})));
}

TEST(Guidance, ActsWithinAnIntervalOfTheCalls) {
  CountedModel counted;
  Guidance guidance(
      counted.model(), {image(0.3, -0.2)},
      {.scales = {7}, .planned_calls = 10, .skip_early_cond = 0.2, .skip_late_cond = 0.8});
  const at::Tensor x = latents(1);
  std::vector<std::int64_t> rows;
  for (int call = 0; call < 10; ++call) {
    const std::int64_t before = counted.rows;
    const GuidedEps result = guidance(x, 1);
    rows.push_back(counted.rows - before);
    EXPECT_EQ(result.guided.equal(guided_toy(x, 1, {text(0.3)})), rows.back() == 1) << call;
  }
  EXPECT_EQ(rows, (std::vector<std::int64_t>{1, 1, 1, 2, 2, 2, 2, 2, 1, 1}));
}

/// The web UI's CFG++ goes by what stands in for the negative prompt.
TEST(Guidance, SamplersThatNeedUncondGetTheStandIn) {
  Guidance guidance(
      guided_toy, {image(0.3, -0.2)},
      {.scales = {0.5}, .needs_uncond = true, .planned_calls = 2, .skip_early_cond = 0.1});
  const at::Tensor x = latents(1);
  EXPECT_TRUE(guidance(x, 1).uncond.equal(guided_toy(x, 1, {text(0.3)})));
  EXPECT_CLOSE(guidance(x, 1).uncond, guided_toy(x, 1, {text(-0.2)}), 1e-12);
}

/// Sadat et al., 2024, algorithm 1, written out for one picture; results are eps.
struct PaperGuidance {
  double scale, eta, threshold, momentum;
  at::Tensor average = {};

  at::Tensor operator()(const at::Tensor& cond, const at::Tensor& uncond) {
    at::Tensor step = cond - uncond;
    average = average.defined() ? step + average * momentum : step;
    step = average;
    if (threshold > 0) {
      step = step * at::minimum(at::ones({}, at::kDouble), threshold / step.norm());
    }
    const at::Tensor unit = cond / cond.norm();
    const at::Tensor parallel = unit * (step * unit).sum();
    return cond + (step - parallel + parallel * eta) * (scale - 1);
  }
};

TEST(Guidance, ProjectsTheStepOfCleanLatents) {
  const double level = 2;
  const DenoisedShares shares{1.25, -0.75};
  const at::Tensor x = latents(1);
  const auto denoised = [&](double prompt) {
    return x * shares.input + guided_toy(x, level, {text(prompt)}) * shares.result;
  };
  for (const ProjectedGuidance rules :
       {ProjectedGuidance{0, 0, 0}, {0.5, 0, 0}, {1, 2, 0}, {0, 2.5, -0.5}, {0, 0, 0.75}}) {
    Guidance guidance(
        guided_toy, {image(0.3, -0.2)},
        {.scales = {7}, .projected = rules, .denoised_shares = [&](double) { return shares; }});
    PaperGuidance paper{7, rules.parallel, rules.threshold, rules.momentum};
    for (int call = 0; call < 3; ++call) {
      const at::Tensor guided = x * shares.input + guidance(x, level).guided * shares.result;
      EXPECT_CLOSE(guided, paper(denoised(0.3), denoised(-0.2)), 1e-10);
    }
  }
}

TEST(Guidance, ProjectionThatTakesNothingAwayIsPlainGuidance) {
  const at::Tensor x = latents(1);
  Guidance plain(guided_toy, {image(0.3, -0.2)}, {.scales = {7}});
  Guidance wide(guided_toy, {image(0.3, -0.2)},
                {.scales = {7}, .projected = {1, 1e9, 0}, .denoised_shares = [](double) {
                   return DenoisedShares{};
                 }});
  EXPECT_CLOSE(wide(x, 2).guided, plain(x, 2).guided, 1e-10);
}

/// A run that replays its first call goes on with the memory that the evaluated one left, alone or
/// in a batch.
TEST(Guidance, MomentumIsReplayed) {
  const auto denoised = [](double) { return DenoisedShares{}; };
  const GuidanceOptions options{
      .scales = {7}, .projected = {0, 0, 0.75}, .denoised_shares = denoised};
  Guidance first(guided_toy, {image(0.3, -0.2)}, options);
  const at::Tensor x = latents(1);
  const GuidedEps recorded = first(x, 2);
  const at::Tensor second = first(x, 1).guided;
  GuidanceHooks hooks;
  hooks.replay = [&](int call, const at::Tensor&) {
    return call == 0 ? std::optional(GuidedEps{recorded.guided.repeat({2, 1, 1, 1}),
                                               recorded.uncond.repeat({2, 1, 1, 1}),
                                               recorded.momentum.repeat({2, 1, 1, 1})})
                     : std::nullopt;
  };
  Guidance replayed(guided_toy, {image(0.3, -0.2), image(0.3, -0.2)}, options, hooks);
  const at::Tensor pair = x.repeat({2, 1, 1, 1});
  replayed(pair, 2);
  const at::Tensor result = replayed(pair, 1).guided;
  EXPECT_TRUE(result[0].equal(second[0]));
  EXPECT_TRUE(result[1].equal(second[0]));
}

TEST(Guidance, HooksSeeAndReplaceInputs) {
  int seen = 0;
  GuidanceHooks hooks;
  hooks.replace_input = [](int call, const at::Tensor& x) { return call == 1 ? x * 0 : x; };
  hooks.on_call = [&seen](int call, const at::Tensor& x, double level, const GuidedEps& result) {
    EXPECT_EQ(call, seen++);
    EXPECT_EQ(level, 2);
    EXPECT_EQ(x.abs().max().item<double>() == 0, call == 1);
    EXPECT_EQ(result.guided.sizes(), x.sizes());
  };
  Guidance guidance(guided_toy, {image(0.3, -0.2)}, {.scales = {7}}, hooks);
  guidance(latents(1), 2);
  guidance(latents(1), 2);
  EXPECT_EQ(seen, 2);
}

TEST(Guidance, EveryPictureHasItsOwnScale) {
  CountedModel counted;
  const std::vector<ImageConditioning> images = {image(0.3, -0.2), image(0.1, 0.7), image(0.4, 0)};
  Guidance together(counted.model(), images, {.scales = {7, 1, 3}});
  const at::Tensor x = latents(3);
  const GuidedEps result = together(x, 2);
  EXPECT_EQ(counted.rows, 3 + 2) << "scale 1 needs no uncond";
  const std::vector<double> scales = {7, 1, 3};
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto index = static_cast<std::size_t>(i);
    Guidance alone(guided_toy, {images[index]}, {.scales = {scales[index]}});
    const GuidedEps single = alone(x.narrow(0, i, 1), 2);
    EXPECT_TRUE(result.guided[i].equal(single.guided[0])) << i;
    EXPECT_TRUE(result.uncond[i].equal(single.uncond[0])) << i;
  }
  EXPECT_THROW(Guidance(guided_toy, images, {.scales = {7, 1}}), Error);
}

TEST(Guidance, ReplayedCallsAreNotEvaluated) {
  CountedModel counted;
  const GuidedEps recorded{latents(1) + 1, latents(1) + 2};
  GuidanceHooks hooks;
  hooks.replay = [&](int call, const at::Tensor&) {
    return call < 2 ? std::optional(recorded) : std::nullopt;
  };
  Guidance guidance(counted.model(), {image(0.3, -0.2)}, {.scales = {7}}, hooks);
  EXPECT_TRUE(guidance(latents(1), 2).guided.equal(recorded.guided));
  EXPECT_TRUE(guidance(latents(1), 2).uncond.equal(recorded.uncond));
  EXPECT_EQ(counted.calls, 0);
  guidance(latents(1), 2);
  EXPECT_EQ(counted.calls, 1);
  EXPECT_EQ(guidance.calls(), 3);
}

TEST(Guidance, APictureThatIsDoneIsNotEvaluated) {
  CountedModel counted;
  std::vector<ImageConditioning> images = {image(0.3, -0.2), image(0.1, 0.2)};
  images[0].calls = 1;
  Guidance guidance(counted.model(), images, {.scales = {7, 3}});
  const at::Tensor x = latents(2);
  guidance(x, 2);
  EXPECT_EQ(counted.rows, 4);
  const GuidedEps second = guidance(x, 2);
  EXPECT_EQ(counted.rows, 6);
  EXPECT_CLOSE(second.guided[0], at::zeros_like(x[0]), 0);
  CountedModel other;
  Guidance alone(other.model(), {images[1]}, {.scales = {3}});
  EXPECT_CLOSE(second.guided[1], alone(x.narrow(0, 1, 1), 2).guided[0], 0);
}

TEST(Guidance, WrongBatchIsRefused) {
  Guidance guidance(guided_toy, {image(0.3, -0.2)}, {});
  EXPECT_THROW(guidance(latents(2), 1), Error);
  EXPECT_THROW(guidance(latents(1)[0], 1), Error);
}

}  // namespace
}  // namespace ptravel
