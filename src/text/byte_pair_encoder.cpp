#include "text/byte_pair_encoder.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <queue>

#include "text/byte_alphabet.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

constexpr std::uint32_t kBytes = 256;
constexpr std::uint32_t kNone = UINT32_MAX;

std::uint64_t pair_key(std::uint32_t left, std::uint32_t right) {
  return (static_cast<std::uint64_t>(left) << 32) | right;
}

}  // namespace

/// A word being merged: symbols as a linked list in place, and the merges that may apply.
struct BytePairEncoder::Work {
  struct Candidate {
    std::uint32_t rank;
    std::uint32_t position;
    auto operator<=>(const Candidate&) const = default;
  };
  std::vector<Symbol> symbols;
  std::vector<std::uint32_t> next;      ///< kNone after the last symbol.
  std::vector<std::uint32_t> previous;  ///< kNone before the first symbol.
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  std::vector<std::uint32_t> merged;  ///< Positions that the current batch changed.
};

BytePairEncoder::BytePairEncoder(const Vocabulary& vocabulary, std::int32_t unknown_id)
    : unknown_id_(unknown_id) {
  std::unordered_map<std::string, Symbol> symbols;
  symbols.reserve(vocabulary.ids.size() + 2 * kBytes);
  merges_.reserve(vocabulary.merges.size());
  for (std::uint32_t byte = 0; byte < 2 * kBytes; ++byte) {
    std::string piece;
    append_utf8(piece, printable_of_byte(static_cast<unsigned char>(byte % kBytes)));
    intern(byte < kBytes ? piece : piece.append(kWordEnd), symbols, vocabulary);
  }
  for (std::uint32_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const auto& [left, right] = vocabulary.merges[rank];
    const Symbol first = intern(left, symbols, vocabulary);
    const Symbol second = intern(right, symbols, vocabulary);
    merges_[pair_key(first, second)] = {rank, intern(left + right, symbols, vocabulary)};
  }
}

BytePairEncoder::Symbol BytePairEncoder::intern(const std::string& piece,
                                                std::unordered_map<std::string, Symbol>& symbols,
                                                const Vocabulary& vocabulary) {
  const auto [found, added] = symbols.emplace(piece, static_cast<Symbol>(symbol_ids_.size()));
  if (added) {
    const auto id = vocabulary.ids.find(piece);
    symbol_ids_.push_back(id == vocabulary.ids.end() ? unknown_id_ : id->second);
  }
  return found->second;
}

const BytePairEncoder::Merge* BytePairEncoder::find_merge(Symbol left, Symbol right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BytePairEncoder::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (word.empty()) {
    return;
  }
  const auto size = static_cast<std::uint32_t>(word.size());
  Work work;
  work.symbols.resize(size);
  work.next.resize(size);
  work.previous.resize(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    work.symbols[i] = static_cast<unsigned char>(word[i]) + (i + 1 == size ? kBytes : 0);
    work.next[i] = i + 1 < size ? i + 1 : kNone;
    work.previous[i] = i > 0 ? i - 1 : kNone;
  }
  for (std::uint32_t i = 0; i + 1 < size; ++i) {
    if (const Merge* merge = find_merge(work.symbols[i], work.symbols[i + 1])) {
      work.candidates.push({merge->rank, i});
    }
  }
  while (!work.candidates.empty()) {
    merge_batch(work);
  }
  for (std::uint32_t i = 0; i != kNone; i = work.next[i]) {
    ids.push_back(symbol_ids_[work.symbols[i]]);
  }
}

/// Makes the earliest merge at all its places from left to right, then looks for what has become
/// possible beside them. The first position never vanishes: a merge keeps its left place.
void BytePairEncoder::merge_batch(Work& work) const {
  const std::uint32_t rank = work.candidates.top().rank;
  work.merged.clear();
  while (!work.candidates.empty() && work.candidates.top().rank == rank) {
    const std::uint32_t left = work.candidates.top().position;
    work.candidates.pop();
    const std::uint32_t right = work.next[left];
    if (work.symbols[left] == kNone || right == kNone) {
      continue;
    }
    const Merge* merge = find_merge(work.symbols[left], work.symbols[right]);
    if (merge == nullptr || merge->rank != rank) {
      continue;
    }
    work.symbols[left] = merge->result;
    work.symbols[right] = kNone;
    work.next[left] = work.next[right];
    if (work.next[right] != kNone) {
      work.previous[work.next[right]] = left;
    }
    work.merged.push_back(left);
  }
  for (const std::uint32_t position : work.merged) {
    for (const std::uint32_t left : {work.previous[position], position}) {
      const std::uint32_t right = left == kNone ? kNone : work.next[left];
      const Merge* merge =
          right == kNone ? nullptr : find_merge(work.symbols[left], work.symbols[right]);
      if (merge != nullptr) {
        work.candidates.push({merge->rank, left});
      }
    }
  }
}

}  // namespace ptravel
