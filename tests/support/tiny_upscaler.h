#pragma once

#include <cstdint>
#include <string>

#include "tests/support/tiny_files.h"

namespace ptravel {

/// The weights of a compact network (SRVGGNetCompact) that makes pictures `scale` times as large:
/// `depth` convolutions of `width` channels between its first and last one, with repeatable small
/// numbers.
inline TinyTensors tiny_upscaler(std::int64_t width, std::int64_t depth, std::int64_t scale) {
  TinyTensors tensors;
  const auto add = [&](std::int64_t layer, std::int64_t out, std::int64_t in) {
    const std::string name = "body." + std::to_string(layer);
    const double size = 1.0 / static_cast<double>(in * 9);
    tensors[name + ".weight"] = tiny_tensor({out, in, 3, 3}, [size](std::size_t i) {
      return size * (static_cast<double>(i * 37 % 19) - 9);
    });
    tensors[name + ".bias"] = tiny_tensor({out}, 0.01);
  };
  for (std::int64_t layer = 0; layer <= depth; ++layer) {
    add(2 * layer, width, layer == 0 ? 3 : width);
    tensors["body." + std::to_string(2 * layer + 1) + ".weight"] = tiny_tensor({width}, 0.2);
  }
  add(2 * depth + 2, 3 * scale * scale, width);
  return tensors;
}

}  // namespace ptravel
