#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/emphasis.h"
#include "text/chunks.h"
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

/// A text in tokens and the last step (counted from 1) for which it is meant.
struct ScheduledChunks {
  int end_at_step = 0;
  std::vector<Chunk> chunks;  ///< At least one.
};

/// One side of an AND in tokens: its schedule, in ascending steps, and its weight.
struct PromptPart {
  std::vector<ScheduledChunks> schedule;
  double weight = 1;
};

/// A positive prompt in tokens, as the web UI reads it: comments and extra-network tags out, AND,
/// schedules, attention and BREAK, chunks of 75 tokens. At least one part. Throws InvalidArgument
/// for wrong weights or schedules.
std::vector<PromptPart> tokenize_prompt(const Tokenizer& tokenizer,
                                        std::string_view prompt,
                                        const PromptOptions& options);

/// A negative prompt: one part, because AND is an ordinary word in it.
PromptPart tokenize_negative_prompt(const Tokenizer& tokenizer,
                                    std::string_view prompt,
                                    const PromptOptions& options);

/// One text without schedules.
std::vector<Chunk> tokenize_text(const Tokenizer& tokenizer,
                                 std::string_view text,
                                 const PromptOptions& options);

/// Vocabulary entries without start and end tokens and without their end-of-word mark, with spaces
/// between: what the first version wrote into log.txt.
std::string token_words(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids);

/// The extra-network tags (<lora:...>) of a prompt, as they stand in it; this program draws without
/// them.
std::vector<std::string> extra_network_names(std::string_view prompt);

}  // namespace ptravel
