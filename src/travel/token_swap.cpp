#include "travel/token_swap.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// What the tokens at a place stand for: nothing but an id, or the vector of an embedding.
std::pair<SharedEmbedding, std::size_t> vector_at(const TokenSequence& sequence,
                                                  std::size_t place) {
  for (const PlacedEmbedding& one : sequence.embeddings) {
    if (one.place <= place && place < one.end()) {
      return {one.embedding, place - one.place};
    }
  }
  return {};
}

/// Takes over what `to` has at the places [first, last).
void take(TokenSequence& current,
          const TokenSequence& to,
          std::size_t first,
          std::size_t last,
          Multipliers multipliers) {
  for (std::size_t place = first; place < last; ++place) {
    current.ids.at(place) = to.ids.at(place);
    if (multipliers == Multipliers::Move) {
      current.multipliers.at(place) = to.multipliers.at(place);
    }
  }
  const auto inside = [&](const PlacedEmbedding& one) {
    return first <= one.place && one.place < last;
  };
  std::erase_if(current.embeddings, inside);
  std::ranges::copy_if(to.embeddings, std::back_inserter(current.embeddings), inside);
  std::ranges::stable_sort(current.embeddings, {}, &PlacedEmbedding::place);
}

}  // namespace

std::size_t PlacedEmbedding::end() const {
  auto longest = static_cast<std::size_t>(embedding->vectors);
  for (const EmbeddingVectors& vectors : embedding->encoders) {
    longest = std::max(longest, static_cast<std::size_t>(vectors.count));
  }
  const std::size_t chunk_end = (place / kChunkTokens + 1) * kChunkTokens;
  return std::min(place + longest, chunk_end);
}

TokenSequence TokenSequence::of(const std::vector<Chunk>& chunks,
                                std::size_t chunk_count,
                                const Chunk& empty) {
  TokenSequence sequence;
  for (std::size_t i = 0; i < std::max(chunk_count, chunks.size()); ++i) {
    const Chunk& chunk = i < chunks.size() ? chunks[i] : empty;
    for (const ChunkEmbedding& one : chunk.embeddings) {
      sequence.embeddings.push_back({sequence.ids.size() + one.offset, one.embedding});
    }
    sequence.ids.insert(sequence.ids.end(), chunk.tokens.begin() + 1, chunk.tokens.end() - 1);
    sequence.multipliers.insert(sequence.multipliers.end(), chunk.multipliers.begin() + 1,
                                chunk.multipliers.end() - 1);
  }
  return sequence;
}

std::vector<Chunk> TokenSequence::chunks(const Chunk& frame) const {
  std::vector<Chunk> result;
  for (std::size_t first = 0; first < ids.size(); first += kChunkTokens) {
    Chunk chunk = frame;
    for (const PlacedEmbedding& one : embeddings) {
      if (first <= one.place && one.place < first + kChunkTokens) {
        chunk.embeddings.push_back({one.place - first, one.embedding});
      }
    }
    for (std::size_t i = 0; i < kChunkTokens; ++i) {
      chunk.tokens[i + 1] = ids.at(first + i);
      chunk.multipliers[i + 1] = multipliers.at(first + i);
    }
    result.push_back(chunk);
  }
  return result;
}

TokenRows TokenRows::of(const TextChunks& text,
                        std::size_t chunk_count,
                        const std::vector<Chunk>& empty) {
  PTRAVEL_CHECK(empty.size() == text.encoders.size());
  TokenRows rows;
  for (std::size_t i = 0; i < empty.size(); ++i) {
    rows.encoders.push_back(TokenSequence::of(text.encoders[i], chunk_count, empty[i]));
  }
  return rows;
}

TextChunks TokenRows::chunks(const std::vector<Chunk>& frames) const {
  TextChunks text;
  for (std::size_t i = 0; i < encoders.size(); ++i) {
    text.encoders.push_back(encoders[i].chunks(frames.at(i)));
  }
  return text;
}

TokenSwap::TokenSwap(TokenRows from, TokenRows to, Multipliers multipliers)
    : from_(std::move(from)), to_(std::move(to)), current_(from_), multipliers_(multipliers) {
  PTRAVEL_CHECK(from_.encoders.size() == to_.encoders.size() && !from_.encoders.empty() &&
                from_.size() == to_.size());
  std::vector<Unit> spans;
  for (const TokenRows* rows : {&from_, &to_}) {
    for (const TokenSequence& sequence : rows->encoders) {
      for (const PlacedEmbedding& one : sequence.embeddings) {
        spans.push_back({one.place, one.end()});
      }
    }
  }
  std::ranges::sort(spans, {}, &Unit::first);
  for (const Unit& span : spans) {
    if (!units_.empty() && span.first < units_.back().last) {
      units_.back().last = std::max(units_.back().last, span.last);
    } else {
      units_.push_back(span);
    }
  }
}

bool TokenSwap::differs(std::size_t place) const {
  for (std::size_t i = 0; i < to_.encoders.size(); ++i) {
    const TokenSequence& current = current_.encoders[i];
    const TokenSequence& to = to_.encoders[i];
    const bool emphasis =
        multipliers_ == Multipliers::Move && current.multipliers[place] != to.multipliers[place];
    if (current.ids[place] != to.ids[place] || emphasis ||
        vector_at(current, place) != vector_at(to, place)) {
      return true;
    }
  }
  return false;
}

TokenSwap::Unit TokenSwap::unit_at(std::size_t place) const {
  const auto found = std::ranges::find(units_, place, &Unit::first);
  return found == units_.end() ? Unit{place, place + 1} : *found;
}

std::vector<std::size_t> TokenSwap::differing() const {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < to_.size();) {
    const Unit unit = unit_at(place);
    bool any = false;
    for (; place < unit.last; ++place) {
      any = any || differs(place);
    }
    if (any) {
      places.push_back(unit.first);
    }
  }
  return places;
}

void TokenSwap::swap(const std::vector<std::size_t>& places) {
  for (const std::size_t place : places) {
    const Unit unit = unit_at(place);
    for (std::size_t i = 0; i < to_.encoders.size(); ++i) {
      take(current_.encoders[i], to_.encoders[i], unit.first, unit.last, multipliers_);
    }
  }
}

std::vector<double> TokenSwap::by_unit(std::vector<double> numbers) const {
  for (const Unit& unit : units_) {
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(unit.first);
    const auto last = numbers.begin() + static_cast<std::ptrdiff_t>(unit.last);
    std::fill(first, last,
              std::accumulate(first, last, 0.0) / static_cast<double>(unit.last - unit.first));
  }
  return numbers;
}

std::vector<std::size_t> ascending(const std::vector<double>& keys) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&keys](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  return order;
}

std::vector<std::size_t> first_of(const std::vector<std::size_t>& order,
                                  const std::vector<std::size_t>& wanted,
                                  std::size_t count) {
  std::vector<std::size_t> chosen;
  for (const std::size_t place : order) {
    if (chosen.size() < count && std::binary_search(wanted.begin(), wanted.end(), place)) {
      chosen.push_back(place);
    }
  }
  return chosen;
}

std::size_t evenly_replaced(std::size_t total, double share) {
  return static_cast<std::size_t>(std::lround(static_cast<double>(total) * share));
}

std::size_t v1_count(std::size_t differing, std::int64_t steps) {
  return std::max<std::size_t>(
      differing / static_cast<std::size_t>(std::max<std::int64_t>(steps, 1)), 1);
}

std::int64_t v1_in_betweens(std::size_t differing, std::int64_t steps) {
  std::int64_t drawn = 0;
  while (drawn < steps && differing > 0) {
    differing -= v1_count(differing, steps);
    ++drawn;
  }
  return drawn;
}

}  // namespace ptravel
