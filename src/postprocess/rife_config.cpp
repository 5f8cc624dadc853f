#include "postprocess/rife_config.h"

#include <algorithm>

namespace ptravel {
namespace {

constexpr std::int64_t kMostBlocks = 7;
constexpr std::int64_t kMostWidth = 1024;
constexpr std::int64_t kMostHead = 64;
constexpr std::int64_t kMostResults = 69;
constexpr std::int64_t kPictures = 6;  // two of three channels
constexpr std::int64_t kFlow = 4;

std::string weight(const std::string& layer) { return layer + ".weight"; }

[[noreturn]] void fail_channels(const NetworkFile& file,
                                const std::string& tensor,
                                std::int64_t channels,
                                const std::string& expected) {
  file.fail(ErrorCode::Unsupported,
            tensor + " has channels " + std::to_string(channels) + ", expected " + expected);
}

void read_head(const NetworkFile& file, RifeConfig& config) {
  // As the versions name them: 4.7, 4.10, later ones.
  const std::vector<std::vector<std::string>> layouts = {
      {"encode.0", "encode.1"},
      {"encode.0", "encode.2", "encode.4", "encode.6"},
      {"encode.cnn0", "encode.cnn1", "encode.cnn2", "encode.cnn3"}};
  for (const auto& layers : layouts) {
    if (file.contains(weight(layers[0])) && file.contains(weight(layers[1]))) {
      config.head_layers = layers;
      const std::string first = weight(layers.front()), last = weight(layers.back());
      config.head_width = file.shape(first, 4)[0];
      config.head = file.shape(last, 4)[1];
      if (config.head_width > kMostWidth) {
        fail_channels(file, first, config.head_width, "at most " + std::to_string(kMostWidth));
      }
      if (config.head > kMostHead) {
        fail_channels(file, last, config.head, "at most " + std::to_string(kMostHead));
      }
      return;
    }
  }
}

void read_body(const NetworkFile& file, RifeConfig& config) {
  const std::string block = config.block(0);
  if (file.contains(block + ".convblock.0.beta")) {
    config.body = RifeBody::Residual;
  } else {
    const bool prelu = file.contains(weight(block + ".conv0.0.1"));
    config.body = prelu ? RifeBody::Prelu : RifeBody::Plain;
  }
  config.shuffled = file.contains(weight(block + ".lastconv.0"));
  const std::string last = weight(block + (config.shuffled ? ".lastconv.0" : ".lastconv"));
  const std::int64_t out = file.shape(last, 4)[1];
  config.results = config.shuffled ? out / 4 : out;
  if ((config.shuffled && out % 4 != 0) || config.results < kFlow + 1 ||
      config.results > kMostResults) {
    fail_channels(file, last, out, config.shuffled ? "20, 24 or 52" : "5");
  }
}

}  // namespace

std::int64_t RifeConfig::multiple() const {
  return std::max<std::int64_t>(64, std::int64_t{4} << (widths.size() - 1));
}

std::string describe(const RifeConfig& config) {
  std::string version = "4.7 to 4.9";
  if (config.body == RifeBody::Prelu) {
    version = "4.0";
  } else if (config.body == RifeBody::Plain) {
    version = "4.1 to 4.4";
  } else if (config.head == 0) {
    version = config.results == 5 ? "4.5" : "4.6";
  } else if (config.features > 0) {
    version = config.widths.size() > 4 ? "4.25 or later" : "4.22 to 4.24";
  } else if (config.head_layers.size() > 2) {
    version = "4.10 to 4.21";
  }
  return "RIFE " + version + ", " + std::to_string(config.widths.size()) + " blocks";
}

bool is_rife(const NetworkFile& file) {
  const NetworkFile inner = rife_tensors(file);
  return inner.contains("block0.conv0.0.0.weight") || inner.contains("blocks.0.conv0.0.0.weight");
}

NetworkFile rife_tensors(const NetworkFile& file) {
  const NetworkFile inner = file.unwrapped();
  const NetworkFile flownet = inner.below("flownet.");
  return (flownet.tensors()->names().empty() ? inner : flownet)
      .without({"teacher.", "caltime.", "contextnet.", "unet."});
}

RifeConfig recognize_rife(const NetworkFile& file) {
  RifeConfig config;
  config.block_prefix = file.contains("blocks.0.conv0.0.0.weight") ? "blocks." : "block";
  const auto first_layer = [&](std::int64_t block) {
    return weight(config.block(static_cast<std::size_t>(block)) + ".conv0.0.0");
  };
  const std::int64_t blocks = file.count(kMostBlocks, "blocks", first_layer);
  if (blocks < 2) {
    file.fail(ErrorCode::Unsupported,
              "has " + std::to_string(blocks) + " blocks, expected 4 or 5 (RIFE 4)");
  }
  config.widths.clear();
  for (std::int64_t block = 0; block < blocks; ++block) {
    const std::string second = weight(config.block(static_cast<std::size_t>(block)) + ".conv0.1.0");
    config.widths.push_back(file.shape(second, 4)[0]);
    if (config.widths.back() > kMostWidth || config.widths.back() % 2 != 0) {
      fail_channels(file, second, config.widths.back(),
                    "an even number up to " + std::to_string(kMostWidth));
    }
  }
  read_body(file, config);
  read_head(file, config);
  const std::int64_t known = kPictures + 2 * config.head + 1 + 1 + kFlow;
  const std::int64_t in = file.shape(first_layer(1), 4)[1];
  config.features = in - known;
  if (config.features != 0 && config.features != config.results - kFlow - 1) {
    fail_channels(file, first_layer(1), in,
                  std::to_string(known) + ", or what the block before gives beside");
  }
  return config;
}

}  // namespace ptravel
