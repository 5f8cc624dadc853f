#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "checkpoint/hypernetwork_file.h"
#include "model/layers.h"

namespace ptravel {

/// Small networks that change what attention layers see: one for the keys and one for the values of
/// each width of contexts. Immutable; may be used from several threads.
class Hypernetwork {
 public:
  /// Reads all weights. Throws Corrupt where tensors are missing, misshapen or too many.
  Hypernetwork(const HypernetworkFile& file, const Compute& compute);

  /// Whether it has networks for contexts of this width.
  bool acts_on(std::int64_t width) const { return networks_.contains(width); }
  /// What is added to contexts [N, tokens, width] of such a width, at strength 1, before keys and
  /// before values are made of them. Differentiable.
  at::Tensor for_keys(const at::Tensor& context) const;
  at::Tensor for_values(const at::Tensor& context) const;

 private:
  using Step = std::variant<Linear, LayerNorm, HypernetworkActivation>;
  using Network = std::vector<Step>;
  struct Pair {
    Network keys;
    Network values;
  };
  static at::Tensor run(const Network& network, const at::Tensor& x);

  std::map<std::int64_t, Pair> networks_;
};

/// A hypernetwork and how strongly it acts.
struct HypernetworkUse {
  std::shared_ptr<const Hypernetwork> network;
  double strength = 1;
  bool operator==(const HypernetworkUse&) const = default;
};

/// Contexts as keys and values are made of them; one tensor where nothing acts on them.
struct AttendedContext {
  AttendedContext() = default;
  /// Both are the same.
  AttendedContext(const at::Tensor& both) : keys(both), values(both) {}
  AttendedContext(at::Tensor of_keys, at::Tensor of_values)
      : keys(std::move(of_keys)), values(std::move(of_values)) {}

  at::Tensor keys;
  at::Tensor values;
};

/// What hypernetworks make of a context [N, tokens, width], each of what the one before it left.
AttendedContext attended(const at::Tensor& context, const std::vector<HypernetworkUse>& networks);

/// Whether some of them acts on contexts of this width.
bool act_on(const std::vector<HypernetworkUse>& networks, std::int64_t width);

}  // namespace ptravel
