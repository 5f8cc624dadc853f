#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/config.h"
#include "model/unet_halves.h"

namespace ptravel {

/// Two other images of the same call that an image attends to as well, with their texts: of one
/// length where keys and values are mixed.
struct UnetMix {
  std::size_t from = 0;
  std::size_t to = 0;
  AttentionBlend blend;
  std::shared_ptr<const UnetText> from_text;
  std::shared_ptr<const UnetText> to_text;
};

/// What one image is drawn by, prepared once for as many calls as it is the same in.
struct UnetConditioning {
  std::shared_ptr<const UnetTime> time;
  std::shared_ptr<const UnetText> text;
  std::optional<UnetMix> mix = {};
  /// What acts on the pixels' attention; the text has been prepared with it.
  std::vector<HypernetworkUse> hypernetworks = {};
  /// [slots]: how strongly side branches act on it; text and time have been prepared with it.
  at::Tensor strengths = {};
};

/// The operands of one call for N images.
struct UnetInputs {
  at::Tensor x;            ///< [N, in_channels, h, w] float32; any h and w of at least 1.
  at::Tensor t;            ///< [N] float32.
  at::Tensor context;      ///< [N, T, context_dim].
  at::Tensor vector = {};  ///< [N, vector_dim] for networks that take a vector, else undefined.
  ControlResiduals residuals = {};
  std::vector<HypernetworkUse> hypernetworks = {};  ///< That act on all images.
  Wrap wrap = {};                                   ///< What convolutions see beyond the edges.
  at::Tensor strengths = {};  ///< [N, slots] of side branches (SideBranches); undefined: none act.
};

class UnetGraphs;

/// The denoising network of Stable Diffusion: 1.x, 2.x, and the larger ones that also take a
/// vector. Immutable; forward may run in several threads.
class Unet {
 public:
  /// Loads every tensor below `weights` (LDM names: input_blocks, middle_block, output_blocks,
  /// ...). Missing and misshapen tensors are in the weights' ledger; the caller calls
  /// weights.finish().
  Unet(const Weights& weights, const UnetConfig& config, const Compute& compute);
  Unet(Unet&&) noexcept;
  Unet& operator=(Unet&&) noexcept;
  ~Unet();

  /// Returns float32 [N, out_channels, h, w]: noise or velocity, as the model was trained.
  /// Differentiable with respect to x, context and vector. On a CPU each image's result is the
  /// same, bit for bit, whatever N and the number of threads are. Throws InvalidArgument for
  /// operands that do not fit the network or each other.
  at::Tensor forward(const UnetInputs& inputs, const BlockObserver& observer = {}) const;
  /// The same without a vector and residuals.
  at::Tensor forward(const at::Tensor& x,
                     const at::Tensor& t,
                     const at::Tensor& context,
                     const BlockObserver& observer = {}) const {
    return forward(UnetInputs{x, t, context}, observer);
  }

  /// Prepares a text [T, context_dim] for this network. Records no gradients.
  std::shared_ptr<const UnetText> prepare_text(
      const at::Tensor& context,
      const std::vector<HypernetworkUse>& hypernetworks = {},
      const at::Tensor& strengths = {}) const;
  /// Prepares a timestep, with a vector [vector_dim] for networks that take one. `strengths`, here
  /// and above: [slots] of side branches.
  std::shared_ptr<const UnetTime> prepare_time(float t,
                                               const at::Tensor& vector = {},
                                               const at::Tensor& strengths = {}) const;
  /// The same as above, bit for bit, with a prepared conditioning for each image; texts of one
  /// length, except on a CPU. An image with a mix depends on the two that it names, and on no
  /// others. Records no gradients. Throws InvalidArgument for a mix that names no image.
  at::Tensor forward(const at::Tensor& x,
                     const std::vector<UnetConditioning>& images,
                     const ControlResiduals& residuals = {},
                     Wrap wrap = {}) const;

  const UnetConfig& config() const;
  const Compute& compute() const;

 private:
  struct Layers;
  std::unique_ptr<const Layers> layers_;
  std::unique_ptr<UnetGraphs> graphs_;
};

}  // namespace ptravel
