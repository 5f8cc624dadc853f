#pragma once

#include "tests/support/tiny_files.h"

namespace ptravel {

/// 1000 numbers in equal steps.
inline TinyTensor falling(double first, double last, NumberFormat format = NumberFormat::F32) {
  return tiny_tensor(
      {1000}, [&](std::size_t i) { return first + (last - first) * static_cast<double>(i) / 999; },
      format);
}

}  // namespace ptravel
