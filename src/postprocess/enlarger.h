#pragma once

#include <optional>
#include <string>

#include "postprocess/upscaler.h"
#include "ptravel/image.h"
#include "ptravel/upscale.h"

namespace ptravel {

/// Enlarges pictures as the options say. Immutable; copies share the network; may be used by
/// several threads.
class Enlarger {
 public:
  /// Opens the network. Throws as validate and Upscaler::open.
  explicit Enlarger(const UpscaleOptions& options);

  /// Throws InvalidArgument when the result would have a side above 65535 or more than 2^28 pixels.
  Image operator()(const Image& image, const PartDone& done = {}) const;

  double factor() const { return factor_; }
  /// "Lanczos", or the name of the network's file without its extension.
  const std::string& name() const { return name_; }
  /// "ESRGAN x4, 64 channels, 23 blocks"; empty with Lanczos.
  std::string description() const;
  /// What a picture says about how it was made, as the web UI writes it: "Postprocess upscale by:
  /// 2, Postprocess upscaler: 4x_lace", and the beginning of the network's sha256.
  const std::string& recipe() const { return recipe_; }
  bool has_network() const { return network_.has_value(); }
  /// The sha256 of the network's file; empty with Lanczos.
  const std::string& network_hash() const { return network_hash_; }

 private:
  /// How often the network is applied. Throws as operator().
  int passes(const Image& image) const;

  std::optional<Upscaler> network_;
  double factor_ = 2;
  std::string name_;
  std::string recipe_;
  std::string network_hash_;
};

}  // namespace ptravel
