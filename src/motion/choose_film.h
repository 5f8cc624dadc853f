#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace ptravel {

/// Pictures along a way, out of which a film is chosen.
struct FilmChoice {
  std::size_t pictures = 0;
  /// Distance of picture i to picture j > i; asked for what may be neighbours in the film only.
  std::function<double(std::size_t i, std::size_t j)> distance;
  /// Pictures that the film must show, beside the first and the last; rising.
  std::vector<std::size_t> required;
  /// By step of the film: how large it is to be, relative to the others; above 0.
  std::vector<double> weights;
  int sizes = 48;  ///< Of a step that are tried, at least 2.
};

/// The film with as many steps as there are weights, from the first picture to the last, whose
/// steps come closest to their weights: for some sizes of step the film with the least sum of
/// fourth powers of what its steps are off, and of those the one with the smallest largest step
/// over the median. Rising numbers of pictures; nothing when there are too few. Deterministic.
std::optional<std::vector<std::size_t>> choose_film(const FilmChoice& choice);

}  // namespace ptravel
