#include "tests/postprocess/tiny_networks.h"

#include <cmath>

namespace ptravel {
namespace {

/// Numbers around 0, other ones for each `salt`, about 1 in size.
TinyTensor noise(const std::vector<std::int64_t>& shape, double salt, double size) {
  return tiny_tensor(shape, [=](std::size_t i) {
    return size * std::sin(12.9898 * static_cast<double>(i + 1) + 78.233 * salt);
  });
}

}  // namespace

void add_convolution(TinyTensors& tensors,
                     const std::string& name,
                     const std::vector<std::int64_t>& shape) {
  const auto salt = static_cast<double>(shape[0] + 3 * shape[1]);
  const auto inputs = static_cast<double>(shape[1] * shape[2] * shape[3]);
  tensors[name + ".weight"] = noise(shape, salt, 1.2 / std::sqrt(inputs));
  tensors[name + ".bias"] = noise({shape[0]}, salt + 1, 0.1);
}

TinyTensors tiny_rrdb(const RrdbConfig& config) {
  TinyTensors tensors;
  const RrdbNames names{config.layout, config.blocks, config.ups};
  const std::int64_t width = config.width, growth = config.growth;
  add_convolution(tensors, names.first(), {width, 3 * config.unshuffle * config.unshuffle, 3, 3});
  for (std::int64_t block = 0; block < config.blocks; ++block) {
    for (std::int64_t dense = 1; dense <= 3; ++dense) {
      const std::string part = names.dense(block, dense) + ".";
      for (std::int64_t number = 1; number <= 5; ++number) {
        add_convolution(tensors, part + names.convolution(number),
                        {number < 5 ? growth : width, width + (number - 1) * growth, 3, 3});
      }
      if (config.cross) {
        tensors[part + "conv1x1.weight"] = noise({growth, width, 1, 1}, 7, 0.5);
      }
    }
  }
  add_convolution(tensors, names.trunk(), {width, width, 3, 3});
  for (std::int64_t up = 1; up <= config.ups; ++up) {
    add_convolution(tensors, names.up(up), {width, width, 3, 3});
  }
  add_convolution(tensors, names.high_resolution(), {width, width, 3, 3});
  add_convolution(tensors, names.last(), {3, width, 3, 3});
  return tensors;
}

TinyTensors tiny_compact(const CompactConfig& config) {
  TinyTensors tensors;
  const auto name = [](std::int64_t layer) { return "body." + std::to_string(layer); };
  for (std::int64_t i = 0; i <= config.convolutions; ++i) {
    add_convolution(tensors, name(2 * i), {config.width, i == 0 ? 3 : config.width, 3, 3});
    tensors[name(2 * i + 1) + ".weight"] = noise({config.width}, static_cast<double>(i), 0.3);
  }
  add_convolution(tensors, name(2 * config.convolutions + 2),
                  {3 * config.scale * config.scale, config.width, 3, 3});
  return tensors;
}

TinyTensors with_prefix(const TinyTensors& tensors, const std::string& prefix) {
  TinyTensors result;
  for (const auto& [name, tensor] : tensors) {
    result[prefix + name] = tensor;
  }
  return result;
}

}  // namespace ptravel
