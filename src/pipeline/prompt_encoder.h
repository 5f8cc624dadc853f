#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "model/clip.h"
#include "pipeline/prompt_tokens.h"
#include "text/tokenizer.h"

namespace ptravel {

/// Turns prompts into conditionings, as the web UI does: tokens (prompt_tokens.h), CLIP, emphasis.
/// Encodings are float32 on the CPU.
/// Holds references; one thread.
class PromptEncoder {
 public:
  /// Throws Unsupported when the tokenizer has more entries than the text model.
  PromptEncoder(const Tokenizer& tokenizer, const ClipTextModel& model);

  /// A positive and a negative prompt. Throws InvalidArgument for wrong weights or schedules.
  ImageConditioning encode(std::string_view prompt,
                           std::string_view negative_prompt,
                           const PromptOptions& options) const;

  /// The entries of one schedule.
  ScheduledConditioning encode_schedule(const std::vector<ScheduledChunks>& schedule,
                                        const PromptOptions& options) const;

  /// Where the options ask for it, gives all of a picture's encodings one length by encodings of
  /// the empty prompt.
  void pad_to_one_length(ImageConditioning& image, const PromptOptions& options) const;

  /// The texts of one schedule together, because the mean that emphasis restores is taken over all
  /// of them: [77 * chunks, width] float32 each. Shorter texts are filled up with empty chunks. The
  /// pooled vector is the first chunk's.
  std::vector<TextEncoding> encode_texts(const std::vector<std::vector<Chunk>>& texts,
                                         const PromptOptions& options) const;

  /// The empty prompt: [77, width].
  TextEncoding encode_empty(const PromptOptions& options) const;

  /// Token embeddings without positions: [ids, width] float32 on the CPU.
  at::Tensor embeddings(const std::vector<std::int32_t>& ids) const;

  const Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  const Tokenizer& tokenizer_;
  const ClipTextModel& model_;
};

/// Multiplies an encoding z [texts, 77, width] by its tokens' multipliers [texts, 77] as `emphasis`
/// says. Original restores the mean over all of z.
at::Tensor apply_emphasis(const at::Tensor& z, const at::Tensor& multipliers, Emphasis emphasis);

}  // namespace ptravel
