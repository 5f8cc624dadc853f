#include "pipeline/prompt_encoder.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/reduce.h"

namespace ptravel {
namespace {

std::int64_t longest(const ScheduledConditioning& schedule) {
  std::int64_t tokens = 0;
  for (const auto& entry : schedule.entries) {
    tokens = std::max(tokens, entry.conditioning->text.length());
  }
  return tokens;
}

/// One chunk of each text, [texts, 77].
struct ChunkColumn {
  at::Tensor ids;
  at::Tensor multipliers;
};

/// The texts' chunk number `index`; `empty` for texts that have fewer.
ChunkColumn column_of(const std::vector<std::vector<Chunk>>& texts,
                      std::size_t index,
                      const Chunk& empty) {
  const auto rows = static_cast<std::int64_t>(texts.size());
  ChunkColumn column{at::empty({rows, kChunkSize}, at::kLong),
                     at::empty({rows, kChunkSize}, at::kFloat)};
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::vector<Chunk>& chunks = texts[static_cast<std::size_t>(row)];
    const Chunk& source = index < chunks.size() ? chunks[index] : empty;
    std::copy(source.tokens.begin(), source.tokens.end(), column.ids[row].data_ptr<std::int64_t>());
    std::transform(source.multipliers.begin(), source.multipliers.end(),
                   column.multipliers[row].data_ptr<float>(),
                   [](double value) { return static_cast<float>(value); });
  }
  return column;
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
  ImageConditioning image;
  for (const PromptPart& part : tokenize_prompt(tokenizer_, prompt, options)) {
    image.parts.push_back({encode_schedule(part.schedule, options), part.weight});
  }
  image.uncond = encode_schedule(
      tokenize_negative_prompt(tokenizer_, negative_prompt, options).schedule, options);
  pad_to_one_length(image, options);
  return image;
}

void PromptEncoder::pad_to_one_length(ImageConditioning& image,
                                      const PromptOptions& options) const {
  if (!options.pad_cond_uncond) {
    return;
  }
  const TextEncoding empty = encode_empty(options);
  std::int64_t tokens = longest(image.uncond);
  for (const ConditioningPart& part : image.parts) {
    tokens = std::max(tokens, longest(part.schedule));
  }
  const auto pad = [&](ScheduledConditioning& schedule) {
    for (auto& entry : schedule.entries) {
      entry.conditioning =
          with_text(entry.conditioning, padded_with(entry.conditioning->text, empty, tokens));
    }
  };
  pad(image.uncond);
  for (ConditioningPart& part : image.parts) {
    pad(part.schedule);
  }
}

ScheduledConditioning PromptEncoder::encode_schedule(const std::vector<ScheduledChunks>& schedule,
                                                     const PromptOptions& options) const {
  std::vector<std::vector<Chunk>> texts;
  texts.reserve(schedule.size());
  for (const ScheduledChunks& entry : schedule) {
    texts.push_back(entry.chunks);
  }
  std::vector<TextEncoding> encoded = encode_texts(texts, options);
  ScheduledConditioning result;
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    result.entries.push_back({schedule[i].end_at_step, make_conditioning(std::move(encoded[i]))});
  }
  return result;
}

std::vector<TextEncoding> PromptEncoder::encode_texts(const std::vector<std::vector<Chunk>>& texts,
                                                      const PromptOptions& options) const {
  PTRAVEL_CHECK(!texts.empty());
  const at::NoGradGuard no_gradients;
  std::size_t chunk_count = 0;
  for (const std::vector<Chunk>& text : texts) {
    chunk_count = std::max(chunk_count, text.size());
  }
  const Chunk empty = empty_chunk(tokenizer_);
  std::vector<at::Tensor> chunks;
  at::Tensor pooled;
  for (std::size_t i = 0; i < chunk_count; ++i) {
    const ChunkColumn column = column_of(texts, i, empty);
    const ClipText text = model_.encode(column.ids, options.clip_skip);
    chunks.push_back(
        apply_emphasis(text.tokens.to(at::kCPU), column.multipliers, options.emphasis));
    if (i == 0 && text.pooled.defined()) {
      pooled = text.pooled.to(at::kCPU);
    }
  }
  const at::Tensor tokens = at::cat(chunks, 1);  // [texts, 77 * chunks, width]
  std::vector<TextEncoding> encodings;
  for (std::int64_t i = 0; i < tokens.size(0); ++i) {
    encodings.push_back({tokens[i].contiguous(), pooled.defined() ? pooled[i] : at::Tensor()});
  }
  return encodings;
}

TextEncoding PromptEncoder::encode_empty(const PromptOptions& options) const {
  return encode_texts({tokenize_text(tokenizer_, "", options)}, options).front();
}

at::Tensor PromptEncoder::embeddings(const std::vector<std::int32_t>& ids) const {
  const at::NoGradGuard no_gradients;
  const std::vector<std::int64_t> wide(ids.begin(), ids.end());
  // The text model takes as many tokens at once as it has positions.
  std::vector<at::Tensor> rows;
  for (std::size_t first = 0; first < wide.size(); first += kChunkTokens) {
    const std::size_t last = std::min(wide.size(), first + kChunkTokens);
    const at::Tensor piece =
        at::tensor(at::ArrayRef<std::int64_t>(wide.data() + first, last - first), at::kLong);
    rows.push_back(model_.embed_tokens(piece.unsqueeze(0))[0].to(at::kCPU));
  }
  return at::cat(rows);
}

at::Tensor apply_emphasis(const at::Tensor& z, const at::Tensor& multipliers, Emphasis emphasis) {
  if (emphasis == Emphasis::Ignore || emphasis == Emphasis::None) {
    return z;
  }
  at::Tensor weighted = z * multipliers.unsqueeze(-1).to(z.options());
  if (emphasis == Emphasis::NoNorm) {
    return weighted;
  }
  return weighted * (mean_of_all(z) / mean_of_all(weighted));
}

}  // namespace ptravel
