#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/side_branches.h"
#include "model/weights.h"
#include "tensor/activation.h"
#include "tensor/banded.h"
#include "tensor/compute.h"
#include "tensor/conv.h"
#include "tensor/linear.h"
#include "tensor/norm.h"

namespace ptravel {

/// Called with the name and the value of each block's output, in the network's number format.
using BlockObserver = std::function<void(const std::string& name, const at::Tensor& value)>;

/// An observer together with the place in the network, handed down through the blocks. Costs
/// nothing when there is no observer.
class BlockProbe {
 public:
  BlockProbe() = default;
  /// `observer` may be empty; it must outlive the probe.
  explicit BlockProbe(const BlockObserver& observer, std::string prefix = {})
      : observer_(observer ? &observer : nullptr), prefix_(std::move(prefix)) {}

  /// The probe of a part: names get "name/" in front.
  BlockProbe inside(const std::string& name) const {
    return observer_ ? BlockProbe(*observer_, prefix_ + name + "/") : BlockProbe();
  }
  /// Whether anybody looks: ask before computing a value for the probe alone.
  bool active() const { return observer_ != nullptr; }
  void operator()(const std::string& name, const at::Tensor& value) const {
    if (observer_) {
      (*observer_)(prefix_ + name, value);
    }
  }

 private:
  const BlockObserver* observer_ = nullptr;
  std::string prefix_;
};

// `strengths` below: [N, slots], how strongly side branches act on each image. Undefined, all zero,
// or where a layer has no branches: nothing is added.

/// y = x W^T + b over the last dimension; x [N, tokens, in] or [N, in].
struct Linear {
  enum class Bias { No, Yes };
  /// How the checkpoint stores the weight: [out, in], or [out, in, 1, 1].
  enum class Stored { Matrix, Filter };

  Linear() = default;
  Linear(const Weights& weights,
         std::int64_t in,
         std::int64_t out,
         const Compute& compute,
         Bias bias = Bias::Yes,
         Stored stored = Stored::Matrix,
         std::optional<at::ScalarType> resting = std::nullopt);
  at::Tensor operator()(const at::Tensor& x,
                        const at::Tensor& residual = {},
                        const at::Tensor& strengths = {}) const {
    return sides && strengths.defined() ? map(x, sides->of_rows(x, strengths, residual))
                                        : map(x, residual);
  }
  /// geglu of the result.
  at::Tensor gated(const at::Tensor& x, const at::Tensor& strengths) const {
    return sides && strengths.defined() ? geglu((*this)(x, {}, strengths)) : map.gated(x);
  }

  LinearMap map;
  std::shared_ptr<const SideBranches> sides;
};

/// A linear map over the pixels of one picture, or of several whose channels lie side by side. On a
/// CPU each then has its share of the weights, and they are never put together.
struct PixelLinear {
  PixelLinear() = default;
  /// `in`: the channels of each picture.
  PixelLinear(const Weights& weights,
              const std::vector<std::int64_t>& in,
              std::int64_t out,
              const Compute& compute);
  /// Pictures [N, in, h, w] give [N, out, h, w].
  at::Tensor operator()(at::TensorList parts, const at::Tensor& strengths = {}) const;

  /// One for each picture, or one for all.
  std::vector<LinearMap> maps;
  std::shared_ptr<const SideBranches> sides;
};

/// A square convolution with bias. Works on [N, C, h, w] in channels-last memory.
struct Conv2d {
  Conv2d() = default;
  Conv2d(const Weights& weights,
         std::int64_t in,
         std::int64_t out,
         std::int64_t kernel_size,
         const Compute& compute,
         cpu::ConvGeometry geometry = {});
  /// 3x3 that keeps the size.
  static Conv2d same(const Weights& weights,
                     std::int64_t in,
                     std::int64_t out,
                     const Compute& compute);
  at::Tensor operator()(const at::Tensor& x,
                        Wrap wrap = {},
                        const at::Tensor& strengths = {}) const;
  /// Of the picture resized to height x width.
  at::Tensor resized(const at::Tensor& x,
                     std::int64_t height,
                     std::int64_t width,
                     Wrap wrap = {},
                     const at::Tensor& strengths = {}) const;
  Convolution map;
  std::shared_ptr<const SideBranches> sides;
};

/// How a network normalises.
struct GroupNormOptions {
  std::int64_t groups = 32;
  double eps = 1e-5;
};

/// Group normalisation, with SiLU behind it where wanted.
struct GroupNorm {
  GroupNorm() = default;
  /// Throws Unsupported when the groups do not divide the channels.
  GroupNorm(const Weights& weights,
            std::int64_t channels,
            const GroupNormOptions& options,
            const Compute& compute);
  at::Tensor operator()(const at::Tensor& x, AfterNorm after = AfterNorm::Nothing) const {
    return group_norm(x, options.groups, weight, bias, options.eps, after);
  }

  /// The convolution of the normed picture, with a SiLU between. The picture may come in parts,
  /// whose channels lie side by side.
  at::Tensor silu_then(const Conv2d& conv,
                       at::TensorList parts,
                       const ConvExtras& extras = {},
                       const at::Tensor& strengths = {}) const;
  GroupNormStep step(AfterNorm after) const {
    return {weight, bias, options.groups, options.eps, after};
  }

  at::Tensor weight;
  at::Tensor bias;
  GroupNormOptions options;
};

/// Layer normalisation over the last dimension, eps 1e-5.
struct LayerNorm {
  LayerNorm() = default;
  LayerNorm(const Weights& weights, std::int64_t width, const Compute& compute);
  at::Tensor operator()(const at::Tensor& x) const { return layer_norm(x, weight, bias, 1e-5); }

  at::Tensor weight;
  at::Tensor bias;
};

/// The same device in fp32: for what is kept in full precision whatever the networks compute in.
Compute full_precision(const Compute& compute);

/// For the small vectors (biases, norms): fp32 where our own kernels take them so.
Compute vector_precision(const Compute& compute);

}  // namespace ptravel
