#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ptravel {

struct TravelRequest;

/// A seed from 0 to 2^64 - 1, or the wish to have one drawn, which is written -1.
class Seed {
 public:
  /// To be drawn.
  constexpr Seed() = default;
  /// Any negative number: to be drawn.
  template <std::integral Integer>
  constexpr Seed(Integer number)  // NOLINT(google-explicit-constructor): a seed is a number
      : given_(std::cmp_greater_equal(number, 0)),
        number_(given_ ? static_cast<std::uint64_t>(number) : 0) {}

  constexpr bool given() const { return given_; }
  /// The number; `drawn` where there is none yet.
  constexpr std::uint64_t number_or(std::uint64_t drawn) const { return given_ ? number_ : drawn; }
  /// The number; throws Internal where there is none yet.
  std::uint64_t number() const;

  constexpr bool operator==(const Seed&) const = default;

 private:
  bool given_ = false;
  std::uint64_t number_ = 0;
};

/// "-1", "114514", "18446744073709551615".
std::string to_text(const Seed& seed);

/// Reads that form, or nothing.
std::optional<Seed> parse_seed(std::string_view text);

/// Draws every seed of the request that is not given, as the web UI does from 0 to 2^32 - 3. The
/// variation seed stays: not given it means one of its own for each frame.
void draw_seeds(TravelRequest& request);

}  // namespace ptravel
