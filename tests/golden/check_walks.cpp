#include <algorithm>
#include <optional>

#include <ATen/ATen.h>

#include "pipeline/latent_loss.h"
#include "pipeline/latents.h"
#include "request/request_names.h"
#include "tests/golden/run_support.h"
#include "tests/golden/runs.h"
#include "travel/mode_grad.h"
#include "travel/route.h"
#include "travel/token_swap.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

/// What one iteration of mode grad computes: [loss, latent loss, cond loss, distances to the stage
/// that was left, to the next and between them, mean and largest gradient], and where it goes.
struct Iteration {
  at::Tensor numbers;  // [8]
  at::Tensor gradient;
  TextEncoding next;
};

/// The iteration at `pair.from` of a walk from `start`, for either precision of `loss`.
Iteration iterate(const TravelRequest& request,
                  const TextEncoding& start,
                  const EncodingPair& pair,
                  const LatentLoss& loss) {
  GradientParts parts;
  parts.latent.tokens = loss.gradient;
  parts.cond.tokens = pair.from.tokens.to(loss.gradient.options()) - pair.to.tokens;
  Iteration result;
  result.gradient = weighted_gradient(parts, request.grad_w_latent, request.grad_w_cond).tokens;
  result.next = {pair.from.tokens -
                 grad_step(result.gradient, request.grad_method) * request.grad_alpha};
  const double latent = loss.loss.mean().item<double>();
  const double cond = mean_distance(pair.from, pair.to);
  result.numbers = at::tensor(
      {latent + cond, latent, cond, mean_distance(result.next, start),
       mean_distance(result.next, pair.to), mean_distance(start, pair.to),
       result.gradient.abs().mean().item<double>(), result.gradient.abs().max().item<double>()},
      at::kDouble);
  return result;
}

/// Numbers whose gradient is so small, or so near the threshold of method clip, that rounding can
/// turn a whole step.
at::Tensor can_turn(const at::Tensor& gradient) {
  constexpr double kThreshold = 1e-5;
  const at::Tensor size = gradient.abs();
  const double small = 1e-4 * size.max().item<double>();
  return (size < small).logical_or((size - kThreshold).abs() < 0.05 * kThreshold);
}

StagePlan plan_of(const json& travel) {
  StagePlan plan;
  plan.prompts = travel.at("prompts").get<std::vector<std::string>>();
  plan.negative_prompts.assign(plan.prompts.size(), travel.at("negative").get<std::string>());
  plan.steps = travel.at("steps").get<std::vector<std::int64_t>>();
  return plan;
}

/// The set has the first version's names; replace_order knows them as aliases.
TravelRequest request_of(const json& sampling, const json& travel) {
  TravelRequest request;
  request.compat = Compat::First;
  request.steps = sampling.at("steps");
  request.sampler = sampling.at("sampler");
  request.seed = {sampling.at("seed").get<std::int64_t>()};
  request.negative_prompt = travel.at("negative");
  request.mode = *kTravelModeNames.parse(travel.at("mode").get<std::string>());
  if (travel.contains("replace_order")) {
    set_request_field(request, "replace_order", travel.at("replace_order").get<std::string>());
  }
  if (travel.contains("grad_meth")) {
    request.grad_method = *kGradMethodNames.parse(travel.at("grad_meth").get<std::string>());
  }
  request.grad_alpha = value_or(travel, "grad_alpha", request.grad_alpha);
  request.grad_iter = value_or(travel, "grad_iter", request.grad_iter);
  request.grad_w_latent = value_or(travel, "grad_w_latent", request.grad_w_latent);
  request.grad_w_cond = value_or(travel, "grad_w_cond", request.grad_w_cond);
  return request;
}

/// One travel of mode replace or grad, walked with the recorded draws.
class WalkCheck {
 public:
  WalkCheck(const Pipeline& pipeline,
            const json& sampling,
            const json& travel,
            const FileTensors& tensors,
            const std::string& key,
            const RunTolerances& allowed,
            Report& report)
      : pipeline_(pipeline),
        sampling_(sampling),
        travel_(travel),
        tensors_(tensors),
        key_(key + "/"),
        name_("travel/" + key + "/"),
        allowed_(allowed),
        report_(report),
        request_(request_of(sampling, travel)),
        plan_(plan_of(travel)) {}

  void check() {
    if (request_.mode == TravelMode::Replace && request_.replace_order == ReplaceOrder::Random) {
      check_given_tokens();
      return;
    }
    Progress progress;
    Route route(plan_, request_, pipeline_, 0, progress);
    std::int64_t draws = 0;
    route.use_draws([&](const GradPlace&, at::IntArrayRef) {
      const LossDraw draw{expected("t").flatten()[draws].item<std::int64_t>(),
                          expected("noise").narrow(0, draws, 1)};
      ++draws;
      return draw;
    });
    const TargetLatents targets = [&](std::int64_t) {
      return expected("target_latent").narrow(0, draws, 1);
    };
    report_.exact(name_ + "frames",
                  static_cast<int>(route.places().size()) == travel_.at("frames").get<int>(),
                  std::to_string(route.places().size()));
    std::vector<at::Tensor> conds, latents;
    for (const FramePlace& place : route.places()) {
      const ImageConditioning conditioning = route.conditioning(place, targets);
      conds.push_back(conditioning.parts.at(0).schedule.at_call(0)->text.tokens);
      latents.push_back(draw(recorded(conditioning, static_cast<std::int64_t>(latents.size()))));
    }
    compare(conds, latents);
    check_target_pictures(route, latents);
    check_log(route);
  }

 private:
  at::Tensor expected(const std::string& tensor) const { return tensors_.tensor(key_ + tensor); }

  /// In mode grad a step that rounding turned would show in the picture: those are drawn from the
  /// recorded conditionings.
  ImageConditioning recorded(ImageConditioning conditioning, std::int64_t frame) const {
    if (request_.mode == TravelMode::Grad) {
      conditioning.parts.at(0).schedule =
          ScheduledConditioning(TextEncoding{expected("cond")[frame].to(at::kFloat)});
    }
    return conditioning;
  }

  at::Tensor draw(const ImageConditioning& conditioning) const {
    PictureBatch batch;
    batch.width = sampling_.at("width");
    batch.height = sampling_.at("height");
    batch.seeds = seeds_of(sampling_);
    batch.images = {conditioning};
    return pipeline_.sample(settings_of(sampling_), batch);
  }

  void compare(const std::vector<at::Tensor>& conds, const std::vector<at::Tensor>& latents) const {
    if (request_.mode == TravelMode::Grad) {
      // On its own a walk drifts where rounding turns a step; check_iterations looks closely.
      report_.mostly_close(name_ + "cond", at::stack(conds), expected("cond"),
                           0.1 * request_.grad_alpha, 0, 0.02);
      check_iterations();
    } else {
      report_.close(name_ + "cond", at::stack(conds), expected("cond"),
                    std::max(1e-5, allowed_.cond));
    }
    // Single latents of this network move by more than the tolerance when a conditioning moves by
    // rounding.
    report_.mostly_close(name_ + "latent", at::cat(latents), expected("latent"), allowed_.latent, 0,
                         std::max(0.01, allowed_.latents_beyond));
  }

  /// Every iteration from the recorded conditioning before it to the one after it.
  void check_iterations() const {
    const at::Tensor frames = expected("cond").to(at::kFloat);
    const at::Tensor t = expected("t").flatten();
    std::int64_t index = 0;
    std::int64_t stage_frame = 0;
    for (const std::int64_t steps : plan_.steps) {
      const TextEncoding start{frames[stage_frame]};
      const TextEncoding target{frames[stage_frame + steps + 1]};
      for (std::int64_t step = 1; step <= steps; ++step) {
        for (int i = 0; i < request_.grad_iter; ++i, ++index) {
          const at::Tensor before =
              i == 0 ? frames[stage_frame + step - 1] : expected("cond_before_iteration")[index];
          const at::Tensor after = i + 1 == request_.grad_iter
                                       ? frames[stage_frame + step]
                                       : expected("cond_before_iteration")[index + 1];
          const LossDraw draw{t[index].item<std::int64_t>(), expected("noise").narrow(0, index, 1)};
          check_iteration(index, start, {{before}, target}, after, draw);
        }
      }
      stage_frame += steps + 1;
    }
  }

  void check_iteration(std::int64_t index,
                       const TextEncoding& start,
                       const EncodingPair& pair,
                       const at::Tensor& after,
                       const LossDraw& draw) const {
    const at::Tensor latent = expected("target_latent").narrow(0, index, 1);
    const Iteration ours =
        iterate(request_, start, pair, latent_loss(pipeline_, latent, draw, pair.from, true));
    std::optional<Iteration> in_float64;
    const auto precise = [&]() -> const Iteration& {
      if (!in_float64) {
        in_float64 = iterate(request_, start, pair,
                             latent_loss_in_float64(pipeline_, latent, draw, pair.from.tokens));
      }
      return *in_float64;
    };
    std::vector<double> wanted;
    for (const char* member : {"loss", "loss_latent", "loss_cond", "L1_from", "L1_to", "L1_total",
                               "grad_abs_mean", "grad_abs_max"}) {
      wanted.push_back(travel_.at("iterations").at(index).at(member));
    }
    const std::string number = std::to_string(index);
    close_or_rounded(report_, name_ + "iteration" + number, ours.numbers,
                     at::tensor(wanted, at::kDouble), 1e-6, 1e-3,
                     [&] { return precise().numbers; });
    at::Tensor turns = can_turn(ours.gradient);
    report_.exact(name_ + "turns" + number, turns.to(at::kFloat).mean().item<double>() < 0.05,
                  "too many gradients are near 0");
    // The step itself: 1e-5 of a conditioning is more, the shorter the steps are.
    const at::Tensor wanted_step = (pair.from.tokens - after) / request_.grad_alpha;
    const auto step_of = [&](const Iteration& iteration) {
      const at::Tensor step = grad_step(iteration.gradient, request_.grad_method);
      return at::where(turns, wanted_step, step.to(wanted_step.scalar_type()));
    };
    const double tolerance = 1e-5 / request_.grad_alpha;
    if (!at::allclose(step_of(ours), wanted_step, 1e-3, tolerance)) {
      // Rounding may also have carried a gradient that is nothing just past the threshold.
      turns = turns.logical_or(can_turn(precise().gradient));
    }
    close_or_rounded(report_, name_ + "step" + number, step_of(ours), wanted_step, tolerance, 1e-3,
                     [&] { return step_of(precise()); });
  }

  /// The set's encoded target pictures, with its noise of the VAE's distribution.
  void check_target_pictures(const Route& route, const std::vector<at::Tensor>& latents) const {
    if (!tensors_.contains(key_ + "encoded")) {
      return;
    }
    std::vector<at::Tensor> encoded;
    const at::Tensor noise = expected("encode_noise").to(at::kFloat);
    for (const auto& target : route.order().target) {
      const Image image =
          decode_latents(pipeline_.vae(), latents.at(static_cast<std::size_t>(*target))).front();
      const auto distribution = pipeline_.vae().encode(image_to_tensor(image));
      const at::Tensor deviation = (distribution.logvar * 0.5).exp();
      const auto gap = static_cast<std::int64_t>(encoded.size());
      encoded.push_back((distribution.mean.cpu() + deviation.cpu() * noise.narrow(0, gap, 1)) *
                        pipeline_.vae().config().scale_factor);
    }
    // Through a picture of 8 bits: single levels may differ.
    report_.close(name_ + "encoded", at::cat(encoded), expected("encoded"),
                  std::max(allowed_.encoded, 2e-2));
  }

  void check_log(Route& route) const {
    if (travel_.contains("log")) {
      const std::string text = route.log().text(request_, route.first_words());
      report_.exact(name_ + "log", text == travel_.at("log").get<std::string>(), text);
    }
  }

  /// Python's shuffle is not repeated: the recorded tokens are put in, and everything else must
  /// follow.
  void check_given_tokens() const {
    const PromptOptions options;
    const std::vector<Chunk> empty = empty_chunks(pipeline_.tokenizers());
    const TextChunks from = tokenize_text(pipeline_.tokenizers(), plan_.prompts.at(0), options);
    const TextChunks to = tokenize_text(pipeline_.tokenizers(), plan_.prompts.at(1), options);
    TokenSwap swap(TokenRows::of(from, 1, empty), TokenRows::of(to, 1, empty), Multipliers::Stay);
    const TokenSequence& current = swap.current().encoders.front();
    const at::Tensor conds = expected("cond");
    bool same = true;
    std::int64_t step = 0;
    for (const json& tokens : travel_.at("step_tokens")) {
      const std::vector<std::size_t> left = swap.differing();
      std::vector<std::size_t> swapped;
      for (const std::size_t place : left) {
        if (tokens.at(place) != current.ids[place]) {
          swapped.push_back(place);
        }
      }
      same = same && swapped.size() == v1_count(left.size(), plan_.steps.at(0));
      swap.swap(swapped);
      same = same && json(current.ids) == tokens;
      ++step;
      const at::Tensor cond =
          pipeline_.encoder().encode_texts({swap.current().chunks(empty)}, options).front().tokens;
      report_.close(name_ + "cond" + std::to_string(step), cond, conds[step],
                    std::max(1e-5, allowed_.cond));
    }
    report_.exact(name_ + "tokens", same && step > 0, "differ");
    check_swapped_distances(swap);
  }

  void check_swapped_distances(const TokenSwap& swap) const {
    if (tensors_.contains(key_ + "L1_dist")) {
      const PromptEncoder& encoder = pipeline_.encoder();
      const std::vector<Chunk> empty = empty_chunks(pipeline_.tokenizers());
      report_.close(name_ + "L1_dist",
                    (encoder.embeddings(swap.from().chunks(empty)) -
                     encoder.embeddings(swap.to().chunks(empty)))
                        .abs()
                        .mean(1),
                    expected("L1_dist"), 1e-5);
    }
  }

  const Pipeline& pipeline_;
  const json& sampling_;
  const json& travel_;
  const FileTensors& tensors_;
  std::string key_;
  std::string name_;
  RunTolerances allowed_;
  Report& report_;
  TravelRequest request_;
  StagePlan plan_;
};

/// The latent loss and its gradient at a recorded place.
void check_loss(const Pipeline& pipeline,
                const std::string& name,
                const at::Tensor& latent,
                const LossDraw& draw,
                const at::Tensor& context,
                const LatentLoss& expected,
                Report& report) {
  const LatentLoss actual = latent_loss(pipeline, latent, draw, {context.to(at::kFloat)}, true);
  const auto precise = [&] {
    return latent_loss_in_float64(pipeline, latent, draw, context.to(at::kFloat));
  };
  if (expected.loss.defined()) {
    close_or_rounded(report, name + "loss", actual.loss, expected.loss, 1e-4, 1e-3,
                     [&] { return precise().loss; });
  }
  close_or_rounded(report, name + "grad", actual.gradient, expected.gradient, 1e-5, 1e-3,
                   [&] { return precise().gradient; });
}

/// Where a case's gradients are recorded, those at the recorded conditionings.
void check_gradients(const Pipeline& pipeline,
                     const FileTensors& tensors,
                     const std::string& key,
                     Report& report) {
  const at::Tensor t = tensors.tensor(key + "t").flatten();
  for (std::int64_t i = 0; i < t.size(0); ++i) {
    const LossDraw draw{t[i].item<std::int64_t>(), tensors.tensor(key + "noise").narrow(0, i, 1)};
    check_loss(pipeline, "travel/" + key + "step" + std::to_string(i) + "/",
               tensors.tensor(key + "target_latent").narrow(0, i, 1), draw,
               tensors.tensor(key + "cond_in")[i],
               {at::Tensor(), tensors.tensor(key + "grad_latent")[i]}, report);
  }
}

void check_latent_losses(const Pipeline& pipeline, const FileTensors& tensors, Report& report) {
  for (int i = 0; tensors.contains("seed/latent_loss" + std::to_string(i) + "/grad"); ++i) {
    const std::string key = "seed/latent_loss" + std::to_string(i) + "/";
    const LossDraw draw{tensors.tensor(key + "t").flatten()[0].item<std::int64_t>(),
                        tensors.tensor(key + "noise")};
    check_loss(pipeline, "travel/" + key, tensors.tensor(key + "latent"), draw,
               tensors.tensor(key + "cond")[0],
               {tensors.tensor(key + "loss"), tensors.tensor(key + "grad")[0]}, report);
  }
}

void check_methods(const FileTensors& tensors, Report& report) {
  if (!tensors.contains("seed/methods/in")) {
    return;
  }
  const at::Tensor in = tensors.tensor("seed/methods/in");
  for (const auto& [method, name] : kGradMethodNames.entries) {
    report.close("travel/seed/methods/" + std::string(name), grad_step(in, method),
                 tensors.tensor("seed/methods/" + std::string(name)), 1e-7, 1e-6);
  }
}

}  // namespace

void check_walks(const Context& context,
                 const json& set,
                 const FileTensors& tensors,
                 Report& report) {
  check_methods(tensors, report);
  const auto pipeline = open_pipeline(context);
  // In bf16 the gradients of a network with random weights are mostly rounding, and the walks that
  // follow them go elsewhere.
  const bool exact = context.precision == Precision::Fp32;
  if (exact) {
    check_latent_losses(*pipeline, tensors, report);
  }
  for (const auto& [key, travel] : set.at("cases").items()) {
    const std::string mode = travel.is_object() ? travel.value("mode", "") : "";
    const bool by_gradient = mode == "grad" || key.find("/replace_grad_") != std::string::npos;
    if ((mode != "replace" && mode != "grad") || !tensors.contains(key + "/cond") ||
        (by_gradient && !exact)) {
      continue;
    }
    report.guarded("travel/" + key, [&, &key = key, &travel = travel] {
      WalkCheck(*pipeline, set.at("sampling"), travel, tensors, key, tolerances(context.precision),
                report)
          .check();
      if (tensors.contains(key + "/cond_in") && tensors.contains(key + "/grad_latent")) {
        check_gradients(*pipeline, tensors, key + "/", report);
      }
    });
  }
}

}  // namespace ptravel::golden
