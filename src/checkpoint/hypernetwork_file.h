#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// What stands between the linear layers of a hypernetwork.
enum class HypernetworkActivation {
  None,
  Relu,
  LeakyRelu,
  Elu,
  Hardswish,
  Tanh,
  Sigmoid,
  Relu6,
  Hardtanh,
  Hardsigmoid,
  Silu,
  Mish,
  Celu,
  Selu,
  Gelu,
  Hardshrink,
  LogSigmoid,
  Softplus,
  Softshrink,
  Softsign,
  Tanhshrink,
  Rrelu,
};

/// One step of a hypernetwork's networks, all of which have the same.
struct HypernetworkLayer {
  enum class Kind { Linear, Activation, Norm };
  Kind kind = Kind::Linear;
  int index = 0;         ///< In the names of tensors: "linear.<index>"; dropouts take one as well.
  double in_share = 1;   ///< Of a linear layer: its sides as shares of the network's width.
  double out_share = 1;  ///< Of a norm: its width.
};

/// A hypernetwork of the web UI (.pt): for each width of contexts a network for keys and one for
/// values.
struct HypernetworkFile {
  std::shared_ptr<const StoredTensors> tensors;
  std::filesystem::path path;
  std::vector<std::int64_t> widths;  ///< Ascending.
  std::vector<HypernetworkLayer> layers;
  HypernetworkActivation activation = HypernetworkActivation::None;
  /// Tensors are named as the first ones were: "linear1", "linear2".
  bool old_names = false;

  /// What the names of a network's tensors begin with: "768.0." for keys.
  static std::string prefix(std::int64_t width, bool values);
};

/// Reads one: structure, names and shapes; no numbers. Nothing in it is executed. Throws what
/// open_tensor_file throws, Unsupported for an unknown activation, Corrupt for what fits no
/// hypernetwork.
HypernetworkFile open_hypernetwork(const std::filesystem::path& path);

}  // namespace ptravel
