#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/vocabulary.h"

namespace ptravel {

/// Byte-pair encoding of single words (Sennrich et al. 2016, on bytes as in GPT-2): a word starts
/// as its bytes, the last one marked as the word's end, and the earliest merge that applies is made
/// at all its places until none applies. Immutable after construction, so safe from any thread.
class BytePairEncoder {
 public:
  /// Pieces without an id become `unknown_id`.
  BytePairEncoder(const Vocabulary& vocabulary, std::int32_t unknown_id);

  /// Appends the ids of a word (its UTF-8 bytes; nothing for an empty word). O(n log n).
  void encode(std::string_view word, std::vector<std::int32_t>& ids) const;

 private:
  using Symbol = std::uint32_t;  ///< Number of a distinct piece; bytes come first.
  struct Merge {
    std::uint32_t rank = 0;
    Symbol result = 0;
  };
  struct Work;

  Symbol intern(const std::string& piece,
                std::unordered_map<std::string, Symbol>& symbols,
                const Vocabulary& vocabulary);
  const Merge* find_merge(Symbol left, Symbol right) const;
  void merge_batch(Work& work) const;

  std::int32_t unknown_id_;
  std::vector<std::int32_t> symbol_ids_;
  std::unordered_map<std::uint64_t, Merge> merges_;  ///< By left << 32 | right.
};

}  // namespace ptravel
