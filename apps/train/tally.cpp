#include "tally.h"

namespace ptravel::train {
namespace {

int values_of(Attribute attribute) { return static_cast<int>(info(attribute).values.size()); }

std::vector<Attribute> all_but_quality() {
  std::vector<Attribute> attributes;
  for (std::size_t i = 0; i < kAttributes; ++i) {
    if (static_cast<Attribute>(i) != Attribute::Quality) {
      attributes.push_back(static_cast<Attribute>(i));
    }
  }
  return attributes;
}

}  // namespace

std::span<const Attribute> judged_attributes() {
  static const std::vector<Attribute> attributes = all_but_quality();
  return attributes;
}

double Share::value() const {
  return all > 0 ? static_cast<double>(hits) / static_cast<double>(all) : 0;
}

Tally::Tally() {
  for (const Attribute attribute : judged_attributes()) {
    const auto values = static_cast<std::size_t>(values_of(attribute));
    counts_[static_cast<std::size_t>(attribute)].resize(values * values);
  }
}

void Tally::add(const Look& asked, const Look& seen) {
  for (const Attribute attribute : judged_attributes()) {
    if (is_visible(asked, attribute)) {
      const int place = asked[attribute] * values_of(attribute) + seen[attribute];
      ++counts_[static_cast<std::size_t>(attribute)].at(static_cast<std::size_t>(place));
    }
  }
}

std::int64_t Tally::count(Attribute attribute, int asked, int seen) const {
  const int place = asked * values_of(attribute) + seen;
  return counts_[static_cast<std::size_t>(attribute)].at(static_cast<std::size_t>(place));
}

Share Tally::right(Attribute attribute, int asked) const {
  Share share;
  for (int seen = 0; seen < values_of(attribute); ++seen) {
    const std::int64_t times = count(attribute, asked, seen);
    share.add({seen == asked ? times : 0, times});
  }
  return share;
}

Share Tally::right(Attribute attribute) const {
  Share share;
  for (int asked = 0; asked < values_of(attribute); ++asked) {
    share.add(right(attribute, asked));
  }
  return share;
}

std::optional<Tally::Mistake> Tally::worst(Attribute attribute) const {
  Mistake worst;
  for (int asked = 0; asked < values_of(attribute); ++asked) {
    for (int seen = 0; seen < values_of(attribute); ++seen) {
      const std::int64_t times = count(attribute, asked, seen);
      if (seen != asked && times > worst.count) {
        worst = {asked, seen, times};
      }
    }
  }
  return worst.count > 0 ? std::optional(worst) : std::nullopt;
}

}  // namespace ptravel::train
