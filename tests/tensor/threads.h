#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "tensor/compute.h"

namespace ptravel {

/// The result of `body` with so many threads; one thread is set again afterwards.
inline at::Tensor with_threads(int threads, const std::function<at::Tensor()>& body) {
  set_num_threads(threads);
  at::Tensor result = body();
  set_num_threads(1);
  return result;
}

}  // namespace ptravel
