#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "text/vocabulary.h"

namespace ptravel::train {

/// Learns a vocabulary of CLIP's kind from texts: as long as there are fewer than `merges`, the
/// pair of pieces that is most frequent in the words becomes a piece (the alphabetically first of
/// equals). Ends early when no pair occurs twice. Words are split as the tokenizer splits them, and
/// the vocabulary's ids have no gaps.
Vocabulary learn_vocabulary(const std::vector<std::string>& texts, std::size_t merges);

/// Writes a tokenizer folder in the diffusers layout, which load_vocabulary reads: vocab.json,
/// merges.txt, special_tokens_map.json, tokenizer_config.json. Makes the folder where it is
/// missing. Throws Io.
void save_vocabulary(const Vocabulary& vocabulary, const std::filesystem::path& folder);

}  // namespace ptravel::train
