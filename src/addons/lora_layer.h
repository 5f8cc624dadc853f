#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "addons/lora_file.h"
#include "checkpoint/lora_shapes.h"

namespace ptravel {

/// Versions of the web UI that scale DoRA differently.
enum class DoraRule {
  ScaleInside,  ///< From 1.10: the change is scaled, then the sum is normalised.
  ScaleBehind,  ///< 1.9: the sum is normalised, then the difference is scaled.
};

/// How a layer is computed, other than by its strength.
struct LoraOptions {
  std::optional<std::int64_t> dyn;  ///< LoraTag::dyn (text/network_tags.h).
  DoraRule dora = DoraRule::ScaleInside;
  bool operator==(const LoraOptions&) const = default;
};

/// A plain low rank: strength * up @ down is the change, whatever the weight is.
struct LowRank {
  at::Tensor up;    ///< [out, rank] float32, its scale in it.
  at::Tensor down;  ///< [rank, in * kernel] float32.
};

/// Its sizes.
struct LowRankSizes {
  std::int64_t out = 0;
  std::int64_t rank = 0;  ///< Of those that are used.
  std::int64_t in = 0;    ///< in * kernel
};

/// One layer of a file of LoRA's family. Reads numbers when it computes; immutable.
class LoraLayer {
 public:
  using Kind = LoraKind;

  /// `module` is one of the file's. Nothing where its parts make none of the kinds.
  static std::optional<LoraLayer> make(std::shared_ptr<const LoraFile> file,
                                       const LoraModule& module);

  Kind kind() const { return kind_; }
  /// Its parts' shapes.
  LoraShapes shapes() const;
  bool is_dora() const { return has("dora_scale"); }

  /// Whether the layer fits a weight of this shape, and a bias of so many numbers (0: none); by
  /// shapes alone. What fits can be computed, and its size is that of the weight.
  bool fits(const std::vector<std::int64_t>& shape, std::int64_t bias) const;

  /// The change of a float32 weight that it fits, at strength 1, of the weight's shape.
  at::Tensor change(const at::Tensor& weight, const LoraOptions& options) const;
  /// The change of the bias at strength 1; undefined: none.
  at::Tensor bias_change() const;
  bool changes_bias() const { return shapes().changes_bias(); }
  /// The factors of a layer whose change is a low rank, whatever the weight is; of linear layers
  /// and convolutions.
  std::optional<LowRank> low_rank(const LoraOptions& options) const;
  /// The sizes of these factors, without reading them.
  std::optional<LowRankSizes> low_rank_sizes(const LoraOptions& options) const;
  bool is_low_rank() const;

  const std::filesystem::path& path() const { return file_->path(); }
  const std::string& name() const { return module_->name; }

 private:
  LoraLayer(std::shared_ptr<const LoraFile> file, const LoraModule& module, Kind kind)
      : file_(std::move(file)), module_(&module), kind_(kind) {}

  bool has(std::string_view part) const { return module_->parts.contains(part); }
  at::Tensor numbers(std::string_view part) const;  // float32
  double number(std::string_view part) const;
  double scale() const;

  // lora_kinds.cpp: arithmetic, by kind; the changes are not scaled.
  LowRank factors(const LoraOptions& options) const;
  at::Tensor low_rank_change(const at::Tensor& weight, const LoraOptions& options) const;
  at::Tensor hadamard_change() const;
  at::Tensor scaling_change(const at::Tensor& weight) const;
  at::Tensor kronecker_change() const;
  at::Tensor general_change(const at::Tensor& weight) const;
  at::Tensor hadamard_factor(const std::string& number) const;
  at::Tensor kronecker_factor(const std::string& number) const;

  // lora_rotation.cpp
  at::Tensor rotation_change(const at::Tensor& weight) const;
  at::Tensor rotations(std::int64_t out) const;

  std::shared_ptr<const LoraFile> file_;
  const LoraModule* module_;
  Kind kind_;
};

}  // namespace ptravel
