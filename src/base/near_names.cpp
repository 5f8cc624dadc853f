#include "base/near_names.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace ptravel {
namespace {

/// Letters that are compared: longer names do not make a message slow.
constexpr std::size_t kMostLetters = 200;

std::size_t letters_to_change(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

/// How far a name is from the one that is wanted, smaller ones being nearer.
std::pair<bool, std::size_t> distance_of(std::string_view name, const std::string& wanted) {
  const std::string letters = lower_case(name.substr(0, kMostLetters));
  const bool apart =
      wanted.empty() || letters.empty() ||
      (letters.find(wanted) == std::string::npos && wanted.find(letters) == std::string::npos);
  return {apart, letters_to_change(letters, wanted)};
}

}  // namespace

std::vector<std::string> nearest_first(std::vector<std::string> names, std::string_view wanted) {
  const std::string letters = lower_case(wanted.substr(0, kMostLetters));
  std::vector<std::pair<std::pair<bool, std::size_t>, std::string>> ranked;
  for (std::string& name : names) {
    const auto distance = distance_of(name, letters);
    ranked.emplace_back(distance, std::move(name));
  }
  std::ranges::stable_sort(ranked, {}, [](const auto& entry) { return entry.first; });
  std::ranges::transform(ranked, names.begin(),
                         [](auto& entry) { return std::move(entry.second); });
  return names;
}

std::string names_for_message(const std::vector<std::string>& names,
                              std::string_view wanted,
                              std::size_t most) {
  const bool all = names.size() <= most;
  const std::vector<std::string> told = all ? names : nearest_first(names, wanted);
  std::string text;
  for (std::size_t i = 0; i < std::min(most, told.size()); ++i) {
    text += (i > 0 ? ", " : "") + told[i];
  }
  return all ? text : text + " and " + std::to_string(told.size() - most) + " more";
}

}  // namespace ptravel
