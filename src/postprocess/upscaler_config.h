#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "postprocess/network_file.h"

namespace ptravel {

/// How files name the layers of an ESRGAN network.
enum class RrdbLayout {
  Old,    ///< model.0, model.1.sub.0.RDB1.conv1.0, ...: ESRGAN's first release, community models.
  New,    ///< conv_first, body.0.rdb1.conv1, ...: Real-ESRGAN, BasicSR.
  First,  ///< conv_first, RRDB_trunk.0.RDB1.conv1, ...: ESRGAN's later code, BSRGAN.
};

/// An ESRGAN network (Wang et al. 2018): residual-in-residual dense blocks.
struct RrdbConfig {
  RrdbLayout layout = RrdbLayout::New;
  std::int64_t width = 64;     ///< Channels between the blocks.
  std::int64_t growth = 32;    ///< Channels that each convolution of a dense block adds.
  std::int64_t blocks = 23;    ///< Three dense blocks each.
  std::int64_t ups = 2;        ///< Enlargements behind the blocks, each followed by a convolution,
  std::int64_t up_factor = 2;  ///< and by how much each enlarges.
  std::int64_t unshuffle = 1;  ///< Squares of this side become channels before the first layer.
  bool cross = false;          ///< ESRGAN+'s additional paths inside of the dense blocks.

  bool operator==(const RrdbConfig&) const = default;
};

/// A small network without blocks (SRVGGNetCompact of Real-ESRGAN).
struct CompactConfig {
  std::int64_t width = 64;
  std::int64_t convolutions = 16;  ///< Between the first and the last one.
  std::int64_t scale = 4;

  bool operator==(const CompactConfig&) const = default;
};

using UpscalerConfig = std::variant<RrdbConfig, CompactConfig>;

/// How many times larger both sides become.
std::int64_t upscaler_scale(const UpscalerConfig& config);

/// "ESRGAN x4, 64 channels, 23 blocks".
std::string describe(const UpscalerConfig& config);

/// What the file is, from names and shapes; every size is checked against a bound. What weights
/// cannot tell: whether the one enlargement of an x2 or x3 network is by 3. It is when the file's
/// name says so ("3x" or "x3"). Throws Unsupported when it is no upscaler that is known, Corrupt
/// when sizes are missing or absurd; messages name the file.
UpscalerConfig recognize_upscaler(const NetworkFile& file);

/// The names of an ESRGAN network's layers in its layout.
struct RrdbNames {
  RrdbLayout layout = RrdbLayout::New;
  std::int64_t blocks = 0;
  std::int64_t ups = 0;

  std::string first() const;
  /// Dense block 1 to 3 of a block from 0: "body.0.rdb1".
  std::string dense(std::int64_t block, std::int64_t dense) const;
  /// Convolution 1 to 5 of a dense block, below dense(): "conv1".
  std::string convolution(std::int64_t number) const;
  std::string trunk() const;
  /// From 1.
  std::string up(std::int64_t number) const;
  std::string high_resolution() const;
  std::string last() const;
};

}  // namespace ptravel
