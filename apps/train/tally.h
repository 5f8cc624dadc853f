#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "look.h"

namespace ptravel::train {

/// The attributes that can be judged in a picture: all but the quality.
std::span<const Attribute> judged_attributes();

/// So many of so many.
struct Share {
  std::int64_t hits = 0;
  std::int64_t all = 0;

  void add(bool hit) {
    hits += hit ? 1 : 0;
    ++all;
  }
  void add(const Share& other) {
    hits += other.hits;
    all += other.all;
  }
  /// 0..1; 0 where nothing was counted.
  double value() const;
};

/// What was asked for and what was seen, for each judged attribute that the asked look shows.
class Tally {
 public:
  Tally();
  void add(const Look& asked, const Look& seen);

  /// How often the attribute was seen as asked.
  Share right(Attribute attribute) const;
  /// The same for one value only.
  Share right(Attribute attribute, int asked) const;

  struct Mistake {
    int asked = 0;
    int seen = 0;
    std::int64_t count = 0;
  };
  /// The most frequent one; nothing where there is none.
  std::optional<Mistake> worst(Attribute attribute) const;

 private:
  std::int64_t count(Attribute attribute, int asked, int seen) const;
  std::array<std::vector<std::int64_t>, kAttributes> counts_;  // [asked * values + seen]
};

}  // namespace ptravel::train
