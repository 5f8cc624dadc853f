#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/prompt_embedding.h"

namespace ptravel {

class Tokenizer;
using Tokenizers = std::vector<Tokenizer>;

/// Tokens of a chunk between its start and end token.
inline constexpr int kChunkTokens = 75;
/// All tokens of a chunk: what the text encoder sees at once.
inline constexpr int kChunkSize = kChunkTokens + 2;

/// An embedding in a chunk: its vectors take the places of the tokens from `offset` on (0 is the
/// first behind the start token), as many as there are until the chunk's end.
struct ChunkEmbedding {
  std::size_t offset = 0;
  SharedEmbedding embedding;
  bool operator==(const ChunkEmbedding&) const = default;
};

/// One piece of a prompt as the text encoder takes it: start token, up to 75 tokens, end token,
/// filled up with the tokenizer's padding.
struct Chunk {
  std::array<std::int32_t, kChunkSize> tokens{};
  std::array<double, kChunkSize> multipliers{};  ///< Emphasis; 1 for start, end and padding.
  /// Ascending. Their places hold the id 0.
  std::vector<ChunkEmbedding> embeddings = {};
  bool operator==(const Chunk&) const = default;
};

/// A whole prompt text.
struct PromptChunks {
  std::vector<Chunk> chunks;  ///< At least one.
  int token_count = 0;        ///< 75 for every finished chunk plus the length of the last one.
};

/// A text in the tokens of each of a model's text encoders. All have as many chunks.
struct TextChunks {
  std::vector<std::vector<Chunk>> encoders;

  std::size_t size() const { return encoders.empty() ? 0 : encoders.front().size(); }
  bool operator==(const TextChunks&) const = default;
};

struct ChunkOptions {
  /// How far back a comma may lie at which a full chunk is cut, so that a phrase is not split;
  /// 0 to 75, 0 for never.
  int comma_padding_backtrack = 20;
  /// Whether brackets and BREAK mean something. Without, all of the text has weight 1 (the web UI's
  /// emphasis option "None").
  bool parse_attention = true;
  /// Embeddings that a prompt names; null: none. Outlives the call.
  const EmbeddingNames* embeddings = nullptr;
};

/// Cuts one text (an entry of a schedule) into chunks as the web UI does. Every attention piece is
/// tokenized on its own, and an embedding's name must lie in one of them. Throws InvalidArgument
/// for a wrong weight or option, and what loading an embedding throws.
PromptChunks chunk_prompt(const Tokenizer& tokenizer,
                          std::string_view text,
                          const ChunkOptions& options = {});

/// A chunk without text, with which shorter texts of a batch are filled up.
Chunk empty_chunk(const Tokenizer& tokenizer);
/// One for each tokenizer.
std::vector<Chunk> empty_chunks(const Tokenizers& tokenizers);

}  // namespace ptravel
