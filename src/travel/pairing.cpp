#include "travel/pairing.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "diffusion/switch_points.h"
#include "ptravel/error.h"

namespace ptravel {

at::Tensor padded_to(const at::Tensor& context,
                     std::int64_t tokens,
                     const ContextPadding& padding) {
  const std::int64_t missing = tokens - context.size(0);
  if (missing <= 0) {
    return context;
  }
  if (padding.kind == StagePadding::Zero) {
    return at::cat({context, at::zeros({missing, context.size(1)}, context.options())});
  }
  PTRAVEL_CHECK(padding.empty_encoding.defined() && padding.empty_encoding.size(0) > 0);
  const std::int64_t rows = padding.empty_encoding.size(0);
  const at::Tensor filler =
      padding.empty_encoding.to(context.options()).repeat({(missing + rows - 1) / rows, 1});
  return at::cat({context, filler.narrow(0, 0, missing)});
}

Pairing::Pairing(const ImageConditioning& from,
                 const ImageConditioning& to,
                 const ContextPadding& padding) {
  const std::size_t paired_count = std::min(from.parts.size(), to.parts.size());
  for (std::size_t i = 0; i < paired_count; ++i) {
    parts_.push_back({paired(from.parts[i].schedule, to.parts[i].schedule, padding),
                      {},
                      from.parts[i].weight,
                      to.parts[i].weight});
  }
  for (std::size_t i = paired_count; i < from.parts.size(); ++i) {
    parts_.push_back({{}, from.parts[i].schedule, from.parts[i].weight, 0});
  }
  for (std::size_t i = paired_count; i < to.parts.size(); ++i) {
    parts_.push_back({{}, to.parts[i].schedule, 0, to.parts[i].weight});
  }
}

std::size_t Pairing::pair_of(const at::Tensor& from,
                             const at::Tensor& to,
                             const ContextPadding& padding) {
  const std::int64_t tokens = std::max(from.size(0), to.size(0));
  const ContextPair pair{padded_to(from, tokens, padding), padded_to(to, tokens, padding)};
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (pairs_[i].from.equal(pair.from) && pairs_[i].to.equal(pair.to)) {
      return i;
    }
  }
  pairs_.push_back(pair);
  return pairs_.size() - 1;
}

std::vector<Pairing::Entry> Pairing::paired(const ScheduledConditioning& from,
                                            const ScheduledConditioning& to,
                                            const ContextPadding& padding) {
  std::vector<Entry> entries;
  for (const auto& pair : pairs_at_switch_points(from.entries, to.entries)) {
    entries.push_back({pair.end_at_step, pair_of(pair.from.context, pair.to.context, padding)});
  }
  return entries;
}

std::vector<ConditioningPart> Pairing::parts(const std::vector<at::Tensor>& contexts,
                                             double alpha) const {
  PTRAVEL_CHECK(contexts.size() == pairs_.size());
  std::vector<ConditioningPart> result;
  for (const Part& part : parts_) {
    ScheduledConditioning schedule = part.lonely;
    for (const Entry& entry : part.entries) {
      schedule.entries.push_back({entry.end_at_step, contexts[entry.pair]});
    }
    result.push_back(
        {std::move(schedule), (1 - alpha) * part.from_weight + alpha * part.to_weight});
  }
  return result;
}

}  // namespace ptravel
