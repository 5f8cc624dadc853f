#include "travel/pairing.h"

#include <algorithm>

#include "diffusion/switch_points.h"
#include "ptravel/error.h"

namespace ptravel {

SharedConditioning padded_to(const SharedConditioning& conditioning,
                             std::int64_t length,
                             const EncodingPadding& padding) {
  const TextEncoding& text = conditioning->text;
  return with_text(conditioning, padding.kind == StagePadding::Zero
                                     ? padded_with_zeros(text, length)
                                     : padded_with(text, padding.empty_prompt, length));
}

Pairing::Pairing(const ImageConditioning& from,
                 const ImageConditioning& to,
                 const PairingRules& rules) {
  const EncodingPadding& padding = rules.padding;
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
  for (ConditioningPair& pair : pairs_) {
    const bool moves = !same_text(pair.from, pair.to);
    if (moves && rules.alignment == TokenAlignment::OptimalTransport) {
      pair.to = with_text(pair.to, aligned(pair.texts()));
    }
  }
}

std::size_t Pairing::pair_of(const SharedConditioning& from,
                             const SharedConditioning& to,
                             const EncodingPadding& padding) {
  const std::int64_t length = std::max(from->text.length(), to->text.length());
  const ConditioningPair pair{padded_to(from, length, padding), padded_to(to, length, padding)};
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (same_text(pairs_[i].from, pair.from) && same_text(pairs_[i].to, pair.to)) {
      return i;
    }
  }
  pairs_.push_back(pair);
  return pairs_.size() - 1;
}

std::vector<Pairing::Entry> Pairing::paired(const ScheduledConditioning& from,
                                            const ScheduledConditioning& to,
                                            const EncodingPadding& padding) {
  std::vector<Entry> entries;
  for (const auto& pair : pairs_at_switch_points(from.entries, to.entries)) {
    entries.push_back(
        {pair.end_at_step, pair_of(pair.from.conditioning, pair.to.conditioning, padding)});
  }
  return entries;
}

std::vector<ConditioningPart> Pairing::parts(const std::vector<SharedConditioning>& conditionings,
                                             double alpha) const {
  PTRAVEL_CHECK(conditionings.size() == pairs_.size());
  std::vector<ConditioningPart> result;
  for (const Part& part : parts_) {
    ScheduledConditioning schedule = part.lonely;
    for (const Entry& entry : part.entries) {
      schedule.entries.push_back({entry.end_at_step, conditionings[entry.pair]});
    }
    result.push_back(
        {std::move(schedule), (1 - alpha) * part.from_weight + alpha * part.to_weight});
  }
  return result;
}

}  // namespace ptravel
