#pragma once

#include <cstddef>
#include <vector>

#include "diffusion/conditioning.h"
#include "ptravel/request.h"

namespace ptravel {

/// What lengthens the shorter of two encodings.
struct EncodingPadding {
  StagePadding kind = StagePadding::Uncond;
  TextEncoding empty_prompt;  ///< [77, width], for kind Uncond.
};

/// A conditioning with its text lengthened to `length` tokens: by encodings of the empty prompt, or
/// by zeros.
SharedConditioning padded_to(const SharedConditioning& conditioning,
                             std::int64_t length,
                             const EncodingPadding& padding);

/// Two conditionings that stand at the same place of their prompts, their texts of equal length.
struct ConditioningPair {
  SharedConditioning from;
  SharedConditioning to;

  EncodingPair texts() const { return {from->text, to->text}; }
};

/// How two texts are laid side by side.
struct PairingRules {
  EncodingPadding padding;
  TokenAlignment alignment = TokenAlignment::Rows;
};

/// The positive sides of two conditionings laid side by side: AND parts are paired in order, and of
/// two schedules every entry that is active together with another one makes a pair, so that prompt
/// editing goes on during a travel. A part without a partner fades in or out through its weight.
/// Equal pairs are one. Where tokens are aligned `to` has them in the order in which they are
/// nearest to those of `from`: what is drawn at the very end is not taken from here.
class Pairing {
 public:
  Pairing(const ImageConditioning& from, const ImageConditioning& to, const PairingRules& rules);

  const std::vector<ConditioningPair>& pairs() const { return pairs_; }

  /// The parts again, with `conditionings[i]` in place of pair i and their weights mixed by
  /// `alpha`.
  std::vector<ConditioningPart> parts(const std::vector<SharedConditioning>& conditionings,
                                      double alpha) const;

 private:
  struct Entry {
    int end_at_step;
    std::size_t pair;
  };
  struct Part {
    std::vector<Entry> entries;  // none: `lonely` fades
    ScheduledConditioning lonely;
    double from_weight;
    double to_weight;
  };
  std::size_t pair_of(const SharedConditioning& from,
                      const SharedConditioning& to,
                      const EncodingPadding& padding);
  std::vector<Entry> paired(const ScheduledConditioning& from,
                            const ScheduledConditioning& to,
                            const EncodingPadding& padding);

  std::vector<ConditioningPair> pairs_;
  std::vector<Part> parts_;
};

}  // namespace ptravel
