#include "text/chunks.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "ptravel/error.h"
#include "text/prompt_attention.h"
#include "text/tokenizer.h"

namespace ptravel {
namespace {

struct WeightedToken {
  std::int32_t id;
  double weight;
};

using Tokens = std::vector<WeightedToken>;

/// After the first end token the remaining places hold the padding token (SD 2.x; in SD 1.x both
/// are the same).
void pad_after_end(Chunk& chunk, const Tokenizer& tokenizer) {
  const auto end = std::ranges::find(chunk.tokens, tokenizer.end_id());
  if (end != chunk.tokens.end()) {
    std::fill(std::next(end), chunk.tokens.end(), tokenizer.pad_id());
  }
}

Chunk make_chunk(const Tokenizer& tokenizer,
                 const Tokens& tokens,
                 std::vector<ChunkEmbedding> embeddings = {}) {
  Chunk chunk;
  chunk.tokens.fill(tokenizer.end_id());
  chunk.multipliers.fill(1.0);
  chunk.tokens[0] = tokenizer.start_id();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    chunk.tokens[i + 1] = tokens[i].id;
    chunk.multipliers[i + 1] = tokens[i].weight;
  }
  if (tokenizer.pad_id() != tokenizer.end_id()) {
    pad_after_end(chunk, tokenizer);
  }
  chunk.embeddings = std::move(embeddings);
  return chunk;
}

/// Collects tokens and closes chunks.
class Chunker {
 public:
  Chunker(const Tokenizer& tokenizer, int backtrack)
      : tokenizer_(tokenizer), backtrack_(static_cast<std::size_t>(backtrack)) {}

  /// Makes room for the next token, which `id` is.
  void prepare(std::int32_t id) {
    if (id == tokenizer_.comma_id()) {
      last_comma_ = tokens_.size();
    } else if (backtrack_ > 0 && full() && last_comma_ && kTokens - *last_comma_ <= backtrack_) {
      carry_after_comma();
    }
    if (full()) {
      close();
    }
  }

  void add(WeightedToken token) { tokens_.push_back(token); }

  /// Its vectors stay together: where they do not fit, a chunk begins.
  void add(const SharedEmbedding& embedding, double weight) {
    const auto places = static_cast<std::size_t>(embedding->vectors);
    if (tokens_.size() + places > kTokens) {
      close();
    }
    embeddings_.push_back({tokens_.size(), embedding});
    tokens_.insert(tokens_.end(), places, {0, weight});
  }

  void close() {
    result_.token_count += kChunkTokens;
    result_.chunks.push_back(make_chunk(tokenizer_, tokens_, std::exchange(embeddings_, {})));
    tokens_.clear();
    last_comma_.reset();
  }

  PromptChunks finish() {
    if (!tokens_.empty() || result_.chunks.empty()) {
      result_.token_count += static_cast<int>(tokens_.size());
      result_.chunks.push_back(make_chunk(tokenizer_, tokens_, std::move(embeddings_)));
    }
    return std::move(result_);
  }

 private:
  static constexpr auto kTokens = static_cast<std::size_t>(kChunkTokens);

  bool full() const { return tokens_.size() == kTokens; }

  /// Closes the chunk behind its last comma; what follows begins the next one. Embeddings stay
  /// behind, as in the web UI: those that lie behind the comma take the places of padding.
  void carry_after_comma() {
    const auto cut = tokens_.begin() + static_cast<std::ptrdiff_t>(*last_comma_) + 1;
    Tokens carried(cut, tokens_.end());
    tokens_.erase(cut, tokens_.end());
    close();
    tokens_ = std::move(carried);
  }

  const Tokenizer& tokenizer_;
  std::size_t backtrack_;
  Tokens tokens_;
  std::vector<ChunkEmbedding> embeddings_;
  std::optional<std::size_t> last_comma_;  ///< Its place in tokens_.
  PromptChunks result_;
};

void add_text(const Tokenizer& tokenizer,
              const WeightedText& text,
              const EmbeddingNames* names,
              Chunker& chunker) {
  const std::vector<std::int32_t> ids = tokenizer.encode(text.text);
  for (std::size_t at = 0; at < ids.size();) {
    chunker.prepare(ids[at]);
    const auto match =
        names != nullptr ? names->find(std::span(ids).subspan(at)) : EmbeddingNames::Match();
    if (match.embedding) {
      chunker.add(match.embedding, text.weight);
      at += match.tokens;
    } else {
      chunker.add({ids[at], text.weight});
      ++at;
    }
  }
}

}  // namespace

PromptChunks chunk_prompt(const Tokenizer& tokenizer,
                          std::string_view text,
                          const ChunkOptions& options) {
  if (options.comma_padding_backtrack < 0 || options.comma_padding_backtrack > kChunkTokens) {
    throw Error(ErrorCode::InvalidArgument,
                "[prompt] comma padding backtrack: expected 0 to 75, got " +
                    std::to_string(options.comma_padding_backtrack));
  }
  const std::vector<WeightedText> pieces = options.parse_attention
                                               ? parse_prompt_attention(text)
                                               : std::vector<WeightedText>{{std::string(text)}};
  Chunker chunker(tokenizer, options.comma_padding_backtrack);
  for (const WeightedText& piece : pieces) {
    if (piece.is_break()) {
      chunker.close();
      continue;
    }
    add_text(tokenizer, piece, options.embeddings, chunker);
  }
  return chunker.finish();
}

Chunk empty_chunk(const Tokenizer& tokenizer) { return make_chunk(tokenizer, {}); }

std::vector<Chunk> empty_chunks(const Tokenizers& tokenizers) {
  std::vector<Chunk> chunks;
  std::transform(tokenizers.begin(), tokenizers.end(), std::back_inserter(chunks), empty_chunk);
  return chunks;
}

}  // namespace ptravel
