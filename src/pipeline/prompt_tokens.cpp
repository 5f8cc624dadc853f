#include "pipeline/prompt_tokens.h"

#include <algorithm>

#include "text/prompt_composition.h"
#include "text/prompt_markup.h"
#include "text/prompt_schedule.h"
#include "text/vocabulary.h"

namespace ptravel {
namespace {

std::vector<ScheduledChunks> tokenize_schedule(const Tokenizers& tokenizers,
                                               std::string_view text,
                                               const PromptOptions& options) {
  PromptScheduleOptions schedule_options;
  schedule_options.steps = options.planned_calls;
  schedule_options.old_scheduling = options.old_scheduling;
  std::vector<ScheduledChunks> schedule;
  for (const ScheduledText& entry : parse_prompt_schedule(text, schedule_options)) {
    schedule.push_back(
        {entry.end_at_step, tokenize_text(tokenizers, entry.text, options), entry.text.empty()});
  }
  return schedule;
}

}  // namespace

TextChunks tokenize_text(const Tokenizers& tokenizers,
                         std::string_view text,
                         const PromptOptions& options) {
  ChunkOptions chunk_options;
  chunk_options.comma_padding_backtrack = options.comma_padding_backtrack;
  chunk_options.parse_attention = options.emphasis != Emphasis::None;
  TextChunks chunks;
  std::size_t most = 0;
  for (const Tokenizer& tokenizer : tokenizers) {
    chunks.encoders.push_back(chunk_prompt(tokenizer, text, chunk_options).chunks);
    most = std::max(most, chunks.encoders.back().size());
  }
  for (std::size_t i = 0; i < tokenizers.size(); ++i) {
    chunks.encoders[i].resize(most, empty_chunk(tokenizers[i]));
  }
  return chunks;
}

std::vector<PromptPart> tokenize_prompt(const Tokenizers& tokenizers,
                                        std::string_view prompt,
                                        const PromptOptions& options) {
  const PromptWithNetworks positive = take_extra_networks(remove_prompt_comments(prompt));
  const PromptComposition composition = parse_prompt_composition(positive.prompt);
  std::vector<std::vector<ScheduledChunks>> texts;
  texts.reserve(composition.texts.size());
  for (const std::string& text : composition.texts) {
    texts.push_back(tokenize_schedule(tokenizers, text, options));
  }
  std::vector<PromptPart> parts;
  for (const CompositionPart& part : composition.parts) {
    parts.push_back({texts.at(part.text_index), part.weight});
  }
  return parts;
}

PromptPart tokenize_negative_prompt(const Tokenizers& tokenizers,
                                    std::string_view prompt,
                                    const PromptOptions& options) {
  return {tokenize_schedule(tokenizers, remove_prompt_comments(prompt), options), 1};
}

std::string token_words(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
  std::string words;
  for (const std::int32_t id : ids) {
    if (id == tokenizer.start_id() || id == tokenizer.end_id() || id == tokenizer.pad_id()) {
      continue;
    }
    std::string word = tokenizer.token_text(id);
    if (word.ends_with(kWordEnd)) {
      word.resize(word.size() - kWordEnd.size());
    }
    words += (words.empty() ? "" : " ") + word;
  }
  return words;
}

std::vector<std::string> extra_network_names(std::string_view prompt) {
  std::vector<std::string> names;
  for (const ExtraNetwork& network : take_extra_networks(prompt).networks) {
    names.push_back(network.kind +
                    (network.positional.empty() ? "" : ":" + network.positional.front()));
  }
  return names;
}

}  // namespace ptravel
