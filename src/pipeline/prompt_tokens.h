#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/emphasis.h"
#include "text/chunks.h"
#include "text/tokenizer.h"

namespace ptravel {

/// What a network that takes a vector is told of the picture it draws, in pixels.
struct PictureSizes {
  int width = 1024;
  int height = 1024;
  double crop_top = 0;  ///< How much of the original lies above and left of the picture.
  double crop_left = 0;
};

/// How prompts become conditionings.
struct PromptOptions {
  int planned_calls = 20;  ///< Model calls that prompt editing is laid over.
  /// For a second pass: model calls of that pass, which follow the planned ones.
  std::optional<int> second_pass_calls = {};
  int clip_skip = 1;  ///< 1: the last layer.
  Emphasis emphasis = Emphasis::Original;
  int comma_padding_backtrack = 20;
  bool old_scheduling = false;  ///< Prompt editing as before web UI 1.6.
  /// Embeddings that prompts may name; null: none. Outlives all who have the options.
  const EmbeddingNames* embeddings = nullptr;
  bool pad_cond_uncond = false;  ///< Lengthen the shorter of cond and uncond by empty prompts.
  PictureSizes sizes;
};

/// A text in tokens and the last step (counted from 1) for which it is meant.
struct ScheduledChunks {
  int end_at_step = 0;
  TextChunks chunks;   ///< At least one for each encoder.
  bool blank = false;  ///< The text has no character at all.
};

/// One side of an AND in tokens: its schedule, in ascending steps, and its weight.
struct PromptPart {
  std::vector<ScheduledChunks> schedule;
  double weight = 1;
};

/// A positive prompt in tokens, as the web UI reads it: comments and extra-network tags out, AND,
/// schedules, attention and BREAK, chunks of 75 tokens for each tokenizer. At least one part.
/// Throws InvalidArgument for wrong weights or schedules.
std::vector<PromptPart> tokenize_prompt(const Tokenizers& tokenizers,
                                        std::string_view prompt,
                                        const PromptOptions& options);

/// A negative prompt: one part, because AND is an ordinary word in it.
PromptPart tokenize_negative_prompt(const Tokenizers& tokenizers,
                                    std::string_view prompt,
                                    const PromptOptions& options);

/// One text without schedules. Where tokenizers read it differently, the shorter rows of chunks are
/// filled up with empty ones.
TextChunks tokenize_text(const Tokenizers& tokenizers,
                         std::string_view text,
                         const PromptOptions& options);

/// The embeddings of a schedule's texts, in the order in which they are encoded: chunk by chunk,
/// text by text. Each once.
std::vector<SharedEmbedding> embeddings_of(const std::vector<ScheduledChunks>& schedule);

/// "name: first 12 hex digits of its file's sha256, ..." as the web UI's "TI hashes"; names lose
/// their colons and commas, embeddings without a hash are left out.
std::string hashes_text(const std::vector<SharedEmbedding>& embeddings);

/// Vocabulary entries without start and end tokens and without their end-of-word mark, with spaces
/// between: what the first version wrote into log.txt.
std::string token_words(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids);

/// The tags of a prompt whose kind is not known ("kind:name"); this program draws without
/// them.
std::vector<std::string> unknown_network_names(std::string_view prompt);

}  // namespace ptravel
