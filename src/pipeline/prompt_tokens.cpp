#include "pipeline/prompt_tokens.h"

#include <algorithm>

#include "text/network_tags.h"
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
  schedule_options.hires_steps = options.second_pass_calls;
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
  chunk_options.embeddings = options.embeddings;
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

std::vector<SharedEmbedding> embeddings_of(const std::vector<ScheduledChunks>& schedule) {
  std::size_t most = 0;
  for (const ScheduledChunks& entry : schedule) {
    most = std::max(most, entry.chunks.size());
  }
  std::vector<SharedEmbedding> found;
  for (std::size_t i = 0; i < most; ++i) {
    for (const ScheduledChunks& entry : schedule) {
      const std::vector<Chunk>& chunks = entry.chunks.encoders.front();
      for (const ChunkEmbedding& one :
           i < chunks.size() ? chunks[i].embeddings : std::vector<ChunkEmbedding>()) {
        if (std::ranges::find(found, one.embedding) == found.end()) {
          found.push_back(one.embedding);
        }
      }
    }
  }
  return found;
}

std::string hashes_text(const std::vector<SharedEmbedding>& embeddings) {
  constexpr std::size_t kDigits = 12;
  std::string text;
  for (const SharedEmbedding& embedding : embeddings) {
    if (!embedding->sha256.empty()) {
      std::string name = embedding->name;
      std::erase_if(name, [](char letter) { return letter == ':' || letter == ','; });
      text += (text.empty() ? "" : ", ") + name + ": " + embedding->sha256.substr(0, kDigits);
    }
  }
  return text;
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

std::vector<std::string> unknown_network_names(std::string_view prompt) {
  std::vector<std::string> names;
  for (const ExtraNetwork& network : take_extra_networks(prompt).networks) {
    if (!is_known_network_kind(network.kind)) {
      names.push_back(network.kind +
                      (network.positional.empty() ? "" : ":" + network.positional.front()));
    }
  }
  return names;
}

}  // namespace ptravel
