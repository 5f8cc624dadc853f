#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "tensor/compute.h"
#include "tensor/cpu/onednn.h"

namespace ptravel {

/// Another number of threads than two, where results must not depend on it: without oneDNN the
/// products are LibTorch's, which promises nothing.
inline int other_threads() { return cpu::onednn_available() ? 1 : 2; }

/// The result of `body` with so many threads; one thread is set again afterwards.
inline at::Tensor with_threads(int threads, const std::function<at::Tensor()>& body) {
  set_num_threads(threads);
  at::Tensor result = body();
  set_num_threads(1);
  return result;
}

}  // namespace ptravel
