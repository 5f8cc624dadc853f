#include "travel/mode_grad.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "request/frame_settings.h"
#include "schedule/sigma_table.h"
#include "tensor/reduce.h"
#include "tensor/rng.h"
#include "travel/walk.h"

namespace ptravel {
namespace {

constexpr double kNoGradient = 1e-5;   // the first version's EPS
constexpr double kShortestStep = 0.2;  // and GAMMA

/// Every pair of the two stages' encodings walks on its own, with the same draws.
class GradWalk : public SteppingWalk {
 public:
  GradWalk(const WalkTools& tools, const GapEnds& ends)
      : SteppingWalk(tools, ends),
        pairing_(ends.from.conditioning, ends.to.conditioning, {tools.linear.pairing.padding}) {}

 protected:
  void restart() override {
    texts_.clear();
    for (const ConditioningPair& pair : pairing_.pairs()) {
      texts_.push_back(pair.from->text);
    }
    arrived_ = false;
  }

  void advance(std::int64_t step, const TargetLatent& target) override {
    for (std::int64_t i = 1; i <= tools().request.grad_iter && !arrived_; ++i) {
      iterate(step, i, target());
    }
  }

  ImageConditioning current(const FramePlace& place) const override {
    std::vector<SharedConditioning> reached;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      reached.push_back(with_text(pairing_.pairs()[i].from, at_place(i, place)));
    }
    ImageConditioning image;
    image.parts = pairing_.parts(reached, place.alpha);
    image.uncond = uncond_between(tools(), ends(), place.alpha);
    return image;
  }

 private:
  void iterate(std::int64_t step, std::int64_t iteration, const at::Tensor& latent) {
    const TravelRequest& request = tools().request;
    const LossDraw draw = tools().draws({ends().seed, ends().gap, step, iteration}, latent.sizes());
    GradRecord sum;
    const std::vector<AdapterStrength> hypernetworks =
        hypernetworks_in(tools(), this->ends(), step);
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const EncodingPair ends = pairing_.pairs()[i].texts();
      const GradientParts parts = gradient_parts(tools().pipeline, {texts_[i], ends.to}, latent,
                                                 draw, request.grad_w_latent != 0, hypernetworks,
                                                 strengths_in(tools(), this->ends(), step));
      const TextEncoding gradients =
          weighted_gradient(parts, request.grad_w_latent, request.grad_w_cond);
      const at::Tensor& gradient = gradients.tokens;
      texts_[i].tokens =
          texts_[i].tokens - grad_step(gradient, request.grad_method) * request.grad_alpha;
      if (gradients.vector.defined()) {
        step_pooled(texts_[i], gradients.vector);
      }
      sum.loss_latent += parts.loss_latent;
      sum.loss_cond += parts.loss_cond;
      sum.grad_mean += mean_of_all(gradient.abs()).item<double>();
      sum.grad_max = std::max(sum.grad_max, gradient.abs().max().item<double>());
      sum.from += mean_distance(texts_[i], ends.from);
      sum.to += mean_distance(texts_[i], ends.to);
      sum.total += mean_distance(ends.from, ends.to);
    }
    const auto count = static_cast<double>(texts_.size());
    for (double* value :
         {&sum.loss_latent, &sum.loss_cond, &sum.grad_mean, &sum.from, &sum.to, &sum.total}) {
      *value /= count;
    }
    sum.step = step;
    sum.iteration = iteration;
    sum.t = draw.t;
    tools().log.add(ends().gap, sum);
    if (sum.to <= request.grad_tolerance && request.grad_tolerance > 0) {
      arrive();
    }
  }

  /// The pooled text of a vector walks as the tokens do; the sizes behind it stay.
  void step_pooled(TextEncoding& text, const at::Tensor& gradient) const {
    const TravelRequest& request = tools().request;
    const std::int64_t pooled = tools().pipeline.encoder().pooled_width();
    at::Tensor step = grad_step(gradient, request.grad_method) * request.grad_alpha;
    step.narrow(0, pooled, step.size(0) - pooled).zero_();
    text.vector = text.vector - step;
  }

  /// The text that was reached; the sizes in its vector go evenly.
  TextEncoding at_place(std::size_t pair, const FramePlace& place) const {
    const EncodingPair ends = pairing_.pairs()[pair].texts();
    if (arrived_ || !ends.from.vector.defined()) {
      return texts_[pair];
    }
    const std::int64_t pooled = tools().pipeline.encoder().pooled_width();
    const at::Tensor sizes = lerp(ends.from, ends.to, place.alpha).vector;
    return {texts_[pair].tokens, at::cat({texts_[pair].vector.narrow(0, 0, pooled),
                                          sizes.narrow(0, pooled, sizes.size(0) - pooled)})};
  }

  /// The rest of the gap stays at the target.
  void arrive() {
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      texts_[i] = pairing_.pairs()[i].to->text;
    }
    arrived_ = true;
  }

  Pairing pairing_;
  std::vector<TextEncoding> texts_;
  bool arrived_ = false;
};

}  // namespace

at::Tensor grad_step(const at::Tensor& gradient, GradMethod method) {
  switch (method) {
    case GradMethod::Sign:
      return gradient.sign();
    case GradMethod::Tanh:
      return gradient.tanh();
    case GradMethod::Clip:
      break;
  }
  const at::Tensor size = gradient.abs();
  const at::Tensor step = size.clamp(kShortestStep, 1.0) * gradient.sign();
  return at::where(size > kNoGradient, step, at::zeros_like(step));
}

GradientParts gradient_parts(const Pipeline& pipeline,
                             const EncodingPair& pair,
                             const at::Tensor& latent,
                             const LossDraw& draw,
                             bool with_latent_gradient,
                             const std::vector<AdapterStrength>& hypernetworks,
                             const std::vector<double>& strengths) {
  const LatentLoss loss = latent_loss(pipeline, latent, draw, pair.from, with_latent_gradient,
                                      hypernetworks, strengths);
  GradientParts parts;
  parts.latent = {loss.gradient, loss.vector_gradient};
  parts.cond.tokens = pair.from.tokens - pair.to.tokens;
  if (pair.from.vector.defined()) {
    parts.cond.vector = pair.from.vector - pair.to.vector;
  }
  parts.loss_latent = mean_of_all(loss.loss).item<double>();
  parts.loss_cond = mean_of_all(parts.cond.tokens.abs()).item<double>();
  return parts;
}

TextEncoding weighted_gradient(const GradientParts& parts, double w_latent, double w_cond) {
  const auto weighted = [&](const at::Tensor& latent, const at::Tensor& cond) {
    if (!cond.defined() || w_latent == 0) {
      return cond.defined() ? cond * w_cond : cond;
    }
    PTRAVEL_CHECK(latent.defined());
    return latent * w_latent + cond * w_cond;
  };
  return {weighted(parts.latent.tokens, parts.cond.tokens),
          weighted(parts.latent.vector, parts.cond.vector)};
}

LossDraw loss_draw(const GradPlace& place, at::IntArrayRef shape) {
  Rng rng(RngSource::Cpu, derived_seed(static_cast<std::uint64_t>(place.seed),
                                       {place.gap, place.step, place.iteration}));
  LossDraw draw;
  draw.t = rng.randint(0, kTrainingTimesteps, {1}).item<std::int64_t>();
  draw.noise = rng.randn(shape);
  return draw;
}

std::unique_ptr<Walk> make_grad_walk(const WalkTools& tools, const GapEnds& ends) {
  return std::make_unique<GradWalk>(tools, ends);
}

}  // namespace ptravel
