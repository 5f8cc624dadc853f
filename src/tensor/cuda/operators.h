#pragma once

// The kernels of kernels.h for LibTorch's tensors. In builds without CUDA nothing fits them.

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace ptravel::cuda {

/// Whether this build has kernels for NVIDIA cards, and they are to be used.
bool available();

/// Convolutions of fewer channels have a kernel of their own, also in fp32.
constexpr std::int64_t kNarrowChannels = 16;

/// Whether this build has kernels at all.
bool built();

/// For comparisons: before a model is loaded, leaves its computing to LibTorch.
void set_available(bool yes);

/// True for the number formats and the place that they compute in: fp16 and bf16 on a CUDA device
/// of compute capability 8.0 or later.
bool fits(const at::Tensor& x);

/// A convolution; `weight` [out, in, k, k] in channels-last memory, or a linear map [out, in].
struct Layer {
  at::Tensor weight;
  at::Tensor bias;  ///< float32 [out] or undefined.
  std::int64_t kernel = 1, stride = 1, pad_before = 0, pad_after = 0;
};

/// What is done to its result.
struct Finish {
  at::Tensor image_bias = {};  ///< [1 or N, out] or undefined.
  at::Tensor residual = {};    ///< Like the result, in the input's format, or undefined.
  bool float32 = false;        ///< The result unrounded.
};

/// Pictures [N, C, h, w] with their channels side by side, seen at twice their size where
/// `doubled`. Undefined for sizes and formats that no kernel takes.
at::Tensor convolve(at::TensorList parts, const Layer& layer, const Finish& finish, bool doubled);

/// Rows [N, tokens, in], or several such with their numbers side by side, give [N, tokens, out].
/// Undefined as above.
at::Tensor multiply(at::TensorList parts, const Layer& layer, const Finish& finish);

/// Rows [N, tokens, in] by a layer whose first half of columns holds values and the other one gates
/// give [N, tokens, out / 2], value * gelu(gate), rounded once. Undefined as above; whether it is
/// depends on the layer, the card and the tokens of one image alone.
at::Tensor multiply_gated(const at::Tensor& x, const Layer& layer);

/// Of pictures with their channels side by side; weight and bias [C]. Undefined as above.
at::Tensor group_norm(at::TensorList parts,
                      std::int64_t groups,
                      const at::Tensor& weight,
                      const at::Tensor& bias,
                      double eps,
                      bool silu);

/// Over the last dimension. Undefined as above.
at::Tensor layer_norm(const at::Tensor& x,
                      const at::Tensor& weight,
                      const at::Tensor& bias,
                      double eps);

/// Undefined as above.
at::Tensor geglu(const at::Tensor& x);

/// queries [N, Tq, heads * head]; keys and values of each image [Tk, heads * head]. Undefined as
/// above.
at::Tensor attention(const at::Tensor& queries,
                     const std::vector<at::Tensor>& keys,
                     const std::vector<at::Tensor>& values,
                     std::int64_t heads,
                     bool causal);

}  // namespace ptravel::cuda
