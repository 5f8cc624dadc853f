#include "pipeline/prompt_encoder.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "text/chunks.h"
#include "text/prompt_composition.h"
#include "text/prompt_markup.h"
#include "text/prompt_schedule.h"

namespace ptravel {
namespace {

/// Appends encodings of the empty prompt until `tokens` rows are reached.
at::Tensor with_empty_prompts(const at::Tensor& context,
                              const at::Tensor& empty,
                              std::int64_t tokens) {
  std::vector<at::Tensor> rows = {context};
  for (std::int64_t have = context.size(0); have < tokens; have += empty.size(0)) {
    rows.push_back(empty);
  }
  return rows.size() == 1 ? context : at::cat(rows).narrow(0, 0, tokens);
}

std::int64_t longest(const ScheduledConditioning& schedule) {
  std::int64_t tokens = 0;
  for (const auto& entry : schedule.entries) {
    tokens = std::max(tokens, entry.context.size(0));
  }
  return tokens;
}

/// The web UI's option to give cond and uncond one length.
void pad_to_one_length(ImageConditioning& image, const at::Tensor& empty) {
  std::int64_t tokens = longest(image.uncond);
  for (const ConditioningPart& part : image.parts) {
    tokens = std::max(tokens, longest(part.schedule));
  }
  const auto pad = [&](ScheduledConditioning& schedule) {
    for (auto& entry : schedule.entries) {
      entry.context = with_empty_prompts(entry.context, empty, tokens);
    }
  };
  pad(image.uncond);
  for (ConditioningPart& part : image.parts) {
    pad(part.schedule);
  }
}

}  // namespace

PromptEncoder::PromptEncoder(const Tokenizer& tokenizer, const ClipTextModel& model)
    : tokenizer_(tokenizer), model_(model) {
  if (tokenizer.vocab_size() > model.config().vocab_size) {
    throw Error(ErrorCode::Unsupported, "[text encoder] the tokenizer has " +
                                            std::to_string(tokenizer.vocab_size()) +
                                            " entries, expected at most the text model's " +
                                            std::to_string(model.config().vocab_size));
  }
}

ImageConditioning PromptEncoder::encode(std::string_view prompt,
                                        std::string_view negative_prompt,
                                        const PromptOptions& options) const {
  const PromptWithNetworks positive = take_extra_networks(remove_prompt_comments(prompt));
  const PromptComposition composition = parse_prompt_composition(positive.prompt);
  std::vector<ScheduledConditioning> texts;
  for (const std::string& text : composition.texts) {
    texts.push_back(encode_schedule(text, options));
  }
  ImageConditioning image;
  for (const CompositionPart& part : composition.parts) {
    image.parts.push_back({texts.at(part.text_index), part.weight});
  }
  image.uncond = encode_schedule(remove_prompt_comments(negative_prompt), options);
  if (options.pad_cond_uncond) {
    pad_to_one_length(image, encode_empty(options));
  }
  return image;
}

ScheduledConditioning PromptEncoder::encode_schedule(std::string_view text,
                                                     const PromptOptions& options) const {
  PromptScheduleOptions schedule_options;
  schedule_options.steps = options.planned_calls;
  schedule_options.old_scheduling = options.old_scheduling;
  const auto schedule = parse_prompt_schedule(text, schedule_options);
  std::vector<std::string> texts;
  texts.reserve(schedule.size());
  for (const ScheduledText& entry : schedule) {
    texts.push_back(entry.text);
  }
  const at::Tensor encoded = encode_texts(texts, options);
  ScheduledConditioning result;
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    result.entries.push_back(
        {schedule[i].end_at_step, encoded[static_cast<std::int64_t>(i)].contiguous()});
  }
  return result;
}

at::Tensor PromptEncoder::encode_texts(const std::vector<std::string>& texts,
                                       const PromptOptions& options) const {
  PTRAVEL_CHECK(!texts.empty());
  ChunkOptions chunk_options;
  chunk_options.comma_padding_backtrack = options.comma_padding_backtrack;
  chunk_options.parse_attention = options.emphasis != Emphasis::None;
  std::vector<PromptChunks> prompts;
  std::size_t chunk_count = 0;
  for (const std::string& text : texts) {
    prompts.push_back(chunk_prompt(tokenizer_, text, chunk_options));
    chunk_count = std::max(chunk_count, prompts.back().chunks.size());
  }
  const Chunk empty = empty_chunk(tokenizer_);
  const auto rows = static_cast<std::int64_t>(texts.size());
  std::vector<at::Tensor> encoded;
  for (std::size_t chunk = 0; chunk < chunk_count; ++chunk) {
    at::Tensor ids = at::empty({rows, kChunkSize}, at::kLong);
    at::Tensor multipliers = at::empty({rows, kChunkSize}, at::kFloat);
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto& chunks = prompts[static_cast<std::size_t>(row)].chunks;
      const Chunk& source = chunk < chunks.size() ? chunks[chunk] : empty;
      std::copy(source.tokens.begin(), source.tokens.end(), ids[row].data_ptr<std::int64_t>());
      std::transform(source.multipliers.begin(), source.multipliers.end(),
                     multipliers[row].data_ptr<float>(),
                     [](double value) { return static_cast<float>(value); });
    }
    const at::Tensor z = model_.forward(ids, options.clip_skip).to(at::kCPU);
    encoded.push_back(apply_emphasis(z, multipliers, options.emphasis));
  }
  return at::cat(encoded, 1);  // [texts, 77 * chunks, width]
}

at::Tensor PromptEncoder::encode_empty(const PromptOptions& options) const {
  return encode_texts({""}, options)[0];
}

at::Tensor apply_emphasis(const at::Tensor& z, const at::Tensor& multipliers, Emphasis emphasis) {
  if (emphasis == Emphasis::Ignore || emphasis == Emphasis::None) {
    return z;
  }
  at::Tensor weighted = z * multipliers.unsqueeze(-1).to(z.options());
  if (emphasis == Emphasis::NoNorm) {
    return weighted;
  }
  return weighted * (z.mean() / weighted.mean());
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
