#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/conditioning.h"
#include "model/clip.h"
#include "pipeline/prompt_tokens.h"
#include "text/tokenizer.h"

namespace ptravel {

/// Text encoders in memory for as long as somebody holds them.
using SharedTextEncoders = std::shared_ptr<const std::vector<ClipTextModel>>;

/// What a model makes of what its text encoders give.
struct EncodingRules {
  std::int64_t vector_width = 0;     ///< Of the vector that the network takes; 0 = none.
  bool zero_blank_negative = false;  ///< A negative prompt without a character is zeros.
};

/// Whose encodings they are.
enum class PromptSide { Positive, Negative };

/// Turns prompts into conditionings, as the web UI does: tokens (prompt_tokens.h), text encoders
/// with emphasis for each of them, side by side; the vector of networks that take one.
/// Encodings are float32 on the CPU.
/// Holds references; one thread.
class PromptEncoder {
 public:
  /// A tokenizer for each text model, whose configs are given; `models` gives the models whenever
  /// texts are encoded. Throws Unsupported when a tokenizer has more entries than its model.
  PromptEncoder(const Tokenizers& tokenizers,
                std::vector<ClipConfig> configs,
                std::function<SharedTextEncoders()> models,
                const EncodingRules& rules = {});

  /// A positive and a negative prompt. Throws InvalidArgument for wrong weights or schedules.
  ImageConditioning encode(std::string_view prompt,
                           std::string_view negative_prompt,
                           const PromptOptions& options) const;

  /// The entries of one schedule.
  ScheduledConditioning encode_schedule(const std::vector<ScheduledChunks>& schedule,
                                        const PromptOptions& options,
                                        PromptSide side = PromptSide::Positive) const;

  /// Where the options ask for it, gives all of a picture's encodings one length by encodings of
  /// the empty prompt.
  void pad_to_one_length(ImageConditioning& image, const PromptOptions& options) const;

  /// The texts of one schedule together, because the mean that emphasis restores is taken over all
  /// of them: [77 * chunks, width] float32 each. Shorter texts are filled up with empty chunks. The
  /// pooled text is the first chunk's, and has no emphasis. Throws InvalidArgument for an embedding
  /// without vectors of an encoder's width.
  std::vector<TextEncoding> encode_texts(const std::vector<TextChunks>& texts,
                                         const PromptOptions& options) const;

  /// The empty prompt: [77, width].
  TextEncoding encode_empty(const PromptOptions& options) const;

  /// Token embeddings without positions and without start and end tokens, those of all encoders
  /// side by side: [75 * chunks, width] float32 on the CPU.
  at::Tensor embeddings(const TextChunks& text) const;

  /// The same conditioning of a picture of other sizes; itself where the network takes no vector.
  ImageConditioning with_sizes(ImageConditioning image, const PictureSizes& sizes) const;

  /// How many of a vector's numbers are the pooled text; the others are sizes.
  std::int64_t pooled_width() const { return pooled_width_; }

 private:
  at::Tensor embedded_sizes(const PictureSizes& sizes) const;

  const Tokenizers& tokenizers_;
  std::vector<ClipConfig> configs_;
  std::function<SharedTextEncoders()> models_;
  EncodingRules rules_;
  std::int64_t pooled_width_ = 0;
};

/// Multiplies an encoding z [texts, 77, width] by its tokens' multipliers [texts, 77] as `emphasis`
/// says. Original restores the mean over all of z.
at::Tensor apply_emphasis(const at::Tensor& z, const at::Tensor& multipliers, Emphasis emphasis);

}  // namespace ptravel
