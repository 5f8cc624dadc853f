#include "checkpoint/config.h"

#include <algorithm>

#include "checkpoint/key_map.h"
#include "checkpoint/stored_tensors.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::int64_t kMaxWidth = 8192;
constexpr std::int64_t kMaxVocabulary = 1'000'000;
constexpr std::int64_t kMaxBlocks = 64;
constexpr std::int64_t kMaxDepth = 64;
constexpr std::int64_t kMaxImageChannels = 64;
constexpr std::int64_t kMaxVaeLevels = 8;
constexpr std::int64_t kClipHeadWidth = 64;
constexpr std::int64_t kDefaultHeads = 8;  // of Stable Diffusion 1.x, in each level
constexpr std::int64_t kLinearUnetHeadWidth =
    64;  // of the later ones, whose projections are Linear

[[noreturn]] void fail(ErrorCode code, const std::string& problem) {
  throw Error(code, "[config] " + problem);
}

/// The shapes below one prefix, every number bounded.
class Shapes {
 public:
  Shapes(const StoredTensors& weights, std::string_view prefix)
      : weights_(weights), prefix_(prefix) {}

  bool has(const std::string& name) const { return weights_.contains(prefix_ + name); }

  /// The shape of a tensor that must be there and have `sides` sides.
  std::vector<std::int64_t> of(const std::string& name, std::size_t sides) const {
    const std::string full = prefix_ + name;
    if (!weights_.contains(full)) {
      fail(ErrorCode::Corrupt, full + " is missing");
    }
    std::vector<std::int64_t> shape = weights_.shape(full);
    const bool bounded = std::all_of(shape.begin(), shape.end(), [](std::int64_t side) {
      return side >= 1 && side <= kMaxVocabulary;
    });
    if (shape.size() != sides || !bounded) {
      fail(ErrorCode::Corrupt, full + " has " + std::to_string(shape.size()) +
                                   " sides or one out of range, expected " + std::to_string(sides));
    }
    return shape;
  }
  /// The number of sides of a tensor; 0 when it is missing.
  std::size_t rank(const std::string& name) const {
    return has(name) ? weights_.shape(prefix_ + name).size() : 0;
  }
  /// How many consecutive numbers in place of @ name a tensor, starting at 0.
  std::int64_t count(const std::string& pattern, std::int64_t limit) const {
    const std::size_t at = pattern.find('@');
    for (std::int64_t number = 0; number <= limit; ++number) {
      std::string name = pattern;
      if (!has(name.replace(at, 1, std::to_string(number)))) {
        return number;
      }
    }
    fail(ErrorCode::Corrupt,
         prefix_ + pattern + ": more than " + std::to_string(limit) + " of them");
  }
  const std::string& prefix() const { return prefix_; }

 private:
  const StoredTensors& weights_;
  std::string prefix_;
};

void check_range(const std::string& what, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    fail(ErrorCode::Corrupt, what + " is " + std::to_string(value) + ", expected " +
                                 std::to_string(low) + " to " + std::to_string(high));
  }
}

void check_multiple(const std::string& what, std::int64_t value, std::int64_t unit) {
  if (unit < 1 || value % unit != 0) {
    fail(ErrorCode::Corrupt, what + " is " + std::to_string(value) + ", expected a multiple of " +
                                 std::to_string(unit));
  }
}

/// One level of the UNet's way down.
struct Level {
  std::int64_t channels = 0;
  std::int64_t blocks = 0;
  std::int64_t depth = 0;
};

std::int64_t transformer_depth(const Shapes& shapes, const std::string& block) {
  return shapes.count(block + "transformer_blocks.@.norm1.weight", kMaxDepth);
}

/// Walks input_blocks.1, 2 ...: a block with "op" ends a level, others are residual blocks.
std::vector<Level> read_levels(const Shapes& shapes) {
  std::vector<Level> levels(1);
  for (std::int64_t number = 1; number <= kMaxBlocks; ++number) {
    const std::string block = "input_blocks." + std::to_string(number) + ".";
    if (shapes.has(block + "0.op.weight")) {
      levels.emplace_back();
      continue;
    }
    if (!shapes.has(block + "0.in_layers.2.weight")) {
      return levels;
    }
    Level& level = levels.back();
    const std::int64_t channels = shapes.of(block + "0.in_layers.2.weight", 4)[0];
    const std::int64_t depth = transformer_depth(shapes, block + "1.");
    if (level.blocks > 0 && (channels != level.channels || depth != level.depth)) {
      fail(ErrorCode::Corrupt,
           shapes.prefix() + block + " differs from the other blocks of its level");
    }
    level = {channels, level.blocks + 1, depth};
  }
  fail(ErrorCode::Corrupt, shapes.prefix() + "input_blocks: too many of them");
}

/// Context width and kind of projection, from the first spatial transformer of the way down.
void read_attention(const Shapes& shapes, UnetConfig& config) {
  const auto first = std::find_if(config.transformer_depth.begin(), config.transformer_depth.end(),
                                  [](std::int64_t depth) { return depth > 0; });
  std::string inner = "middle_block.1.";
  if (first != config.transformer_depth.end()) {
    const std::int64_t level = first - config.transformer_depth.begin();
    inner = "input_blocks." + std::to_string(level * (config.num_res_blocks + 1) + 1) + ".1.";
  }
  config.context_dim = shapes.of(inner + "transformer_blocks.0.attn2.to_k.weight", 2)[1];
  config.linear_projection = shapes.rank(inner + "proj_in.weight") == 2;
  check_range("the UNet's context width", config.context_dim, 1, kMaxWidth);
}

/// Whether a level has attention, or the middle block, which is as wide as the last one.
bool attends(const UnetConfig& config, std::size_t level) {
  return config.transformer_depth[level] > 0 ||
         (level + 1 == config.channel_mult.size() && config.middle_depth > 0);
}

std::int64_t width_of(const UnetConfig& config, std::size_t level) {
  return config.model_channels * config.channel_mult[level];
}

/// Heads of `head_width` channels in each level.
std::vector<std::int64_t> heads_of_width(const UnetConfig& config, std::int64_t head_width) {
  std::vector<std::int64_t> heads;
  for (std::size_t level = 0; level < config.channel_mult.size(); ++level) {
    if (attends(config, level)) {
      check_multiple("the UNet's width at level " + std::to_string(level), width_of(config, level),
                     head_width);
    }
    heads.push_back(std::max(width_of(config, level) / head_width, std::int64_t{1}));
  }
  return heads;
}

/// SD 1.x has the same number of heads in each level; SD 2.x and SDXL have heads of one width.
/// Which of them a file without a config is shows in its projections.
std::vector<std::int64_t> usual_heads(const UnetConfig& config) {
  bool fits = config.linear_projection;
  for (std::size_t level = 0; level < config.channel_mult.size(); ++level) {
    fits = fits && (!attends(config, level) || width_of(config, level) % kLinearUnetHeadWidth == 0);
  }
  return fits ? heads_of_width(config, kLinearUnetHeadWidth)
              : std::vector<std::int64_t>(config.channel_mult.size(), kDefaultHeads);
}

std::vector<std::int64_t> heads_of(const UnetConfig& config, const ConfigHints& hints) {
  const std::size_t levels = config.channel_mult.size();
  if (hints.unet_head_channels) {
    return heads_of_width(config, *hints.unet_head_channels);
  }
  if (hints.unet_heads.empty()) {
    return usual_heads(config);
  }
  if (hints.unet_heads.size() == 1) {
    return std::vector<std::int64_t>(levels, hints.unet_heads.front());
  }
  if (hints.unet_heads.size() != levels) {
    fail(ErrorCode::Corrupt, "the config file states heads for " +
                                 std::to_string(hints.unet_heads.size()) +
                                 " levels of the UNet, the weights have " + std::to_string(levels));
  }
  return hints.unet_heads;
}

void check_heads(const UnetConfig& config) {
  for (std::size_t level = 0; level < config.channel_mult.size(); ++level) {
    if (attends(config, level)) {
      check_multiple("the UNet's width at level " + std::to_string(level), width_of(config, level),
                     config.heads[level]);
    }
  }
}

}  // namespace

UnetConfig read_unet_config(const StoredTensors& weights, const ConfigHints& hints) {
  const Shapes shapes(weights, kUnetPrefix);
  const std::vector<std::int64_t> first = shapes.of("input_blocks.0.0.weight", 4);
  UnetConfig config;
  config.model_channels = first[0];
  config.in_channels = first[1];
  config.out_channels = shapes.of("out.2.weight", 4)[0];
  config.norm_groups = hints.unet_norm_groups.value_or(config.norm_groups);
  check_range("the UNet's width", config.model_channels, config.norm_groups, kMaxWidth);
  check_multiple("the UNet's width", config.model_channels, config.norm_groups);
  check_range("the UNet's input channels", config.in_channels, 1, kMaxImageChannels);
  check_range("the UNet's output channels", config.out_channels, 1, kMaxImageChannels);
  const std::vector<Level> levels = read_levels(shapes);
  config.num_res_blocks = levels.front().blocks;
  config.channel_mult.clear();
  config.transformer_depth.clear();
  for (const Level& level : levels) {
    if (level.blocks != config.num_res_blocks || level.blocks == 0) {
      fail(ErrorCode::Corrupt, "the UNet's levels have different numbers of blocks");
    }
    check_range("a UNet level's width", level.channels, config.norm_groups, kMaxWidth);
    check_multiple("a UNet level's width", level.channels, config.model_channels);
    config.channel_mult.push_back(level.channels / config.model_channels);
    config.transformer_depth.push_back(level.depth);
  }
  config.middle_depth = transformer_depth(shapes, "middle_block.1.");
  if (shapes.has("label_emb.0.0.weight")) {
    config.vector_dim = shapes.of("label_emb.0.0.weight", 2)[1];
    check_range("the UNet's vector", config.vector_dim, 1, kMaxWidth);
  }
  read_attention(shapes, config);
  config.heads = heads_of(config, hints);
  check_heads(config);
  return config;
}

ClipConfig read_clip_config(const StoredTensors& weights,
                            const ConfigHints& all_hints,
                            ModelPart part,
                            const TextTraits& traits) {
  const Shapes shapes(weights, ldm_prefix(part));
  const auto place = std::find(std::begin(kTextParts), std::end(kTextParts), part);
  PTRAVEL_CHECK(place != std::end(kTextParts));
  const TextHints& hints =
      all_hints.texts.at(static_cast<std::size_t>(place - std::begin(kTextParts)));
  ClipConfig config;
  config.fixed_skip = traits.fixed_skip;
  config.final_norm = traits.final_norm;
  config.open_clip_tokens = traits.open_clip;
  const std::vector<std::int64_t> tokens = shapes.of("embeddings.token_embedding.weight", 2);
  config.vocab_size = tokens[0];
  config.width = tokens[1];
  config.max_positions = shapes.of("embeddings.position_embedding.weight", 2)[0];
  config.num_layers = shapes.count("encoder.layers.@.layer_norm1.weight", kMaxDepth);
  config.intermediate = shapes.of("encoder.layers.0.mlp.fc1.weight", 2)[0];
  config.quick_gelu = hints.quick_gelu.value_or(!traits.open_clip);
  if (shapes.has("text_projection.weight")) {
    config.projection = shapes.of("text_projection.weight", 2)[0];
    check_range("the text encoder's projection", config.projection, 1, kMaxWidth);
  }
  if (config.fixed_skip > config.num_layers) {
    fail(ErrorCode::Corrupt,
         shapes.prefix() + "encoder.layers: " + std::to_string(config.num_layers) +
             " of them, expected at least " + std::to_string(config.fixed_skip));
  }
  check_range("the text encoder's width", config.width, 1, kMaxWidth);
  check_range("the text encoder's positions", config.max_positions, 1, kMaxWidth);
  check_range("the text encoder's inner width", config.intermediate, 1, 4 * kMaxWidth);
  if (!hints.heads && config.width % kClipHeadWidth != 0) {
    fail(
        ErrorCode::Unsupported,
        "the text encoder is " + std::to_string(config.width) +
            " wide, which does not tell its number of heads; a config.json beside the weights can");
  }
  config.num_heads = hints.heads.value_or(config.width / kClipHeadWidth);
  check_multiple("the text encoder's width", config.width, config.num_heads);
  return config;
}

VaeConfig read_vae_config(const StoredTensors& weights,
                          const ConfigHints& hints,
                          double scale_factor) {
  const Shapes shapes(weights, kVaePrefix);
  VaeConfig config;
  const std::vector<std::int64_t> first = shapes.of("encoder.conv_in.weight", 4);
  config.channels = first[0];
  config.in_channels = first[1];
  config.out_channels = shapes.of("decoder.conv_out.weight", 4)[0];
  const std::vector<std::int64_t> bottleneck = shapes.of("post_quant_conv.weight", 4);
  config.z_channels = bottleneck[0];
  config.embed_dim = bottleneck[1];
  config.scale_factor = hints.scale_factor.value_or(scale_factor);
  config.norm_groups = hints.vae_norm_groups.value_or(config.norm_groups);
  check_range("the VAE's width", config.channels, config.norm_groups, kMaxWidth);
  check_multiple("the VAE's width", config.channels, config.norm_groups);
  for (const std::int64_t channels :
       {config.in_channels, config.out_channels, config.z_channels, config.embed_dim}) {
    check_range("the VAE's number of channels", channels, 1, kMaxImageChannels);
  }
  config.num_res_blocks = shapes.count("encoder.down.0.block.@.conv1.weight", kMaxBlocks);
  const std::int64_t levels = shapes.count("encoder.down.@.block.0.conv1.weight", kMaxVaeLevels);
  check_range("the VAE's blocks in a level", config.num_res_blocks, 1, kMaxBlocks);
  config.channel_mult.clear();
  for (std::int64_t level = 0; level < levels; ++level) {
    const std::string block = "encoder.down." + std::to_string(level) + ".block.0.conv1.weight";
    const std::int64_t channels = shapes.of(block, 4)[0];
    check_range("a VAE level's width", channels, config.norm_groups, kMaxWidth);
    check_multiple("a VAE level's width", channels, config.channels);
    config.channel_mult.push_back(channels / config.channels);
  }
  return config;
}

void check_hints(const ConfigHints& hints,
                 const UnetConfig& unet,
                 std::span<const ClipConfig> clips,
                 const VaeConfig& vae) {
  using Numbers = std::vector<std::int64_t>;
  std::vector<std::pair<std::string, Numbers>> found = {
      {"unet.in_channels", {unet.in_channels}},
      {"unet.out_channels", {unet.out_channels}},
      {"unet.model_channels", {unet.model_channels}},
      {"unet.num_res_blocks", {unet.num_res_blocks}},
      {"unet.channel_mult", unet.channel_mult},
      {"unet.context_dim", {unet.context_dim}},
      {"vae.ch", {vae.channels}},
      {"vae.ch_mult", vae.channel_mult},
      {"vae.num_res_blocks", {vae.num_res_blocks}},
      {"vae.z_channels", {vae.z_channels}},
      {"vae.embed_dim", {vae.embed_dim}},
  };
  for (std::size_t i = 0; i < clips.size(); ++i) {
    for (const char* section : kTextSections[i]) {
      const std::string name = std::string(section) + ".";
      found.insert(found.end(), {{name + "vocab_size", {clips[i].vocab_size}},
                                 {name + "hidden_size", {clips[i].width}},
                                 {name + "num_layers", {clips[i].num_layers}},
                                 {name + "intermediate_size", {clips[i].intermediate}},
                                 {name + "max_positions", {clips[i].max_positions}}});
    }
  }
  const auto text = [](const Numbers& numbers) {
    std::string joined;
    for (const std::int64_t number : numbers) {
      joined += (joined.empty() ? "" : ", ") + std::to_string(number);
    }
    return joined;
  };
  for (const auto& [name, numbers] : found) {
    const auto stated = hints.stated.find(name);
    if (stated != hints.stated.end() && stated->second != numbers) {
      fail(ErrorCode::Corrupt, name + ": the config file says " + text(stated->second) +
                                   ", the weights have " + text(numbers));
    }
  }
}

}  // namespace ptravel
