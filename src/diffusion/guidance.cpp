#include "diffusion/guidance.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

bool is_neutral(const std::vector<ImageConditioning>& images, double scale) {
  return std::all_of(images.begin(), images.end(), [scale](const ImageConditioning& image) {
    return image.parts.size() == 1 && image.parts.front().weight * scale == 1;
  });
}

}  // namespace

Guidance::Guidance(ConditionedModel model,
                   std::vector<ImageConditioning> images,
                   GuidanceOptions options,
                   GuidanceHooks hooks)
    : model_(std::move(model)),
      images_(std::move(images)),
      options_(options),
      hooks_(std::move(hooks)) {
  check_conditioning(images_);
  scale_is_neutral_ = !options_.needs_uncond && is_neutral(images_, options_.scale);
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

// `results`: conds of all pictures and parts, then unconds unless `skipped`.
GuidedEps Guidance::combine(const std::vector<at::Tensor>& results, bool skipped) const {
  std::vector<at::Tensor> guided;
  std::vector<at::Tensor> unconds;
  std::size_t next = 0;
  for (std::size_t i = 0; i < images_.size(); ++i) {
    const std::vector<ConditioningPart>& parts = images_[i].parts;
    // Where uncond is skipped the first part stands in for it, at scale 1.
    const at::Tensor& uncond =
        skipped ? results[next] : results[results.size() - images_.size() + i];
    const double scale = skipped ? 1 : options_.scale;
    at::Tensor sum = uncond;
    for (const ConditioningPart& part : parts) {
      sum = sum + (results[next] - uncond) * (part.weight * scale);
      ++next;
    }
    guided.push_back(sum);
    unconds.push_back(uncond);
  }
  return {at::stack(guided), at::stack(unconds)};
}

GuidedEps Guidance::operator()(const at::Tensor& x, double level) {
  if (x.dim() != 4 || x.size(0) != static_cast<std::int64_t>(images_.size())) {
    throw Error(ErrorCode::InvalidArgument,
                "[guidance] latents: expected " + std::to_string(images_.size()) +
                    " pictures [N, C, h, w], got " + std::to_string(x.dim() == 0 ? 0 : x.size(0)));
  }
  const at::Tensor input = hooks_.replace_input ? hooks_.replace_input(calls_, x) : x;
  std::vector<Row> rows = cond_rows();
  const bool skipped = skips_uncond(level);
  if (!skipped && !scale_is_neutral_) {
    for (std::size_t i = 0; i < images_.size(); ++i) {
      rows.push_back({static_cast<std::int64_t>(i), images_[i].uncond.at_call(calls_)});
    }
  }
  GuidedEps result = combine(evaluate(rows, input, level), skipped || scale_is_neutral_);
  if (hooks_.on_call) {
    hooks_.on_call(calls_, input, level, result.guided);
  }
  ++calls_;
  return result;
}

}  // namespace ptravel
