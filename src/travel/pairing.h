#pragma once

#include <cstddef>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "ptravel/request.h"

namespace ptravel {

/// What lengthens the shorter of two encodings.
struct ContextPadding {
  StagePadding kind = StagePadding::Uncond;
  at::Tensor empty_encoding;  ///< The encoding of the empty prompt [77, width], for kind Uncond.
};

/// A tensor [tokens, width] lengthened to `tokens` rows: whole encodings of the empty prompt (cut
/// when the length asks for it), or zeros.
at::Tensor padded_to(const at::Tensor& context, std::int64_t tokens, const ContextPadding& padding);

/// Two encodings [tokens, width] that stand at the same place of their prompts, of equal length.
struct ContextPair {
  at::Tensor from;
  at::Tensor to;
};

/// The positive sides of two conditionings laid side by side: AND parts are paired in order, and of
/// two schedules every entry that is active together with another one makes a pair, so that prompt
/// editing goes on during a travel. A part without a partner fades in or out through its weight.
/// Equal pairs are one.
class Pairing {
 public:
  Pairing(const ImageConditioning& from,
          const ImageConditioning& to,
          const ContextPadding& padding);

  const std::vector<ContextPair>& pairs() const { return pairs_; }

  /// The parts again, with `contexts[i]` in place of pair i and their weights mixed by `alpha`.
  std::vector<ConditioningPart> parts(const std::vector<at::Tensor>& contexts, double alpha) const;

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
  std::size_t pair_of(const at::Tensor& from, const at::Tensor& to, const ContextPadding& padding);
  std::vector<Entry> paired(const ScheduledConditioning& from,
                            const ScheduledConditioning& to,
                            const ContextPadding& padding);

  std::vector<ContextPair> pairs_;
  std::vector<Part> parts_;
};

}  // namespace ptravel
