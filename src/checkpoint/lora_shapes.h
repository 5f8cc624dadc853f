#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/lora_modules.h"

namespace ptravel {

/// The shapes of one layer's parts: which weights it fits. Needs no numbers. Refers to the module.
class LoraShapes {
 public:
  using Shape = std::vector<std::int64_t>;
  /// The shape of a tensor of the file.
  using TensorShape = std::function<Shape(const std::string& tensor)>;

  LoraShapes(const LoraModule& module, LoraKind kind, TensorShape shape);

  /// Of low ranks, Hadamard and Kronecker products the rank of a factor, of rotations how many
  /// blocks there are; by it alpha is divided.
  std::optional<std::int64_t> rank() const;
  /// Whether a difference of the bias, which whole differences and norms may have, is there.
  bool changes_bias() const {
    return (kind_ == LoraKind::Full && has("diff_b")) || kind_ == LoraKind::Norm;
  }
  /// Whether the layer fits a weight of this shape, and a bias of so many numbers (0: none). What
  /// fits can be computed, has the weight's size, and takes no memory beyond a multiple of it.
  /// `on_input` is asked for Scaling alone: whether it scales the inputs.
  bool fits(const Shape& weight, std::int64_t bias, const std::function<bool()>& on_input) const;

 private:
  bool has(std::string_view part) const { return module_.parts.contains(part); }
  Shape shape(std::string_view part) const;  // empty: it is not there, or is one number
  double count(std::string_view part) const;
  bool is_sane(const Shape& weight) const;
  bool low_rank_fits(const Shape& weight) const;
  bool hadamard_fits(const Shape& weight) const;
  std::optional<Shape> hadamard_factor_shape(const std::string& number) const;
  bool scaling_fits(const Shape& weight, bool on_input) const;
  bool kronecker_fits(const Shape& weight) const;
  std::optional<Shape> kronecker_factor_shape(const std::string& number) const;
  bool general_fits(const Shape& weight) const;
  bool rotation_fits(const Shape& weight) const;

  const LoraModule& module_;
  LoraKind kind_;
  TensorShape shape_;
};

}  // namespace ptravel
