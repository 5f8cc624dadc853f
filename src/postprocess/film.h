#pragma once

#include <memory>
#include <vector>

#include "model/layers.h"
#include "postprocess/film_config.h"

namespace ptravel {

/// A FILM network. Computes in float32. Immutable; copies share the weights; may run in several
/// threads. Some fifty times the work of a RIFE.
class Film {
 public:
  /// Takes every tensor of `weights` (film_tensors).
  Film(const Weights& weights, const FilmConfig& config, const Compute& compute);

  const FilmConfig& config() const { return config_; }

  /// Pictures at these times, 0 to 1, between two pictures [1, 3, h, w], float32 from 0 to 1; not
  /// clamped. The network learned the middle; other times scale the motion that leads there. The
  /// motion is estimated once for all.
  std::vector<at::Tensor> operator()(const at::Tensor& first,
                                     const at::Tensor& second,
                                     const std::vector<double>& times) const;

 private:
  struct Layers;
  /// Pictures from fine to coarse.
  using Pyramid = std::vector<at::Tensor>;

  Pyramid images(const at::Tensor& picture) const;
  Pyramid features(const Pyramid& images) const;
  Pyramid flows(const Pyramid& from, const Pyramid& to) const;
  at::Tensor fused(const Pyramid& aligned) const;

  FilmConfig config_;
  Compute compute_;
  std::shared_ptr<const Layers> layers_;
};

}  // namespace ptravel
