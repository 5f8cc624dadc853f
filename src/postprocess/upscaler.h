#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include <ATen/core/Tensor.h>

#include "postprocess/compact_network.h"
#include "postprocess/network_file.h"
#include "postprocess/rrdb_network.h"
#include "postprocess/upscaler_config.h"
#include "ptravel/image.h"
#include "tensor/compute.h"

namespace ptravel {

/// Pixels by which tiles overlap, and their longest side; both of the picture as the network's
/// first layer sees it. 0: chosen so that a tile's layers take about a gibibyte.
struct TileOptions {
  std::int64_t most_side = 0;
  std::int64_t overlap = 32;
};

/// Told how much of a picture is done, from 0 to 1; what it throws ends the work.
using PartDone = std::function<void(double share)>;

/// A network that enlarges pictures. Large ones are computed in tiles; where tiles meet, pixels
/// differ from those of the whole by less than one of 255 steps. Immutable; copies share the
/// weights; may run in several threads. Bytes do not depend on the number of threads.
class Upscaler {
 public:
  /// Reads a network whatever its layout. Throws as NetworkFile::open and recognize_upscaler, and
  /// Corrupt when weights are missing, too many or of another shape.
  static Upscaler open(const std::filesystem::path& path, const Compute& compute);
  Upscaler(const NetworkFile& file, const Compute& compute);

  const UpscalerConfig& config() const { return config_; }
  std::int64_t scale() const { return upscaler_scale(config_); }
  const std::string& name() const { return name_; }

  /// picture [1, 3, h, w], float32 from 0 to 1, gives [1, 3, scale * h, scale * w], not clamped.
  at::Tensor operator()(const at::Tensor& picture,
                        const TileOptions& options = {},
                        const PartDone& done = {}) const;
  /// The same of a picture. Throws Unsupported when the network's result has values that are no
  /// numbers.
  Image operator()(const Image& image, const PartDone& done = {}) const;

 private:
  using Network = std::variant<RrdbNetwork, CompactNetwork>;

  at::Tensor run(const at::Tensor& picture) const;
  std::int64_t usual_side() const;

  UpscalerConfig config_;
  Compute compute_;
  std::string name_;
  std::shared_ptr<const Network> network_;
};

}  // namespace ptravel
