#include "travel/token_words.h"

#include <algorithm>

#include "pipeline/prompt_tokens.h"

namespace ptravel {
namespace {

bool is_filling(const Tokenizer& tokenizer, std::int32_t id) {
  return id == tokenizer.start_id() || id == tokenizer.end_id() || id == tokenizer.pad_id();
}

}  // namespace

std::vector<std::string> place_words(const Tokenizer& tokenizer, const TokenSequence& text) {
  std::vector<std::string> words;
  for (const std::int32_t id : text.ids) {
    words.push_back(is_filling(tokenizer, id) ? std::string() : token_words(tokenizer, {id}));
  }
  for (const PlacedEmbedding& one : text.embeddings) {
    for (std::size_t place = one.place; place < std::min(one.end(), words.size()); ++place) {
      words[place] = place == one.place ? one.embedding->name : std::string();
    }
  }
  return words;
}

std::string joined_words(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) {
    joined += (joined.empty() || word.empty() ? "" : " ") + word;
  }
  return joined;
}

std::int64_t count_tokens(const Tokenizer& tokenizer, const TokenSequence& text) {
  std::vector<bool> taken;
  for (const std::int32_t id : text.ids) {
    taken.push_back(!is_filling(tokenizer, id));
  }
  for (const PlacedEmbedding& one : text.embeddings) {
    for (std::size_t place = one.place; place < std::min(one.end(), taken.size()); ++place) {
      taken[place] = true;
    }
  }
  return std::ranges::count(taken, true);
}

}  // namespace ptravel
