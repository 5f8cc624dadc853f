#include "diffusion/guidance.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/reduce.h"

namespace ptravel {
namespace {

/// The standard deviation of all numbers, the same for any number of threads.
double spread_of(const at::Tensor& numbers) {
  const at::Tensor off = numbers - mean_of_all(numbers);
  return std::sqrt(mean_of_all(off * off).item<double>());
}

/// The sum of the products of all numbers, divided by how many there are.
double mean_product(const at::Tensor& a, const at::Tensor& b) {
  return mean_of_all(a * b).item<double>();
}

/// The step that projected guidance takes for each unit of scale, in clean latents.
at::Tensor projected_step(const ProjectedGuidance& rules, at::Tensor step, const at::Tensor& cond) {
  if (rules.threshold > 0) {
    const double length = std::sqrt(mean_product(step, step) * static_cast<double>(step.numel()));
    step = length > rules.threshold ? step * (rules.threshold / length) : step;
  }
  const double square = mean_product(cond, cond);
  const double along = square > 0 ? mean_product(step, cond) / square : 0;
  return step - cond * (along * (1 - rules.parallel));
}

}  // namespace

Guidance::Guidance(ConditionedModel model,
                   std::vector<ImageConditioning> images,
                   GuidanceOptions options,
                   GuidanceHooks hooks)
    : model_(std::move(model)),
      images_(std::move(images)),
      options_(std::move(options)),
      hooks_(std::move(hooks)) {
  check_conditioning(images_);
  if (options_.scales.size() != 1 && options_.scales.size() != images_.size()) {
    throw Error(ErrorCode::InvalidArgument, "[guidance] scales: expected one or one for each of " +
                                                std::to_string(images_.size()) + " pictures, got " +
                                                std::to_string(options_.scales.size()));
  }
  PTRAVEL_CHECK(options_.rescale == 0 || options_.input_share);
  PTRAVEL_CHECK(options_.projected.is_plain() || options_.denoised_shares);
  for (std::size_t i = 0; i < images_.size(); ++i) {
    const std::vector<ConditioningPart>& parts = images_[i].parts;
    is_neutral_.push_back(!options_.needs_uncond && !weighs_pictures() && parts.size() == 1 &&
                          parts.front().weight * scale_of(i) == 1);
  }
}

double Guidance::scale_of(std::size_t image) const {
  return options_.scales.size() == 1 ? options_.scales.front() : options_.scales[image];
}

bool Guidance::skips_uncond(double level) const {
  if (options_.planned_calls > 0) {
    const double share = static_cast<double>(calls_) / options_.planned_calls;
    const bool early = options_.skip_early_cond != 0 && share <= options_.skip_early_cond;
    if (early || (options_.skip_late_cond < 1 && share >= options_.skip_late_cond)) {
      return true;
    }
  }
  return options_.s_min_uncond > 0 && level < options_.s_min_uncond && !weighs_pictures() &&
         (calls_ % 2 == 1 || options_.s_min_uncond_all);
}

const SharedConditioning& Guidance::padded(const SharedConditioning& conditioning,
                                           std::int64_t length) {
  SharedConditioning& known = padded_[{conditioning, length}];
  if (!known) {
    known = with_text(conditioning, padded_with_last(conditioning->text, length));
  }
  return known;
}

/// The same with a picture of zeros.
const SharedConditioning& Guidance::blanked(const SharedConditioning& conditioning) {
  SharedConditioning& known = blanked_[conditioning];
  if (!known) {
    PTRAVEL_CHECK(conditioning->picture.defined());
    known = with_picture(conditioning, at::zeros_like(conditioning->picture));
  }
  return known;
}

bool Guidance::is_done(const ImageConditioning& image) const {
  return image.calls && calls_ >= *image.calls;
}

std::vector<Guidance::Question> Guidance::cond_questions() {
  std::vector<Question> questions;
  for (std::size_t i = 0; i < images_.size(); ++i) {
    if (is_done(images_[i])) {
      continue;
    }
    std::int64_t length = 0;
    for (const ConditioningPart& part : images_[i].parts) {
      length = std::max(length, part.schedule.at_call(calls_)->text.length());
    }
    for (const ConditioningPart& part : images_[i].parts) {
      questions.push_back(
          {static_cast<std::int64_t>(i), padded(part.schedule.at_call(calls_), length)});
    }
  }
  return questions;
}

// The model's results, one for each question.
at::Tensor Guidance::evaluate(const std::vector<Question>& questions,
                              const at::Tensor& x,
                              double level) const {
  std::vector<at::Tensor> latents;
  std::vector<SharedConditioning> conditionings;
  for (const Question& question : questions) {
    latents.push_back(x[question.image]);
    conditionings.push_back(question.conditioning);
  }
  return model_(at::stack(latents), level, conditionings);
}

// `results`: conds of all pictures and parts, then the unconds of pictures that need one, none when
// `skipped`; at last the unconds without their pictures where those are weighed.
GuidedEps Guidance::combine(const at::Tensor& results,
                            bool skipped,
                            const at::Tensor& x,
                            double level) {
  const bool plain = options_.projected.is_plain();
  std::vector<at::Tensor> guided;
  std::vector<at::Tensor> unconds;
  std::int64_t next = 0;
  std::int64_t next_uncond = 0;
  for (const ImageConditioning& image : images_) {
    next_uncond += is_done(image) ? 0 : static_cast<std::int64_t>(image.parts.size());
  }
  std::int64_t next_blank = next_uncond;
  for (const ImageConditioning& image : images_) {
    next_blank += is_done(image) ? 0 : 1;
  }
  for (std::size_t i = 0; i < images_.size(); ++i) {
    if (is_done(images_[i])) {
      guided.push_back(at::zeros_like(results[0]));
      unconds.push_back(guided.back());
      continue;
    }
    // Where uncond is left out the first part stands in for it, at scale 1.
    const bool without = skipped || is_neutral_[i];
    at::Tensor uncond = without ? results[next] : results[next_uncond++];
    const double scale = without ? 1 : scale_of(i);
    at::Tensor sum = uncond;
    at::Tensor cond = uncond;
    for (const ConditioningPart& part : images_[i].parts) {
      const at::Tensor difference = results[next] - uncond;
      sum = sum + difference * (part.weight * scale);
      if (options_.rescale > 0 || !plain) {
        cond = cond + difference * part.weight;
      }
      ++next;
    }
    if (!plain && !without) {
      sum = projected(i, cond, uncond, x, level);
    }
    if (weighs_pictures() && !skipped) {
      const at::Tensor blank = results[next_blank++];
      sum = sum + (uncond - blank) * (options_.picture_scale - 1);
      uncond = blank;
    }
    const bool rescales = options_.rescale > 0 && !without;
    guided.push_back(rescales ? rescaled(sum, cond, x[static_cast<std::int64_t>(i)], level) : sum);
    unconds.push_back(uncond);
  }
  return {at::stack(guided), at::stack(unconds),
          momentum_.defined() ? momentum_.clone() : at::Tensor()};
}

at::Tensor Guidance::projected(std::size_t image,
                               const at::Tensor& cond,
                               const at::Tensor& uncond,
                               const at::Tensor& x,
                               double level) {
  const auto index = static_cast<std::int64_t>(image);
  const DenoisedShares shares = options_.denoised_shares(level);
  at::Tensor step = (cond - uncond) * shares.result;
  if (options_.projected.momentum != 0) {
    momentum_ = momentum_.defined() ? momentum_ : at::zeros_like(x);
    step = step + momentum_[index] * options_.projected.momentum;
    momentum_[index].copy_(step);
  }
  const at::Tensor denoised = x[index] * shares.input + cond * shares.result;
  const at::Tensor towards = projected_step(options_.projected, step, denoised);
  return cond + towards * ((scale_of(image) - 1) / shares.result);
}

at::Tensor Guidance::rescaled(const at::Tensor& guided,
                              const at::Tensor& cond,
                              const at::Tensor& x,
                              double level) const {
  const at::Tensor share = x * options_.input_share(level);
  const at::Tensor v = guided - share;  // up to a factor, which falls out of the ratio
  const double spread = spread_of(v);
  if (spread == 0) {
    return guided;
  }
  const double ratio = spread_of(cond - share) / spread;
  return share + v * (options_.rescale * ratio + 1 - options_.rescale);
}

GuidedEps Guidance::evaluate_all(const at::Tensor& x, double level) {
  std::vector<Question> questions = cond_questions();
  const bool skipped = skips_uncond(level);
  for (std::size_t i = 0; i < images_.size() && !skipped; ++i) {
    if (!is_neutral_[i] && !is_done(images_[i])) {
      questions.push_back({static_cast<std::int64_t>(i), images_[i].uncond.at_call(calls_)});
    }
  }
  for (std::size_t i = 0; i < images_.size() && weighs_pictures() && !skipped; ++i) {
    if (!is_done(images_[i])) {
      questions.push_back(
          {static_cast<std::int64_t>(i), blanked(images_[i].uncond.at_call(calls_))});
    }
  }
  return combine(evaluate(questions, x, level), skipped, x, level);
}

GuidedEps Guidance::operator()(const at::Tensor& x, double level) {
  if (x.dim() != 4 || x.size(0) != static_cast<std::int64_t>(images_.size())) {
    throw Error(ErrorCode::InvalidArgument,
                "[guidance] latents: expected " + std::to_string(images_.size()) +
                    " pictures [N, C, h, w], got " + std::to_string(x.dim() == 0 ? 0 : x.size(0)));
  }
  const at::Tensor input = hooks_.replace_input ? hooks_.replace_input(calls_, x) : x;
  std::optional<GuidedEps> result = hooks_.replay ? hooks_.replay(calls_, input) : std::nullopt;
  if (!result) {
    result = evaluate_all(input, level);
  } else if (result->momentum.defined()) {
    momentum_ = result->momentum.clone();
  }
  if (hooks_.on_call) {
    hooks_.on_call(calls_, input, level, *result);
  }
  ++calls_;
  return *result;
}

}  // namespace ptravel
