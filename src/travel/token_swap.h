#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "text/chunks.h"

namespace ptravel {

/// An embedding that takes the places from `place` on.
struct PlacedEmbedding {
  std::size_t place = 0;
  SharedEmbedding embedding;
  bool operator==(const PlacedEmbedding&) const = default;
  /// The place behind its last one; embeddings do not reach into the next chunk.
  std::size_t end() const;
};

/// The tokens of a text without start and end tokens, chunk after chunk: 75 places per chunk.
struct TokenSequence {
  std::vector<std::int32_t> ids;
  std::vector<double> multipliers;               ///< Emphasis of each token.
  std::vector<PlacedEmbedding> embeddings = {};  ///< Ascending.

  /// The chunks' tokens, filled up with `empty` chunks to `chunk_count`.
  static TokenSequence of(const std::vector<Chunk>& chunks,
                          std::size_t chunk_count,
                          const Chunk& empty);
  /// Chunks again; `frame` gives the start and end token.
  std::vector<Chunk> chunks(const Chunk& frame) const;
  bool operator==(const TokenSequence&) const = default;
};

/// Whether the emphasis of a token goes with it, or stays where it is (as the first version had
/// it).
enum class Multipliers { Move, Stay };

/// The tokens of a text for each of the model's text encoders, place by place the same words.
struct TokenRows {
  std::vector<TokenSequence> encoders;

  /// The chunks' tokens, filled up with `empty` chunks (one for each encoder) to `chunk_count`.
  static TokenRows of(const TextChunks& text,
                      std::size_t chunk_count,
                      const std::vector<Chunk>& empty);
  /// Chunks again; `frames` give the start and end tokens.
  TextChunks chunks(const std::vector<Chunk>& frames) const;
  /// How many places there are.
  std::size_t size() const { return encoders.front().ids.size(); }
  bool operator==(const TokenRows&) const = default;
};

/// Turns one text's tokens into another's, place by place, for all encoders in step. The places
/// that an embedding takes in either of them are one unit, and go together.
class TokenSwap {
 public:
  /// All rows have the same length.
  TokenSwap(TokenRows from, TokenRows to, Multipliers multipliers);

  const TokenRows& from() const { return from_; }
  const TokenRows& to() const { return to_; }
  const TokenRows& current() const { return current_; }
  /// Places that still differ for any encoder, ascending; of units the first ones. With
  /// Multipliers::Move a token of another emphasis differs, too.
  std::vector<std::size_t> differing() const;
  /// Takes the target's token at these places, and at all of the units that begin there.
  void swap(const std::vector<std::size_t>& places);
  /// The same with a number for each place replaced by its unit's mean.
  std::vector<double> by_unit(std::vector<double> numbers) const;

 private:
  /// Places [first, last).
  struct Unit {
    std::size_t first = 0;
    std::size_t last = 0;
  };
  bool differs(std::size_t place) const;
  Unit unit_at(std::size_t place) const;

  TokenRows from_, to_, current_;
  Multipliers multipliers_;
  std::vector<Unit> units_;  // of more than one place, ascending
};

/// All places by ascending `keys`; equal ones by their place.
std::vector<std::size_t> ascending(const std::vector<double>& keys);

/// The first `count` of `wanted` in the order in which they stand in `order`.
std::vector<std::size_t> first_of(const std::vector<std::size_t>& order,
                                  const std::vector<std::size_t>& wanted,
                                  std::size_t count);

/// How many of `total` are replaced once a share of the way is gone: grows evenly and ends with
/// all.
std::size_t evenly_replaced(std::size_t total, double share);

/// The first version's count for one step: a share of what still differs, but at least one.
std::size_t v1_count(std::size_t differing, std::int64_t steps);

/// How many in-betweens the first version draws until nothing differs, at most `steps`.
std::int64_t v1_in_betweens(std::size_t differing, std::int64_t steps);

}  // namespace ptravel
