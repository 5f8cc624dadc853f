#include "tests/postprocess/tiny_networks.h"

#include <algorithm>
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

TinyTensors tiny_rife(const RifeConfig& config) {
  TinyTensors tensors;
  const auto doubling = [&](const std::string& name, std::int64_t in, std::int64_t out) {
    add_convolution(tensors, name, {in, out, 4, 4});
    tensors[name + ".bias"] = noise({out}, 5, 0.1);
  };
  const auto activated = [&](const std::string& name, std::int64_t in, std::int64_t out) {
    add_convolution(tensors, name + ".0", {out, in, 3, 3});
    if (config.body == RifeBody::Prelu) {
      tensors[name + ".1.weight"] = noise({out}, 3, 0.5);
    }
  };
  const std::int64_t pictures = 6 + 2 * config.head;
  for (std::size_t i = 0; i < config.widths.size(); ++i) {
    const std::int64_t width = config.widths[i];
    const std::string block = config.block(i);
    activated(block + ".conv0.0", i == 0 ? pictures + 1 : pictures + 6 + config.features,
              width / 2);
    activated(block + ".conv0.1", width / 2, width);
    for (int layer = 0; layer < 8; ++layer) {
      const std::string name = block + ".convblock." + std::to_string(layer);
      if (config.body == RifeBody::Residual) {
        add_convolution(tensors, name + ".conv", {width, width, 3, 3});
        tensors[name + ".beta"] = noise({1, width, 1, 1}, layer, 0.3);
      } else {
        activated(name, width, width);
      }
    }
    doubling(block + (config.shuffled ? ".lastconv.0" : ".lastconv"), width,
             config.results * (config.shuffled ? 4 : 1));
  }
  for (std::size_t i = 0; i + 1 < config.head_layers.size(); ++i) {
    add_convolution(tensors, config.head_layers[i],
                    {config.head_width, i == 0 ? 3 : config.head_width, 3, 3});
  }
  if (config.head > 0) {
    doubling(config.head_layers.back(), config.head_width, config.head);
  }
  return tensors;
}

TinyTensors tiny_film(const FilmConfig& config) {
  TinyTensors tensors;
  const auto add = [&](const std::string& name, std::int64_t in, std::int64_t out,
                       std::int64_t side) {
    add_convolution(tensors, name, {out, in, side, side});
  };
  for (std::int64_t level = 0; level < config.sub_levels; ++level) {
    const std::string part = "extract.extract_sublevels.convs." + std::to_string(level);
    const std::int64_t width = config.filters << level;
    add(part + ".0", level == 0 ? 3 : width / 2, width, 3);
    add(part + ".1", width, width, 3);
  }
  const auto predictor = [&](const std::string& name, std::int64_t features,
                             const FilmPredictor& sizes) {
    const auto layer = [&](std::int64_t i) { return name + "._convs." + std::to_string(i); };
    const std::int64_t count = sizes.convolutions, width = sizes.width;
    for (std::int64_t i = 0; i < count; ++i) {
      add(layer(i), i == 0 ? 2 * features : width, width, 3);
    }
    add(layer(count), width, width / 2, 1);
    add(layer(count + 1), width / 2, 2, 1);
  };
  const auto fine = static_cast<std::int64_t>(config.fine.size());
  for (std::int64_t level = 0; level < fine; ++level) {
    predictor("predict_flow._predictors." + std::to_string(fine - 1 - level),
              config.features(level), config.fine[static_cast<std::size_t>(level)]);
  }
  predictor("predict_flow._predictor", config.features(fine), config.coarse);
  const auto aligned = [&](std::int64_t level) { return 2 * (3 + config.features(level)) + 4; };
  std::int64_t in = aligned(config.fusion_levels - 1);
  for (std::int64_t step = 0; step + 1 < config.fusion_levels; ++step) {
    const std::string part = "fuse.convs." + std::to_string(step);
    const std::int64_t level = config.fusion_levels - 2 - step;
    const std::int64_t width = config.filters << std::min(level, config.sub_levels - 1);
    add(part + ".0", in, width, 2);
    add(part + ".1", aligned(level) + width, width, 3);
    add(part + ".2", width, width, 3);
    in = width;
  }
  add("fuse.output_conv", in, 3, 1);
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
