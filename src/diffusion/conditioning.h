#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// The text conditioning of one prompt, which prompt editing may change during a run.
struct ScheduledConditioning {
  struct Entry {
    int end_at_step = 0;  ///< Last step of this entry, counted in planned model calls from 1.
    at::Tensor context;   ///< [tokens, width]
  };
  std::vector<Entry> entries;  ///< Ascending; at least one.

  ScheduledConditioning() = default;
  /// One conditioning for the whole run.
  explicit ScheduledConditioning(at::Tensor context);

  /// The conditioning of model call number `call`, counted from 0 (active_entry).
  const at::Tensor& at_call(int call) const;
};

/// One part of a prompt composed with AND.
struct ConditioningPart {
  ScheduledConditioning schedule;
  double weight = 1;
};

/// What one picture is conditioned on.
struct ImageConditioning {
  std::vector<ConditioningPart> parts;  ///< The positive prompt; at least one part.
  ScheduledConditioning uncond;         ///< The negative prompt.
};

/// `context` [tokens, width] lengthened to `tokens` rows by repeating its last one.
at::Tensor pad_context(const at::Tensor& context, std::int64_t tokens);

/// Throws InvalidArgument when an entry is missing, is not [tokens, width], or differs in width
/// from the others, or when there is no picture.
void check_conditioning(const std::vector<ImageConditioning>& images);

}  // namespace ptravel
