#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postprocess/network_file.h"

namespace ptravel {

/// What a block of a RIFE network does between its first and its last layer.
enum class RifeBody {
  Prelu,     ///< 4.0: convolutions with PReLU, the whole around them added.
  Plain,     ///< 4.1 to 4.4: convolutions with LeakyReLU.
  Residual,  ///< 4.5 and later: each convolution's result is added to what it got.
};

/// A RIFE network of version 4 (Huang et al. 2022; the versions are Practical-RIFE's).
struct RifeConfig {
  std::vector<std::int64_t> widths = {192, 128, 96, 64};  ///< Of the blocks, coarse to fine.
  RifeBody body = RifeBody::Residual;
  /// Results of a block: 4 of flow, one mask, then what the next block gets.
  std::int64_t results = 6;
  bool shuffled = true;  ///< The last layer's channels become pixels once more (4.5 and later).
  std::int64_t features = 0;  ///< Of the results, those that the next block gets (4.22 and later).
  std::int64_t head = 0;      ///< Channels that the pictures' encoder makes (4.7 and later).
  std::int64_t head_width = 0;
  std::vector<std::string> head_layers = {};  ///< Their names; the last one doubles the sides.
  std::string block_prefix = "block";         ///< "block" or "blocks.".

  bool operator==(const RifeConfig&) const = default;

  std::string block(std::size_t number) const { return block_prefix + std::to_string(number); }
  /// Sides of pictures have to be multiples of this.
  std::int64_t multiple() const;
};

/// "RIFE 4.7, 4 blocks".
std::string describe(const RifeConfig& config);

/// Whether the names are a RIFE's.
bool is_rife(const NetworkFile& file);

/// Takes "module." and "flownet." off the names and leaves out what is for training and the
/// refinement networks of 4.0 to 4.4, which other programs do not use by default either.
NetworkFile rife_tensors(const NetworkFile& file);

/// The version, from the shapes of rife_tensors; every size is checked against a bound. Throws
/// Corrupt or Unsupported, naming the file.
RifeConfig recognize_rife(const NetworkFile& file);

}  // namespace ptravel
