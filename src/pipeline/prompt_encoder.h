#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "model/clip.h"
#include "ptravel/pipeline.h"
#include "text/tokenizer.h"

namespace ptravel {

/// How prompts become conditionings.
struct PromptOptions {
  int planned_calls = 20;  ///< Model calls that prompt editing is laid over.
  int clip_skip = 1;       ///< 1: the last layer.
  Emphasis emphasis = Emphasis::Original;
  int comma_padding_backtrack = 20;
  bool old_scheduling = false;   ///< Prompt editing as before web UI 1.6.
  bool pad_cond_uncond = false;  ///< Lengthen the shorter of cond and uncond by empty prompts.
};

/// Turns prompt texts into conditionings, as the web UI does: comments and extra-network tags out,
/// AND, schedules, attention and BREAK, chunks of 75 tokens, CLIP, emphasis. Holds references; one
/// thread.
class PromptEncoder {
 public:
  /// Throws Unsupported when the tokenizer has more entries than the text model.
  PromptEncoder(const Tokenizer& tokenizer, const ClipTextModel& model);

  /// A positive and a negative prompt. Throws InvalidArgument for wrong weights or schedules.
  ImageConditioning encode(std::string_view prompt,
                           std::string_view negative_prompt,
                           const PromptOptions& options) const;

  /// The texts of one schedule together, because the mean that emphasis restores is taken over all
  /// of them: [texts, 77 * chunks, width] float32. Shorter texts are filled up with empty chunks.
  at::Tensor encode_texts(const std::vector<std::string>& texts,
                          const PromptOptions& options) const;

  /// The empty prompt: [77, width].
  at::Tensor encode_empty(const PromptOptions& options) const;

 private:
  ScheduledConditioning encode_schedule(std::string_view text, const PromptOptions& options) const;

  const Tokenizer& tokenizer_;
  const ClipTextModel& model_;
};

/// Multiplies an encoding z [texts, 77, width] by its tokens' multipliers [texts, 77] as `emphasis`
/// says. Original restores the mean over all of z.
at::Tensor apply_emphasis(const at::Tensor& z, const at::Tensor& multipliers, Emphasis emphasis);

/// The extra-network tags (<lora:...>) of a prompt, as they stand in it; this program draws without
/// them.
std::vector<std::string> extra_network_names(std::string_view prompt);

}  // namespace ptravel
