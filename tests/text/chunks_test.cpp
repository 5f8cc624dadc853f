#include "text/chunks.h"

#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "text/prompt_embedding.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace ptravel {
namespace {

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) {
    result += text;
  }
  return result;
}

PromptChunks chunks_of(const std::string& text, const ChunkOptions& options = {}) {
  return chunk_prompt(Tokenizer::clip(), text, options);
}

int real_tokens(const Chunk& chunk) {
  int count = 0;
  while (chunk.tokens[static_cast<std::size_t>(count) + 1] != Tokenizer::clip().end_id()) {
    ++count;
  }
  return count;
}

TEST(Chunks, EmptyPromptIsOneEmptyChunk) {
  const PromptChunks chunks = chunks_of("");
  ASSERT_EQ(chunks.chunks.size(), 1u);
  EXPECT_EQ(chunks.token_count, 0);
  EXPECT_EQ(chunks.chunks[0], empty_chunk(Tokenizer::clip()));
  EXPECT_EQ(chunks.chunks[0].tokens.front(), Tokenizer::clip().start_id());
}

TEST(Chunks, WeightsBelongToTheirTokens) {
  const Chunk chunk = chunks_of("(a:1.3) b").chunks[0];
  EXPECT_EQ(chunk.multipliers[0], 1.0);
  EXPECT_EQ(chunk.multipliers[1], 1.3);
  EXPECT_EQ(chunk.multipliers[2], 1.0);
  EXPECT_EQ(chunk.multipliers[76], 1.0);
}

TEST(Chunks, FullChunksAreClosed) {
  EXPECT_EQ(chunks_of(repeated("word ", 75)).chunks.size(), 1u);
  const PromptChunks chunks = chunks_of(repeated("word ", 76));
  EXPECT_EQ(chunks.chunks.size(), 2u);
  EXPECT_EQ(chunks.token_count, 76);
}

TEST(Chunks, CutsBehindTheLastComma) {
  const std::string text = repeated("word ", 60) + ", " + repeated("cat ", 20);
  const PromptChunks cut = chunks_of(text);
  ASSERT_EQ(cut.chunks.size(), 2u);
  EXPECT_EQ(real_tokens(cut.chunks[0]), 61);
  EXPECT_EQ(real_tokens(cut.chunks[1]), 20);
  ChunkOptions options;
  options.comma_padding_backtrack = 0;
  EXPECT_EQ(real_tokens(chunks_of(text, options).chunks[0]), 75);
}

TEST(Chunks, CommasTooFarBackDoNotCount) {
  const std::string text = repeated("word ", 40) + ", " + repeated("cat ", 40);
  EXPECT_EQ(real_tokens(chunks_of(text).chunks[0]), 75);
}

TEST(Chunks, Breaks) {
  const PromptChunks chunks = chunks_of("a BREAK b");
  ASSERT_EQ(chunks.chunks.size(), 2u);
  EXPECT_EQ(chunks.token_count, 76);
  EXPECT_EQ(chunks_of("BREAK").chunks.size(), 1u);
  EXPECT_EQ(chunks_of("a BREAK").chunks.size(), 1u);
  EXPECT_EQ(chunks_of("BREAK BREAK a").chunks.size(), 3u);
}

TEST(Chunks, WithoutAttentionBracketsAreText) {
  ChunkOptions options;
  options.parse_attention = false;
  const PromptChunks chunks = chunks_of("(a:1.3) BREAK", options);
  EXPECT_EQ(chunks.chunks.size(), 1u);
  EXPECT_EQ(chunks.token_count, 8);
  EXPECT_EQ(chunks.chunks[0].multipliers[2], 1.0);
}

TEST(Chunks, OtherPaddingFollowsTheEndToken) {
  Vocabulary vocabulary;
  vocabulary.ids = {{"a</w>", 1}, {"<|startoftext|>", 2}, {"<|endoftext|>", 3}, {"!", 0}};
  vocabulary.padding_token = "!";
  const Tokenizer tokenizer(vocabulary);
  const Chunk chunk = chunk_prompt(tokenizer, "a a").chunks[0];
  EXPECT_EQ(chunk.tokens[2], 1);
  EXPECT_EQ(chunk.tokens[3], 3);
  EXPECT_EQ(chunk.tokens[4], 0);
  EXPECT_EQ(chunk.tokens[76], 0);
}

TEST(Chunks, BadInput) {
  ChunkOptions options;
  options.comma_padding_backtrack = -1;
  EXPECT_THROW(chunks_of("a", options), Error);
  EXPECT_THROW(chunks_of("(a:1.2.3)"), Error);
}

SharedEmbedding embedding_of(const std::string& name, int vectors) {
  auto embedding = std::make_shared<PromptEmbedding>();
  embedding->name = name;
  embedding->vectors = vectors;
  return embedding;
}

TEST(Chunks, EmbeddingsTakePlaces) {
  std::vector<std::string> asked;
  const EmbeddingNames names(Tokenizer::clip(), {"cat", "cat dog", "house", "", "!?x"},
                             [&](const std::string& name) -> SharedEmbedding {
                               asked.push_back(name);
                               return name == "house" ? nullptr : embedding_of(name, 3);
                             });
  ChunkOptions options;
  options.embeddings = &names;
  const PromptChunks text = chunks_of("(a CAT DOG:1.5) cat house, ca(t)", options);
  ASSERT_EQ(text.chunks.size(), 1u);
  EXPECT_EQ(text.token_count, 1 + 3 + 3 + 1 + 1 + 1 + 1)
      << "a, two embeddings, house, comma, ca, t";
  const Chunk& chunk = text.chunks[0];
  ASSERT_EQ(chunk.embeddings.size(), 2u);
  EXPECT_EQ(chunk.embeddings[0].embedding->name, "cat dog") << "the longer name counts";
  EXPECT_EQ(chunk.embeddings[0].offset, 1u);
  EXPECT_EQ(chunk.embeddings[1].embedding->name, "cat");
  EXPECT_EQ(chunk.embeddings[1].offset, 4u);
  for (std::size_t place = 2; place <= 7; ++place) {
    EXPECT_EQ(chunk.tokens[place], 0);
    EXPECT_EQ(chunk.multipliers[place], place < 5 ? 1.5 : 1.0);
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"cat dog", "cat", "house"}))
      << "only what the prompt names is loaded";
}

TEST(Chunks, AnEmbeddingStaysInOneChunk) {
  const EmbeddingNames names(Tokenizer::clip(), {"dog"},
                             [](const std::string& name) { return embedding_of(name, 75); });
  ChunkOptions options;
  options.embeddings = &names;
  const PromptChunks text = chunks_of("cat dog cat", options);
  ASSERT_EQ(text.chunks.size(), 3u);
  EXPECT_EQ(real_tokens(text.chunks[0]), 1);
  ASSERT_EQ(text.chunks[1].embeddings.size(), 1u);
  EXPECT_EQ(text.chunks[1].embeddings[0].offset, 0u);
  EXPECT_EQ(text.token_count, 75 + 75 + 1);
}

}  // namespace
}  // namespace ptravel
