#include "addons/lora_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "base/files.h"
#include "base/sha256.h"
#include "checkpoint/file_notes.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"
#include "ptravel/model.h"

namespace ptravel {
namespace {

constexpr const char* kHashNote = "lora sha256";
constexpr std::string_view kBundledEmbedding = "bundle_emb";
constexpr std::size_t kSliceBytes = std::size_t{16} << 20;

/// How names of diffusers begin, and what our names of modules begin with.
constexpr std::pair<std::string_view, std::string_view> kFronts[] = {
    {"unet.", "unet."},
    {"text_encoder.", "text_encoder."},
    {"text_encoder_2.", "text_encoder_2."},
    {"base_model.model.", "unet."},
};

/// How they end, and the web UI's name of the part.
constexpr std::pair<std::string_view, std::string_view> kEnds[] = {
    {".lora_A.weight", "lora_down.weight"},
    {".lora_B.weight", "lora_up.weight"},
    {".lora_A.default.weight", "lora_down.weight"},
    {".lora_B.default.weight", "lora_up.weight"},
    {".lora.down.weight", "lora_down.weight"},
    {".lora.up.weight", "lora_up.weight"},
    {"_lora.down.weight", "lora_down.weight"},
    {"_lora.up.weight", "lora_up.weight"},
    {".lora_linear_layer.down.weight", "lora_down.weight"},
    {".lora_linear_layer.up.weight", "lora_up.weight"},
    {".alpha", "alpha"},
};

/// Older names of attention layers: they stood beside the layer, in its "processor".
constexpr std::pair<std::string_view, std::string_view> kOldLayers[] = {
    {".self_attn.to_q", ".self_attn.q_proj"},
    {".self_attn.to_k", ".self_attn.k_proj"},
    {".self_attn.to_v", ".self_attn.v_proj"},
    {".self_attn.to_out", ".self_attn.out_proj"},
    {".processor.to_q", ".to_q"},
    {".processor.to_k", ".to_k"},
    {".processor.to_v", ".to_v"},
    {".processor.to_out", ".to_out.0"},
};

struct NamedPart {
  std::string module;
  LoraNaming naming = LoraNaming::WebUi;
  std::string part;
};

std::string layer_of_today(std::string layer) {
  for (const auto& [old, today] : kOldLayers) {
    if (layer.ends_with(old)) {
      return layer.substr(0, layer.size() - old.size()).append(today);
    }
  }
  return layer;
}

std::optional<NamedPart> diffusers_part(std::string_view name) {
  for (const auto& [front, ours] : kFronts) {
    if (!name.starts_with(front)) {
      continue;
    }
    for (const auto& [end, part] : kEnds) {
      if (name.ends_with(end) && name.size() > front.size() + end.size()) {
        const auto layer = name.substr(front.size(), name.size() - front.size() - end.size());
        return NamedPart{layer_of_today(std::string(ours).append(layer)), LoraNaming::Diffusers,
                         std::string(part)};
      }
    }
  }
  return std::nullopt;
}

/// What the tensor is to which layer; nothing for tensors of another kind.
std::optional<NamedPart> part_of(std::string_view name) {
  if (auto part = diffusers_part(name)) {
    return part;
  }
  const std::size_t dot = name.find('.');
  const std::string_view module = name.substr(0, dot);
  if (dot == name.npos || module == kBundledEmbedding ||
      !(module.starts_with("lora_") || module.starts_with("oft_"))) {
    return std::nullopt;
  }
  return NamedPart{std::string(module), LoraNaming::WebUi, std::string(name.substr(dot + 1))};
}

/// PEFT's names of the two factors below kohya's names of layers: the web UI takes nothing else of
/// such a layer.
void take_only_factors(LoraModule& module) {
  const auto up = module.parts.find("lora_B.weight");
  const auto down = module.parts.find("lora_A.weight");
  const bool plain =
      module.parts.contains("lora_up.weight") && module.parts.contains("lora_down.weight");
  if (module.naming == LoraNaming::WebUi && !plain && up != module.parts.end() &&
      down != module.parts.end()) {
    module.parts = {{"lora_up.weight", up->second}, {"lora_down.weight", down->second}};
  }
}

std::string hash_of(const std::filesystem::path& path) {
  const TensorFile file = open_tensor_file(path);
  const auto stated = file.metadata.find("sshs_model_hash");
  if (stated != file.metadata.end() && !stated->second.empty()) {
    return stated->second;
  }
  if (file.layout != ModelLayout::Safetensors) {
    return file_sha256(path);
  }
  const MappedFile bytes = MappedFile::open(path);
  std::array<std::byte, 8> length{};
  bytes.read(0, length.size(), length.data());
  std::uint64_t offset = length.size();
  for (std::size_t i = 0; i < length.size(); ++i) {
    offset += std::to_integer<std::uint64_t>(length[i]) << (8 * i);
  }
  Sha256 hash;
  std::vector<std::byte> slice(kSliceBytes);
  while (offset < bytes.bytes().size()) {
    const std::size_t count = std::min<std::uint64_t>(kSliceBytes, bytes.bytes().size() - offset);
    bytes.read(offset, count, slice.data());
    hash.update({slice.data(), count});
    offset += count;
  }
  return hash.finish();
}

}  // namespace

std::shared_ptr<const LoraFile> LoraFile::open(const std::filesystem::path& path) {
  TensorFile opened = open_tensor_file(path);
  std::shared_ptr<LoraFile> file(new LoraFile());
  file->path_ = path;
  file->metadata_ = std::move(opened.metadata);
  file->tensors_ = std::make_shared<FileTensors>(with_scales_applied(opened.tensors));
  std::map<std::string, LoraModule> modules;
  for (const std::string& name : file->tensors_->names()) {
    if (auto part = part_of(name)) {
      LoraModule& module = modules[part->module];
      module.name = part->module;
      module.naming = part->naming;
      module.parts.emplace(std::move(part->part), name);
    }
  }
  for (auto& [name, module] : modules) {
    take_only_factors(module);
    file->modules_.push_back(std::move(module));
  }
  if (file->modules_.empty()) {
    throw Error(ErrorCode::Unsupported,
                "[lora] " + path.string() +
                    ": no layer of a LoRA or its relatives is in it, expected names such as "
                    "\"lora_unet_....lora_up.weight\" or \"unet....lora_A.weight\"");
  }
  return file;
}

std::string LoraFile::output_name() const {
  const auto found = metadata_.find("ss_output_name");
  return found == metadata_.end() ? std::string() : found->second;
}

std::string lora_hash(const std::filesystem::path& path) {
  if (auto known = remembered_note(path, kHashNote)) {
    return *known;
  }
  const std::string hash = hash_of(path);
  remember_note(path, kHashNote, hash);
  return hash;
}

}  // namespace ptravel
