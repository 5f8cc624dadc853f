#include "tests/support/tiny_files.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace ptravel {
namespace {

struct StorageName {
  NumberFormat format;
  const char* storage;
};

constexpr StorageName kStorages[] = {
    {NumberFormat::F64, "DoubleStorage"}, {NumberFormat::F32, "FloatStorage"},
    {NumberFormat::F16, "HalfStorage"},   {NumberFormat::BF16, "BFloat16Storage"},
    {NumberFormat::I64, "LongStorage"},   {NumberFormat::I32, "IntStorage"},
    {NumberFormat::I16, "ShortStorage"},  {NumberFormat::I8, "CharStorage"},
    {NumberFormat::U8, "ByteStorage"},    {NumberFormat::Bool, "BoolStorage"},
};

const char* storage_name(NumberFormat format) {
  for (const StorageName& row : kStorages) {
    if (row.format == format) {
      return row.storage;
    }
  }
  throw std::logic_error("no storage type for this tensor");
}

/// IEEE 754 half precision, rounded to the nearest, ties to even.
std::uint16_t to_half(double value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double size = std::fabs(value);
  if (std::isnan(value) || size >= 65520) {
    return sign | (std::isnan(value) ? 0x7e00 : 0x7c00);
  }
  int exponent = 0;
  std::frexp(size, &exponent);
  exponent = std::max(exponent - 1, -14);
  // Below the smallest normal number the fraction has no leading one and the exponent field is 0.
  const auto fraction = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  const int field = fraction < 0x400 ? 0 : exponent + 14;
  return static_cast<std::uint16_t>(sign | ((field << 10) + fraction));
}

std::uint16_t to_bfloat16(double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  return static_cast<std::uint16_t>(std::isnan(value) ? 0x7fc0
                                                      : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

std::uint64_t number_bits(double value, NumberFormat format) {
  switch (format) {
    case NumberFormat::F64:
      return std::bit_cast<std::uint64_t>(value);
    case NumberFormat::F32:
      return std::bit_cast<std::uint32_t>(static_cast<float>(value));
    case NumberFormat::F16:
      return to_half(value);
    case NumberFormat::BF16:
      return to_bfloat16(value);
    default:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
}

/// The numbers of a tensor as a checkpoint's storage has them.
std::string storage_bytes(const TinyTensor& tensor) {
  if (!tensor.turned) {
    return tensor.bytes();
  }
  const auto rows = static_cast<std::size_t>(tensor.shape.at(0));
  const auto columns = static_cast<std::size_t>(tensor.shape.at(1));
  TinyTensor stored = tensor;
  for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
    stored.numbers[i] = tensor.numbers[i % rows * columns + i / rows];
  }
  return stored.bytes();
}

std::vector<std::int64_t> strides(const TinyTensor& tensor) {
  if (tensor.turned) {
    return {1, tensor.shape.at(0)};
  }
  std::vector<std::int64_t> result(tensor.shape.size(), 1);
  for (std::size_t side = result.size(); side-- > 1;) {
    result[side - 1] = result[side] * std::max<std::int64_t>(tensor.shape[side], 1);
  }
  return result;
}

std::string text_pickle(const std::string& text) {
  return std::string("X") + little_endian(text.size(), 4) + text;
}

std::string tuple_pickle(const std::vector<std::int64_t>& numbers) {
  std::string result = "(";
  for (const std::int64_t number : numbers) {
    result.append("J").append(little_endian(static_cast<std::uint64_t>(number), 4));
  }
  return result + "t";
}

std::string tensor_pickle(const TinyTensor& tensor, const std::string& key, bool legacy) {
  const std::string storage = std::string("(") + text_pickle("storage") + "ctorch\n" +
                              storage_name(tensor.format) + "\n" + text_pickle(key) +
                              text_pickle("cpu") + "J" + little_endian(tensor.numbers.size(), 4) +
                              (legacy ? "N" : "") + "tQ";
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + "K" + std::string(1, '\0') +
         tuple_pickle(tensor.shape) + tuple_pickle(strides(tensor)) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

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

std::uint32_t crc32(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
  }
  return ~crc;
}

}  // namespace

std::string TinyTensor::bytes() const {
  std::string result;
  for (const double number : numbers) {
    result +=
        little_endian(number_bits(number, format), static_cast<int>(bytes_per_number(format)));
  }
  return result;
}

TinyTensor tiny_tensor(std::vector<std::int64_t> shape, double value, NumberFormat format) {
  return tiny_tensor(
      std::move(shape), [value](std::size_t) { return value; }, format);
}

TinyTensor tiny_tensor(std::vector<std::int64_t> shape,
                       const std::function<double(std::size_t)>& numbers,
                       NumberFormat format) {
  std::size_t count = 1;
  for (const std::int64_t side : shape) {
    count *= static_cast<std::size_t>(side);
  }
  TinyTensor tensor{std::move(shape), std::vector<double>(count), format};
  for (std::size_t i = 0; i < count; ++i) {
    tensor.numbers[i] = numbers(i);
  }
  return tensor;
}

TinyTensor changed(TinyTensor tensor, const std::function<double(double)>& change) {
  std::transform(tensor.numbers.begin(), tensor.numbers.end(), tensor.numbers.begin(), change);
  return tensor;
}

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

std::string little_endian(std::uint64_t value, int bytes) {
  std::string result;
  for (int i = 0; i < bytes; ++i) {
    result += static_cast<char>(value >> (8 * i) & 0xff);
  }
  return result;
}

std::string safetensors_bytes(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_tiny_safetensors(const std::filesystem::path& path,
                            const TinyTensors& tensors,
                            const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) {
    header["__metadata__"] = metadata;
  }
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::string bytes = tensor.bytes();
    header[name] = {{"dtype", number_format_name(tensor.format)},
                    {"shape", tensor.shape},
                    {"data_offsets", {data.size(), data.size() + bytes.size()}}};
    data += bytes;
  }
  write_bytes(path, safetensors_bytes(header.dump(), data));
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

std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string archive;
  std::string directory;
  for (const auto& [name, content] : members) {
    const std::string sizes = little_endian(crc32(content), 4) + little_endian(content.size(), 4) +
                              little_endian(content.size(), 4);
    const std::string common = std::string(8, '\0') + sizes + little_endian(name.size(), 2);
    directory += std::string("PK\x01\x02") + little_endian(0, 4) + common + std::string(12, '\0') +
                 little_endian(archive.size(), 4) + name;
    archive += std::string("PK\x03\x04") + little_endian(0, 2) + common + little_endian(0, 2) +
               name + content;
  }
  const std::string end = std::string("PK\x05\x06") + little_endian(0, 4) +
                          little_endian(members.size(), 2) + little_endian(members.size(), 2) +
                          little_endian(directory.size(), 4) + little_endian(archive.size(), 4) +
                          little_endian(0, 2);
  return archive + directory + end;
}

void write_checkpoint(const std::filesystem::path& path,
                      const TinyTensors& tensors,
                      const TinyCheckpointOptions& options) {
  std::string dict = "}(";
  std::string keys = "\x80\x02](";
  std::string legacy_data;
  std::vector<std::pair<std::string, std::string>> members(1);
  for (const auto& [name, tensor] : tensors) {
    const std::string key = std::to_string(members.size());
    dict += text_pickle(name) + tensor_pickle(tensor, key, options.legacy);
    keys += text_pickle(key);
    legacy_data += little_endian(tensor.numbers.size(), 8) + storage_bytes(tensor);
    members.emplace_back("archive/data/" + key, storage_bytes(tensor));
  }
  dict += "u";
  std::string top = dict;
  if (options.state_dict) {
    top = std::string("}(") + text_pickle("global_step") + "M" + little_endian(470, 2) +
          text_pickle("state_dict") + dict;
    if (!options.extra_pickle.empty()) {
      top += text_pickle("extra") + options.extra_pickle;
    }
    top += "u";
  }
  const std::string pickle = "\x80\x02" + top + ".";
  if (options.legacy) {
    const std::string magic = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8P\x19.";
    const std::string system = std::string("\x80\x02}") + text_pickle("little_endian") + "\x88s.";
    write_bytes(path, magic + "\x80\x02M\xe9\x03." + system + pickle + keys + "e." + legacy_data);
    return;
  }
  members[0] = {"archive/data.pkl", pickle};
  members.emplace_back("archive/version", "3\n");
  write_bytes(path, zip_bytes(members));
}

}  // namespace ptravel
