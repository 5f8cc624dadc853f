// The models of tiny_files.h: what tensors a tiny Stable Diffusion has, under both kinds of names.

#include <cmath>

#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

/// Makes LDM-named weights; the numbers depend on how many came before.
class Maker {
 public:
  TinyTensors tensors;

  void add(const std::string& name, std::vector<std::int64_t> shape, double scale = 0.05) {
    const auto phase = static_cast<double>(tensors.size());
    const auto wave = [&](std::size_t i) {
      return std::sin(static_cast<double>(i) * 1.7 + phase) * scale;
    };
    tensors[name] = tiny_tensor(std::move(shape), wave, NumberFormat::F16);
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in, bool bias = true) {
    add(name + ".weight", {out, in});
    if (bias) {
      add(name + ".bias", {out});
    }
  }
  void conv(const std::string& name, std::int64_t out, std::int64_t in, std::int64_t kernel) {
    add(name + ".weight", {out, in, kernel, kernel});
    add(name + ".bias", {out});
  }
  void norm(const std::string& name, std::int64_t channels) {
    add(name + ".weight", {channels}, 1.0);
    add(name + ".bias", {channels});
  }
};

struct UnetMaker {
  Maker& maker;
  TinySizes sizes;
  std::string prefix = "model.diffusion_model.";

  void residual(const std::string& block, std::int64_t in, std::int64_t out) {
    const std::string name = prefix + block;
    maker.norm(name + ".in_layers.0", in);
    maker.conv(name + ".in_layers.2", out, in, 3);
    maker.linear(name + ".emb_layers.1", out, 4 * sizes.model_channels);
    maker.norm(name + ".out_layers.0", out);
    maker.conv(name + ".out_layers.3", out, out, 3);
    if (in != out) {
      maker.conv(name + ".skip_connection", out, in, 1);
    }
  }
  void transformer(const std::string& block, std::int64_t channels) {
    const std::string name = prefix + block;
    const std::string inner = name + ".transformer_blocks.0";
    maker.norm(name + ".norm", channels);
    maker.conv(name + ".proj_in", channels, channels, 1);
    for (const char* attention : {".attn1", ".attn2"}) {
      const std::int64_t context = attention[5] == '1' ? channels : sizes.context;
      maker.linear(inner + attention + ".to_q", channels, channels, false);
      maker.linear(inner + attention + ".to_k", channels, context, false);
      maker.linear(inner + attention + ".to_v", channels, context, false);
      maker.linear(inner + attention + ".to_out.0", channels, channels);
    }
    maker.linear(inner + ".ff.net.0.proj", 8 * channels, channels);
    maker.linear(inner + ".ff.net.2", channels, 4 * channels);
    for (const char* norm : {".norm1", ".norm2", ".norm3"}) {
      maker.norm(inner + norm, channels);
    }
    maker.conv(name + ".proj_out", channels, channels, 1);
  }
  // Two levels of one residual block: attention at the first only, as at the deepest level of
  // SD 1.x.
  void make() {
    const std::int64_t c = sizes.model_channels;
    maker.linear(prefix + "time_embed.0", 4 * c, c);
    maker.linear(prefix + "time_embed.2", 4 * c, 4 * c);
    maker.conv(prefix + "input_blocks.0.0", c, sizes.in_channels, 3);
    residual("input_blocks.1.0", c, c);
    transformer("input_blocks.1.1", c);
    maker.conv(prefix + "input_blocks.2.0.op", c, c, 3);
    residual("input_blocks.3.0", c, 2 * c);
    residual("middle_block.0", 2 * c, 2 * c);
    transformer("middle_block.1", 2 * c);
    residual("middle_block.2", 2 * c, 2 * c);
    residual("output_blocks.0.0", 4 * c, 2 * c);
    residual("output_blocks.1.0", 3 * c, 2 * c);
    maker.conv(prefix + "output_blocks.1.1.conv", 2 * c, 2 * c, 3);
    residual("output_blocks.2.0", 3 * c, c);
    transformer("output_blocks.2.1", c);
    residual("output_blocks.3.0", 2 * c, c);
    transformer("output_blocks.3.1", c);
    maker.norm(prefix + "out.0", c);
    maker.conv(prefix + "out.2", 4, c, 3);
  }
};

struct VaeMaker {
  Maker& maker;
  std::string prefix = "first_stage_model.";

  void residual(const std::string& block, std::int64_t in, std::int64_t out) {
    const std::string name = prefix + block;
    maker.norm(name + ".norm1", in);
    maker.conv(name + ".conv1", out, in, 3);
    maker.norm(name + ".norm2", out);
    maker.conv(name + ".conv2", out, out, 3);
    if (in != out) {
      maker.conv(name + ".nin_shortcut", out, in, 1);
    }
  }
  void middle(const std::string& side, std::int64_t channels) {
    residual(side + ".mid.block_1", channels, channels);
    maker.norm(prefix + side + ".mid.attn_1.norm", channels);
    for (const char* name : {"q", "k", "v", "proj_out"}) {
      maker.conv(prefix + side + ".mid.attn_1." + name, channels, channels, 1);
    }
    residual(side + ".mid.block_2", channels, channels);
  }
  void make(std::int64_t c) {
    maker.conv(prefix + "encoder.conv_in", c, 3, 3);
    residual("encoder.down.0.block.0", c, c);
    maker.conv(prefix + "encoder.down.0.downsample.conv", c, c, 3);
    residual("encoder.down.1.block.0", c, 2 * c);
    middle("encoder", 2 * c);
    maker.norm(prefix + "encoder.norm_out", 2 * c);
    maker.conv(prefix + "encoder.conv_out", 8, 2 * c, 3);
    maker.conv(prefix + "quant_conv", 8, 8, 1);
    maker.conv(prefix + "post_quant_conv", 4, 4, 1);
    maker.conv(prefix + "decoder.conv_in", 2 * c, 4, 3);
    middle("decoder", 2 * c);
    residual("decoder.up.1.block.0", 2 * c, 2 * c);
    residual("decoder.up.1.block.1", 2 * c, 2 * c);
    maker.conv(prefix + "decoder.up.1.upsample.conv", 2 * c, 2 * c, 3);
    residual("decoder.up.0.block.0", 2 * c, c);
    residual("decoder.up.0.block.1", c, c);
    maker.norm(prefix + "decoder.norm_out", c);
    maker.conv(prefix + "decoder.conv_out", 3, c, 3);
  }
};

void make_text_encoder(Maker& maker, const TinySizes& sizes) {
  const std::string prefix = "cond_stage_model.transformer.text_model.";
  const std::int64_t width = sizes.context;
  maker.add(prefix + "embeddings.token_embedding.weight", {sizes.vocabulary, width});
  maker.add(prefix + "embeddings.position_embedding.weight", {77, width});
  for (const char* number : {"0", "1"}) {
    const std::string layer = prefix + "encoder.layers." + number;
    maker.norm(layer + ".layer_norm1", width);
    for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      maker.linear(layer + ".self_attn." + name, width, width);
    }
    maker.norm(layer + ".layer_norm2", width);
    maker.linear(layer + ".mlp.fc1", 4 * width, width);
    maker.linear(layer + ".mlp.fc2", width, 4 * width);
  }
  maker.norm(prefix + "final_layer_norm", width);
}

using Renames = std::vector<std::pair<std::string, std::string>>;

// The tiny model's blocks by hand, LDM name first, so that the key map's formulas are checked by
// numbers.
const Renames kUnetBlocks = {
    {"time_embed.0.", "time_embedding.linear_1."},
    {"time_embed.2.", "time_embedding.linear_2."},
    {"input_blocks.0.0.", "conv_in."},
    {"input_blocks.1.0.", "down_blocks.0.resnets.0."},
    {"input_blocks.1.1.", "down_blocks.0.attentions.0."},
    {"input_blocks.2.0.op.", "down_blocks.0.downsamplers.0.conv."},
    {"input_blocks.3.0.", "down_blocks.1.resnets.0."},
    {"middle_block.0.", "mid_block.resnets.0."},
    {"middle_block.1.", "mid_block.attentions.0."},
    {"middle_block.2.", "mid_block.resnets.1."},
    {"output_blocks.0.0.", "up_blocks.0.resnets.0."},
    {"output_blocks.1.0.", "up_blocks.0.resnets.1."},
    {"output_blocks.1.1.conv.", "up_blocks.0.upsamplers.0.conv."},
    {"output_blocks.2.0.", "up_blocks.1.resnets.0."},
    {"output_blocks.2.1.", "up_blocks.1.attentions.0."},
    {"output_blocks.3.0.", "up_blocks.1.resnets.1."},
    {"output_blocks.3.1.", "up_blocks.1.attentions.1."},
    {"out.0.", "conv_norm_out."},
    {"out.2.", "conv_out."},
    {"in_layers.0.", "norm1."},
    {"in_layers.2.", "conv1."},
    {"emb_layers.1.", "time_emb_proj."},
    {"out_layers.0.", "norm2."},
    {"out_layers.3.", "conv2."},
    {"skip_connection.", "conv_shortcut."},
};

const Renames kVaeBlocks = {
    {"encoder.down.0.block.", "encoder.down_blocks.0.resnets."},
    {"encoder.down.1.block.", "encoder.down_blocks.1.resnets."},
    {"encoder.down.0.downsample.", "encoder.down_blocks.0.downsamplers.0."},
    {"decoder.up.0.block.", "decoder.up_blocks.1.resnets."},
    {"decoder.up.1.block.", "decoder.up_blocks.0.resnets."},
    {"decoder.up.1.upsample.", "decoder.up_blocks.0.upsamplers.0."},
    {"mid.block_1.", "mid_block.resnets.0."},
    {"mid.block_2.", "mid_block.resnets.1."},
    {"mid.attn_1.norm.", "mid_block.attentions.0.group_norm."},
    {"norm_out.", "conv_norm_out."},
    {"nin_shortcut.", "conv_shortcut."},
};

const Renames kOldAttention = {
    {"mid.attn_1.q.", "mid_block.attentions.0.query."},
    {"mid.attn_1.k.", "mid_block.attentions.0.key."},
    {"mid.attn_1.v.", "mid_block.attentions.0.value."},
    {"mid.attn_1.proj_out.", "mid_block.attentions.0.proj_attn."},
};
const Renames kNewAttention = {
    {"mid.attn_1.q.", "mid_block.attentions.0.to_q."},
    {"mid.attn_1.k.", "mid_block.attentions.0.to_k."},
    {"mid.attn_1.v.", "mid_block.attentions.0.to_v."},
    {"mid.attn_1.proj_out.", "mid_block.attentions.0.to_out.0."},
};

std::string renamed(std::string name, const Renames& renames) {
  for (const auto& [from, to] : renames) {
    const std::size_t at = name.find(from);
    if (at != name.npos && (at == 0 || name[at - 1] == '.')) {
      name = name.substr(0, at) + to + name.substr(at + from.size());
    }
  }
  return name;
}

}  // namespace

TinyTensors tiny_sd1(const TinySizes& sizes) {
  Maker maker;
  UnetMaker{maker, sizes}.make();
  VaeMaker{maker}.make(sizes.vae_channels);
  make_text_encoder(maker, sizes);
  return std::move(maker.tensors);
}

TinyTensors tiny_diffusers_part(const TinyTensors& ldm,
                                const std::string& part,
                                bool old_attention) {
  const std::string prefix = part == "unet"  ? "model.diffusion_model."
                             : part == "vae" ? "first_stage_model."
                                             : "cond_stage_model.transformer.";
  TinyTensors result;
  for (const auto& [name, tensor] : ldm) {
    if (!name.starts_with(prefix)) {
      continue;
    }
    std::string mapped = name.substr(prefix.size());
    TinyTensor value = tensor;
    if (part == "unet") {
      mapped = renamed(mapped, kUnetBlocks);
    } else if (part == "vae") {
      const bool attention = mapped.find("attn_1") != mapped.npos;
      mapped = renamed(renamed(mapped, kVaeBlocks), old_attention ? kOldAttention : kNewAttention);
      if (attention && tensor.shape.size() == 4) {
        value.shape.resize(2);
      }
    }
    result[mapped] = value;
  }
  return result;
}

void write_tiny_folder(const std::filesystem::path& folder,
                       const TinyTensors& ldm,
                       bool old_attention) {
  write_bytes(folder / "model_index.json", R"({"_class_name":"StableDiffusionPipeline"})");
  for (const std::string part : {"unet", "vae"}) {
    write_tiny_safetensors(folder / part / "diffusion_pytorch_model.safetensors",
                           tiny_diffusers_part(ldm, part, old_attention));
  }
  TinyTensors text = tiny_diffusers_part(ldm, "text_encoder", old_attention);
  text["text_model.embeddings.position_ids"] = tiny_tensor(
      {77}, [](std::size_t i) { return static_cast<double>(i); }, NumberFormat::I64);
  write_tiny_safetensors(folder / "text_encoder/model.safetensors", text);
  write_bytes(folder / "unet/config.json",
              R"({"attention_head_dim":4,"block_out_channels":[32,64]})");
  write_bytes(folder / "text_encoder/config.json",
              R"({"num_attention_heads":2,"hidden_act":"quick_gelu"})");
  write_bytes(folder / "vae/config.json", R"({"scaling_factor":0.18215})");
  write_bytes(folder / "scheduler/scheduler_config.json", R"({"prediction_type":"epsilon"})");
}

}  // namespace ptravel
