#include "diffusion/guidance.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {

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
  for (std::size_t i = 0; i < images_.size(); ++i) {
    const std::vector<ConditioningPart>& parts = images_[i].parts;
    is_neutral_.push_back(!options_.needs_uncond && parts.size() == 1 &&
                          parts.front().weight * scale_of(i) == 1);
  }
}

double Guidance::scale_of(std::size_t image) const {
  return options_.scales.size() == 1 ? options_.scales.front() : options_.scales[image];
}

bool Guidance::skips_uncond(double level) const {
  if (options_.needs_uncond) {
    return false;
  }
  if (options_.skip_early_cond != 0 && options_.planned_calls > 0 &&
      static_cast<double>(calls_) / options_.planned_calls <= options_.skip_early_cond) {
    return true;
  }
  return options_.s_min_uncond > 0 && level < options_.s_min_uncond &&
         (calls_ % 2 == 1 || options_.s_min_uncond_all);
}

std::vector<Guidance::Row> Guidance::cond_rows() const {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < images_.size(); ++i) {
    std::int64_t tokens = 0;
    for (const ConditioningPart& part : images_[i].parts) {
      tokens = std::max(tokens, part.schedule.at_call(calls_).size(0));
    }
    for (const ConditioningPart& part : images_[i].parts) {
      rows.push_back(
          {static_cast<std::int64_t>(i), pad_context(part.schedule.at_call(calls_), tokens)});
    }
  }
  return rows;
}

// The model's result for each row, by one model call per token length.
std::vector<at::Tensor> Guidance::evaluate(const std::vector<Row>& rows,
                                           const at::Tensor& x,
                                           double level) const {
  std::map<std::int64_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    groups[rows[i].context.size(0)].push_back(i);
  }
  std::vector<at::Tensor> results(rows.size());
  for (const auto& [tokens, members] : groups) {
    std::vector<at::Tensor> latents;
    std::vector<at::Tensor> contexts;
    for (const std::size_t member : members) {
      latents.push_back(x[rows[member].image]);
      contexts.push_back(rows[member].context);
    }
    const at::Tensor output = model_(at::stack(latents), level, at::stack(contexts));
    for (std::size_t i = 0; i < members.size(); ++i) {
      results[members[i]] = output[static_cast<std::int64_t>(i)];
    }
  }
  return results;
}

// `results`: conds of all pictures and parts, then the unconds of pictures that need one, none when
// `skipped`.
GuidedEps Guidance::combine(const std::vector<at::Tensor>& results, bool skipped) const {
  std::vector<at::Tensor> guided;
  std::vector<at::Tensor> unconds;
  std::size_t next = 0;
  std::size_t next_uncond = 0;
  for (const ImageConditioning& image : images_) {
    next_uncond += image.parts.size();
  }
  for (std::size_t i = 0; i < images_.size(); ++i) {
    // Where uncond is left out the first part stands in for it, at scale 1.
    const bool without = skipped || is_neutral_[i];
    const at::Tensor& uncond = without ? results[next] : results[next_uncond++];
    const double scale = without ? 1 : scale_of(i);
    at::Tensor sum = uncond;
    for (const ConditioningPart& part : images_[i].parts) {
      sum = sum + (results[next] - uncond) * (part.weight * scale);
      ++next;
    }
    guided.push_back(sum);
    unconds.push_back(uncond);
  }
  return {at::stack(guided), at::stack(unconds)};
}

GuidedEps Guidance::evaluate_all(const at::Tensor& x, double level) const {
  std::vector<Row> rows = cond_rows();
  const bool skipped = skips_uncond(level);
  for (std::size_t i = 0; i < images_.size() && !skipped; ++i) {
    if (!is_neutral_[i]) {
      rows.push_back({static_cast<std::int64_t>(i), images_[i].uncond.at_call(calls_)});
    }
  }
  return combine(evaluate(rows, x, level), skipped);
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
  }
  if (hooks_.on_call) {
    hooks_.on_call(calls_, input, level, *result);
  }
  ++calls_;
  return *result;
}

}  // namespace ptravel
