#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// What follows a group normalisation in one pass over memory.
enum class AfterNorm { Nothing, Silu };

/// Group normalisation (Wu and He 2018) of a picture [N, C, H, W], with weight and bias [C]. Mean
/// and variance are computed in fp32 or better whatever x's number format; the result has x's
/// format and lies in channels-last memory.
at::Tensor group_norm(const at::Tensor& x,
                      std::int64_t groups,
                      const at::Tensor& weight,
                      const at::Tensor& bias,
                      double eps,
                      AfterNorm after);

/// A group normalisation with its weights [C] and what follows it.
struct GroupNormStep {
  at::Tensor weight, bias;
  std::int64_t groups = 32;
  double eps = 1e-5;
  AfterNorm after = AfterNorm::Nothing;
};

/// Layer normalisation over the last dimension, with weight and bias [width].
at::Tensor layer_norm(const at::Tensor& x,
                      const at::Tensor& weight,
                      const at::Tensor& bias,
                      double eps);

}  // namespace ptravel
