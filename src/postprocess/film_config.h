#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postprocess/network_file.h"

namespace ptravel {

/// A network that estimates motion on one level of FILM's pyramids.
struct FilmPredictor {
  std::int64_t convolutions = 3;  ///< Of 3x3 filters; two of 1x1 follow.
  std::int64_t width = 256;

  bool operator==(const FilmPredictor&) const = default;
};

/// A FILM network (Reda et al. 2022).
struct FilmConfig {
  std::int64_t pyramid_levels = 7;  ///< Not in the weights: that of the published network.
  std::int64_t fusion_levels = 5;
  std::int64_t sub_levels = 4;  ///< Of the feature extractor.
  std::int64_t filters = 64;    ///< Of its first level; each one has twice as many.
  std::vector<FilmPredictor> fine = {{3, 32}, {3, 64}, {3, 128}};  ///< From the finest level on.
  FilmPredictor coarse = {};                                       ///< For all other levels.

  bool operator==(const FilmConfig&) const = default;

  /// Channels of the features on a level, the finest is 0.
  std::int64_t features(std::int64_t level) const;
  /// Sides of pictures have to be multiples of this.
  std::int64_t multiple() const { return std::int64_t{1} << (pyramid_levels - 1); }
};

/// "FILM, 64 filters".
std::string describe(const FilmConfig& config);

/// Whether the names are FILM's, as either of two ports to PyTorch has them.
bool is_film(const NetworkFile& file);

/// The tensors under one port's names: every convolution's are <name>.weight and <name>.bias.
NetworkFile film_tensors(const NetworkFile& file);

/// The sizes, from the shapes of film_tensors; each is checked against a bound. Throws Corrupt or
/// Unsupported, naming the file.
FilmConfig recognize_film(const NetworkFile& file);

}  // namespace ptravel
