#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text/tokenizer.h"
#include "travel/token_swap.h"

namespace ptravel {

/// The word at each place of a text: a vocabulary entry as token_words writes it, an embedding's
/// name at the first of its places; empty at its others and where a start, end or padding token is.
std::vector<std::string> place_words(const Tokenizer& tokenizer, const TokenSequence& text);

/// Words with spaces between; empty ones are left out.
std::string joined_words(const std::vector<std::string>& words);

/// How many of a text's places hold a token or a vector of an embedding.
std::int64_t count_tokens(const Tokenizer& tokenizer, const TokenSequence& text);

}  // namespace ptravel
