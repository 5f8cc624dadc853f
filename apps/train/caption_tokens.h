#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace ptravel::train {

/// Tokens of a text encoder's chunk: start, at most 75 of the text, end, padding.
inline constexpr std::int64_t kChunkTokens = 77;

/// The vocabulary of the default model: byte pairs learned on captions of the picture set.
Vocabulary make_caption_vocabulary();

/// The words of the captions that the vocabulary is learned on, most frequent first (of equals the
/// alphabetically first): what the default model was trained to know. Without marks and numbers.
std::vector<std::string> caption_words();

/// The chunks of captions, int64 [N, 77]; what is longer is cut off.
at::Tensor caption_ids(const Tokenizer& tokenizer, const std::vector<std::string>& captions);

}  // namespace ptravel::train
