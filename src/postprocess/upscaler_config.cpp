// Sources for the layouts: the published files' names, and the shapes below them.
#include "postprocess/upscaler_config.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/text.h"

namespace ptravel {
namespace {

constexpr std::int64_t kColours = 3;
constexpr std::int64_t kMostWidth = 1024;
constexpr std::int64_t kMostBlocks = 256;
constexpr std::int64_t kMostUps = 4;
constexpr std::int64_t kMostScale = 16;

std::string weight(const std::string& layer) { return layer + ".weight"; }

[[noreturn]] void fail_size(const NetworkFile& file,
                            const std::string& what,
                            std::int64_t value,
                            const std::string& expected) {
  file.fail(ErrorCode::Unsupported, what + " " + std::to_string(value) + ", expected " + expected);
}

void check_width(const NetworkFile& file, const std::string& tensor, std::int64_t width) {
  if (width > kMostWidth) {
    fail_size(file, tensor + " has channels", width, "at most " + std::to_string(kMostWidth));
  }
}

/// Whether the name says 3x or x3: at its end, or with something else than a digit around.
bool named_three_times(const std::string& path) {
  const std::string name = lower_case(std::filesystem::path(path).stem().string());
  const auto digit = [&](std::size_t at) {
    return at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) != 0;
  };
  for (std::size_t at = 0; at + 1 < name.size(); ++at) {
    const std::string pair = name.substr(at, 2);
    if ((pair == "3x" && !(at > 0 && digit(at - 1)) && !digit(at + 2)) ||
        (pair == "x3" && !digit(at + 2) && !(at > 0 && digit(at - 1)))) {
      return true;
    }
  }
  return false;
}

/// By how much a network that gives `kColours` channels has its picture's squares turned into
/// channels, of which it takes so many.
std::int64_t unshuffle_of(const NetworkFile& file, const std::string& first, std::int64_t in) {
  for (const std::int64_t side : {1, 2, 4}) {
    if (in == kColours * side * side) {
      return side;
    }
  }
  fail_size(file, first + " takes channels", in, "3 (RGB), 12 or 48");
}

RrdbConfig read_rrdb(const NetworkFile& file, RrdbLayout layout) {
  RrdbConfig config;
  config.layout = layout;
  RrdbNames names{layout, 0, 0};
  config.blocks = names.blocks = file.count(kMostBlocks, "blocks", [&](std::int64_t block) {
    return weight(names.dense(block, 1) + "." + names.convolution(1));
  });
  config.ups = names.ups = file.count(kMostUps, "enlargements",
                                      [&](std::int64_t up) { return weight(names.up(up + 1)); });
  const std::string first = weight(names.first());
  const auto first_shape = file.shape(first, 4);
  const std::string dense = weight(names.dense(0, 1) + "." + names.convolution(1));
  const auto dense_shape = file.shape(dense, 4);
  const std::string last = weight(names.last());
  config.width = first_shape[0];
  config.growth = dense_shape[0];
  check_width(file, first, config.width);
  check_width(file, dense, config.growth);
  if (const std::int64_t out = file.shape(last, 4)[0]; out != kColours) {
    fail_size(file, last + " gives channels", out, "3 (RGB)");
  }
  config.unshuffle = unshuffle_of(file, first, first_shape[1]);
  config.cross = file.contains(weight(names.dense(0, 1) + ".conv1x1"));
  if (config.ups == 1 && config.unshuffle == 1 && named_three_times(file.name())) {
    config.up_factor = 3;
  }
  if ((std::int64_t{1} << config.ups) % config.unshuffle != 0) {
    fail_size(file, "its enlargements are", config.ups,
              "enough for " + std::to_string(first_shape[1]) + " channels of input");
  }
  return config;
}

CompactConfig read_compact(const NetworkFile& file) {
  CompactConfig config;
  const auto layer = [](std::int64_t number) {
    return "body." + std::to_string(number) + ".weight";
  };
  const auto first = file.shape(layer(0), 4);
  if (first[1] != kColours) {
    fail_size(file, layer(0) + " takes channels", first[1], "3 (RGB)");
  }
  config.width = first[0];
  check_width(file, layer(0), config.width);
  // Convolutions and activations take turns; the last one is a convolution.
  const std::int64_t pairs = file.count(kMostBlocks, "convolutions",
                                        [&](std::int64_t pair) { return layer(2 * pair + 1); });
  config.convolutions = pairs - 1;
  const std::string last = layer(2 * pairs);
  const std::int64_t out = file.shape(last, 4)[0];
  config.scale = 1;
  while (config.scale < kMostScale && kColours * config.scale * config.scale < out) {
    ++config.scale;
  }
  if (kColours * config.scale * config.scale != out) {
    fail_size(file, last + " gives channels", out, "3 s^2 for a scale s from 1 to 16");
  }
  return config;
}

}  // namespace

std::string RrdbNames::first() const {
  return layout == RrdbLayout::Old ? "model.0" : "conv_first";
}

std::string RrdbNames::dense(std::int64_t block, std::int64_t dense) const {
  const std::string numbers[] = {std::to_string(block), std::to_string(dense)};
  switch (layout) {
    case RrdbLayout::Old:
      return "model.1.sub." + numbers[0] + ".RDB" + numbers[1];
    case RrdbLayout::New:
      return "body." + numbers[0] + ".rdb" + numbers[1];
    case RrdbLayout::First:
      break;
  }
  return "RRDB_trunk." + numbers[0] + ".RDB" + numbers[1];
}

std::string RrdbNames::convolution(std::int64_t number) const {
  return "conv" + std::to_string(number) + (layout == RrdbLayout::Old ? ".0" : "");
}

std::string RrdbNames::trunk() const {
  switch (layout) {
    case RrdbLayout::Old:
      return "model.1.sub." + std::to_string(blocks);
    case RrdbLayout::New:
      return "conv_body";
    case RrdbLayout::First:
      break;
  }
  return "trunk_conv";
}

std::string RrdbNames::up(std::int64_t number) const {
  switch (layout) {
    case RrdbLayout::Old:
      return "model." + std::to_string(3 * number);
    case RrdbLayout::New:
      return "conv_up" + std::to_string(number);
    case RrdbLayout::First:
      break;
  }
  return "upconv" + std::to_string(number);
}

std::string RrdbNames::high_resolution() const {
  switch (layout) {
    case RrdbLayout::Old:
      return "model." + std::to_string(3 * ups + 2);
    case RrdbLayout::New:
      return "conv_hr";
    case RrdbLayout::First:
      break;
  }
  return "HRconv";
}

std::string RrdbNames::last() const {
  return layout == RrdbLayout::Old ? "model." + std::to_string(3 * ups + 4) : "conv_last";
}

std::int64_t upscaler_scale(const UpscalerConfig& config) {
  if (const auto* compact = std::get_if<CompactConfig>(&config)) {
    return compact->scale;
  }
  const auto& rrdb = std::get<RrdbConfig>(config);
  std::int64_t scale = 1;
  for (std::int64_t up = 0; up < rrdb.ups; ++up) {
    scale *= rrdb.up_factor;
  }
  return scale / rrdb.unshuffle;
}

std::string describe(const UpscalerConfig& config) {
  const std::string scale = " x" + std::to_string(upscaler_scale(config)) + ", ";
  if (const auto* compact = std::get_if<CompactConfig>(&config)) {
    return "compact" + scale + std::to_string(compact->width) + " channels, " +
           std::to_string(compact->convolutions) + " convolutions";
  }
  const auto& rrdb = std::get<RrdbConfig>(config);
  return (rrdb.cross ? "ESRGAN+" : "ESRGAN") + scale + std::to_string(rrdb.width) + " channels, " +
         std::to_string(rrdb.blocks) + " blocks";
}

UpscalerConfig recognize_upscaler(const NetworkFile& file) {
  for (const RrdbLayout layout : {RrdbLayout::Old, RrdbLayout::New, RrdbLayout::First}) {
    const RrdbNames names{layout, 0, 0};
    if (file.contains(weight(names.dense(0, 1) + "." + names.convolution(1)))) {
      return read_rrdb(file, layout);
    }
  }
  if (file.contains("body.0.weight") && file.contains("body.1.weight") &&
      file.tensors()->shape("body.1.weight").size() == 1) {
    return read_compact(file);
  }
  file.fail(ErrorCode::Unsupported,
            "is no upscaler that is known: expected the layers of ESRGAN (model.1.sub.0.RDB1, "
            "body.0.rdb1 or RRDB_trunk.0.RDB1) or of a compact network (body.0, body.1), found " +
                file.examples());
}

}  // namespace ptravel
