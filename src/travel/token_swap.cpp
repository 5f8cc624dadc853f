#include "travel/token_swap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "ptravel/error.h"

namespace ptravel {

TokenSequence TokenSequence::of(const std::vector<Chunk>& chunks,
                                std::size_t chunk_count,
                                const Chunk& empty) {
  TokenSequence sequence;
  for (std::size_t i = 0; i < std::max(chunk_count, chunks.size()); ++i) {
    const Chunk& chunk = i < chunks.size() ? chunks[i] : empty;
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

std::vector<std::vector<std::int32_t>> TokenRows::ids() const {
  std::vector<std::vector<std::int32_t>> result;
  for (const TokenSequence& sequence : encoders) {
    result.push_back(sequence.ids);
  }
  return result;
}

TokenSwap::TokenSwap(TokenRows from, TokenRows to, Multipliers multipliers)
    : from_(std::move(from)), to_(std::move(to)), current_(from_), multipliers_(multipliers) {
  PTRAVEL_CHECK(from_.encoders.size() == to_.encoders.size() && !from_.encoders.empty() &&
                from_.size() == to_.size());
}

std::vector<std::size_t> TokenSwap::differing() const {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < to_.size(); ++place) {
    bool differs = false;
    for (std::size_t i = 0; i < to_.encoders.size(); ++i) {
      const TokenSequence& current = current_.encoders[i];
      const TokenSequence& to = to_.encoders[i];
      const bool emphasis =
          multipliers_ == Multipliers::Move && current.multipliers[place] != to.multipliers[place];
      differs = differs || current.ids[place] != to.ids[place] || emphasis;
    }
    if (differs) {
      places.push_back(place);
    }
  }
  return places;
}

void TokenSwap::swap(const std::vector<std::size_t>& places) {
  for (const std::size_t place : places) {
    for (std::size_t i = 0; i < to_.encoders.size(); ++i) {
      current_.encoders[i].ids.at(place) = to_.encoders[i].ids.at(place);
      if (multipliers_ == Multipliers::Move) {
        current_.encoders[i].multipliers.at(place) = to_.encoders[i].multipliers.at(place);
      }
    }
  }
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
