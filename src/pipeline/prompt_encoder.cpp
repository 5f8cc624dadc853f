#include "pipeline/prompt_encoder.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "model/unet_blocks.h"
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
  std::vector<ClipVectors> vectors;
};

/// An embedding's vectors for one encoder, whose width they must have.
at::Tensor vectors_of(const PromptEmbedding& embedding, std::size_t encoder, std::int64_t width) {
  const bool has = encoder < embedding.encoders.size();
  if (!has || embedding.encoders[encoder].width != width) {
    throw Error(ErrorCode::InvalidArgument,
                "[embedding] " + embedding.file + ": has " +
                    (has ? "vectors of width " + std::to_string(embedding.encoders[encoder].width)
                         : std::string("no vectors")) +
                    " for text encoder " + std::to_string(encoder + 1) + ", expected width " +
                    std::to_string(width));
  }
  const EmbeddingVectors& own = embedding.encoders[encoder];
  return at::tensor(own.numbers, at::kFloat).reshape({own.count, own.width});
}

/// The texts' chunk number `index` for one encoder; `empty` for texts that have fewer.
ChunkColumn column_of(const std::vector<TextChunks>& texts,
                      std::size_t encoder,
                      std::size_t index,
                      const Chunk& empty,
                      std::int64_t width) {
  const auto rows = static_cast<std::int64_t>(texts.size());
  ChunkColumn column{
      at::empty({rows, kChunkSize}, at::kLong), at::empty({rows, kChunkSize}, at::kFloat), {}};
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::vector<Chunk>& chunks = texts[static_cast<std::size_t>(row)].encoders.at(encoder);
    const Chunk& source = index < chunks.size() ? chunks[index] : empty;
    std::copy(source.tokens.begin(), source.tokens.end(), column.ids[row].data_ptr<std::int64_t>());
    std::transform(source.multipliers.begin(), source.multipliers.end(),
                   column.multipliers[row].data_ptr<float>(),
                   [](double value) { return static_cast<float>(value); });
    for (const ChunkEmbedding& one : source.embeddings) {
      column.vectors.push_back({row, static_cast<std::int64_t>(one.offset) + 1,
                                vectors_of(*one.embedding, encoder, width)});
    }
  }
  return column;
}

/// What one encoder makes of several texts.
struct EncoderOutput {
  at::Tensor tokens;  // [texts, 77 * chunks, width]
  at::Tensor pooled;  // [texts, projection] of the first chunks; undefined where it has none
};

EncoderOutput run_encoder(const ClipTextModel& model,
                          const std::vector<ChunkColumn>& columns,
                          const PromptOptions& options) {
  EncoderOutput output;
  std::vector<at::Tensor> chunks;
  for (const ChunkColumn& column : columns) {
    const ClipText text = model.encode(column.ids, options.clip_skip, {}, column.vectors);
    chunks.push_back(
        apply_emphasis(text.tokens.to(at::kCPU), column.multipliers, options.emphasis));
    if (!output.pooled.defined() && text.pooled.defined()) {
      output.pooled = text.pooled.to(at::kCPU);
    }
  }
  output.tokens = at::cat(chunks, 1);
  return output;
}

/// The same encoding with zeros in place of all that comes from the text.
TextEncoding without_text(const TextEncoding& encoding, std::int64_t pooled_width) {
  TextEncoding blank{at::zeros_like(encoding.tokens)};
  if (encoding.vector.defined()) {
    blank.vector = encoding.vector.clone();
    blank.vector.narrow(0, 0, pooled_width).zero_();
  }
  return blank;
}

}  // namespace

PromptEncoder::PromptEncoder(const Tokenizers& tokenizers,
                             std::vector<ClipConfig> configs,
                             std::function<SharedTextEncoders()> models,
                             const EncodingRules& rules)
    : tokenizers_(tokenizers),
      configs_(std::move(configs)),
      models_(std::move(models)),
      rules_(rules) {
  PTRAVEL_CHECK(tokenizers.size() == configs_.size() && !configs_.empty());
  for (std::size_t i = 0; i < configs_.size(); ++i) {
    if (tokenizers[i].vocab_size() > configs_[i].vocab_size) {
      throw Error(ErrorCode::Unsupported, "[text encoder] the tokenizer has " +
                                              std::to_string(tokenizers[i].vocab_size()) +
                                              " entries, expected at most the text model's " +
                                              std::to_string(configs_[i].vocab_size));
    }
    pooled_width_ += configs_[i].projection;
  }
  PTRAVEL_CHECK((rules.vector_width - pooled_width_) % (2 * kSizeNumbers) == 0);
}

ImageConditioning PromptEncoder::encode(std::string_view prompt,
                                        std::string_view negative_prompt,
                                        const PromptOptions& options) const {
  ImageConditioning image;
  for (const PromptPart& part : tokenize_prompt(tokenizers_, prompt, options)) {
    image.parts.push_back({encode_schedule(part.schedule, options), part.weight});
  }
  image.uncond =
      encode_schedule(tokenize_negative_prompt(tokenizers_, negative_prompt, options).schedule,
                      options, PromptSide::Negative);
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
                                                     const PromptOptions& options,
                                                     PromptSide side) const {
  std::vector<TextChunks> texts;
  texts.reserve(schedule.size());
  for (const ScheduledChunks& entry : schedule) {
    texts.push_back(entry.chunks);
  }
  std::vector<TextEncoding> encoded = encode_texts(texts, options);
  const bool blank = side == PromptSide::Negative && rules_.zero_blank_negative &&
                     std::all_of(schedule.begin(), schedule.end(),
                                 [](const ScheduledChunks& entry) { return entry.blank; });
  ScheduledConditioning result;
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    result.entries.push_back(
        {schedule[i].end_at_step, make_conditioning(blank ? without_text(encoded[i], pooled_width_)
                                                          : std::move(encoded[i]))});
  }
  return result;
}

std::vector<TextEncoding> PromptEncoder::encode_texts(const std::vector<TextChunks>& texts,
                                                      const PromptOptions& options) const {
  PTRAVEL_CHECK(!texts.empty());
  const at::NoGradGuard no_gradients;
  std::size_t chunk_count = 0;
  for (const TextChunks& text : texts) {
    chunk_count = std::max(chunk_count, text.size());
  }
  std::vector<at::Tensor> tokens;   // of each encoder
  std::vector<at::Tensor> vectors;  // pooled texts, then the sizes
  const SharedTextEncoders models = models_();
  for (std::size_t encoder = 0; encoder < models->size(); ++encoder) {
    const Chunk empty = empty_chunk(tokenizers_[encoder]);
    std::vector<ChunkColumn> columns;
    for (std::size_t i = 0; i < chunk_count; ++i) {
      columns.push_back(column_of(texts, encoder, i, empty, configs_[encoder].width));
    }
    EncoderOutput output = run_encoder((*models)[encoder], columns, options);
    tokens.push_back(std::move(output.tokens));
    if (output.pooled.defined() && rules_.vector_width > 0) {
      vectors.push_back(std::move(output.pooled));
    }
  }
  const at::Tensor context = tokens.size() == 1 ? tokens.front() : at::cat(tokens, 2);
  at::Tensor vector;
  if (!vectors.empty()) {
    vectors.push_back(embedded_sizes(options.sizes).expand({context.size(0), -1}));
    vector = at::cat(vectors, 1);
  }
  std::vector<TextEncoding> encodings;
  for (std::int64_t i = 0; i < context.size(0); ++i) {
    encodings.push_back({context[i].contiguous(), vector.defined() ? vector[i] : at::Tensor()});
  }
  return encodings;
}

/// [1, the vector's numbers behind the pooled text].
at::Tensor PromptEncoder::embedded_sizes(const PictureSizes& sizes) const {
  const std::vector<float> numbers = {
      static_cast<float>(sizes.height),   static_cast<float>(sizes.width),
      static_cast<float>(sizes.crop_top), static_cast<float>(sizes.crop_left),
      static_cast<float>(sizes.height),   static_cast<float>(sizes.width)};
  PTRAVEL_CHECK(static_cast<std::int64_t>(numbers.size()) == kSizeNumbers);
  const std::int64_t width = (rules_.vector_width - pooled_width_) / kSizeNumbers;
  return timestep_embedding(at::tensor(numbers), width).reshape({1, -1});
}

ImageConditioning PromptEncoder::with_sizes(ImageConditioning image,
                                            const PictureSizes& sizes) const {
  if (rules_.vector_width == 0) {
    return image;
  }
  const at::Tensor numbers = embedded_sizes(sizes).flatten();
  const auto change = [&](ScheduledConditioning& schedule) {
    for (auto& entry : schedule.entries) {
      TextEncoding text = entry.conditioning->text;
      text.vector = at::cat({text.vector.narrow(0, 0, pooled_width_), numbers});
      entry.conditioning = with_text(entry.conditioning, std::move(text));
    }
  };
  for (ConditioningPart& part : image.parts) {
    change(part.schedule);
  }
  change(image.uncond);
  return image;
}

TextEncoding PromptEncoder::encode_empty(const PromptOptions& options) const {
  return encode_texts({tokenize_text(tokenizers_, "", options)}, options).front();
}

at::Tensor PromptEncoder::embeddings(const TextChunks& text) const {
  PTRAVEL_CHECK(text.encoders.size() == configs_.size());
  const at::NoGradGuard no_gradients;
  const SharedTextEncoders models = models_();
  std::vector<at::Tensor> sides;
  for (std::size_t i = 0; i < configs_.size(); ++i) {
    std::vector<at::Tensor> rows;
    for (const Chunk& chunk : text.encoders[i]) {
      const std::vector<std::int64_t> ids(chunk.tokens.begin() + 1, chunk.tokens.end() - 1);
      at::Tensor embedded =
          (*models)[i].embed_tokens(at::tensor(ids, at::kLong).unsqueeze(0))[0].to(at::kCPU);
      for (const ChunkEmbedding& one : chunk.embeddings) {
        const at::Tensor own = vectors_of(*one.embedding, i, configs_[i].width);
        const auto place = static_cast<std::int64_t>(one.offset);
        const std::int64_t count = std::min(own.size(0), kChunkTokens - place);
        embedded.narrow(0, place, count).copy_(own.narrow(0, 0, count));
      }
      rows.push_back(std::move(embedded));
    }
    sides.push_back(at::cat(rows));
  }
  return at::cat(sides, 1);
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
