#include "ptravel/seed.h"

#include <random>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/request.h"

namespace ptravel {

std::uint64_t Seed::number() const {
  PTRAVEL_CHECK(given_);
  return number_;
}

std::string to_text(const Seed& seed) {
  return seed.given() ? std::to_string(seed.number()) : "-1";
}

std::optional<Seed> parse_seed(std::string_view text) {
  if (const auto number = parse_unsigned(text)) {
    return Seed(*number);
  }
  return parse_integer(text) == -1 ? std::optional<Seed>(Seed()) : std::nullopt;
}

void draw_seeds(TravelRequest& request) {
  constexpr std::uint64_t kLargestDrawn = 4294967293;
  std::random_device device;
  std::uniform_int_distribution<std::uint64_t> distribution(0, kLargestDrawn);
  for (Seed& seed : request.seed) {
    seed = seed.given() ? seed : Seed(distribution(device));
  }
}

}  // namespace ptravel
