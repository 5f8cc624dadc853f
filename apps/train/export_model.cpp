#include "export_model.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "checkpoint/key_map.h"
#include "model/safetensors_writer.h"

#include "learn_vocabulary.h"

namespace ptravel::train {
namespace {

using json = nlohmann::ordered_json;
using Path = std::filesystem::path;

constexpr const char* kDiffusersVersion = "0.30.0";

/// The widths of all levels.
std::vector<std::int64_t> widths(std::int64_t channels, const std::vector<std::int64_t>& mult) {
  std::vector<std::int64_t> result;
  result.reserve(mult.size());
  for (const std::int64_t factor : mult) {
    result.push_back(channels * factor);
  }
  return result;
}

json unet_json(const ModelPlan& plan) {
  const UnetConfig& unet = plan.unet;
  std::vector<std::string> down;
  std::vector<std::string> up;
  for (std::size_t level = 0; level < unet.channel_mult.size(); ++level) {
    const bool attends = unet.transformer_depth[level] > 0;
    down.emplace_back(attends ? "CrossAttnDownBlock2D" : "DownBlock2D");
    up.insert(up.begin(), attends ? "CrossAttnUpBlock2D" : "UpBlock2D");
  }
  return {{"_class_name", "UNet2DConditionModel"},
          {"_diffusers_version", kDiffusersVersion},
          {"sample_size", plan.picture_size / plan.vae.factor()},
          {"in_channels", unet.in_channels},
          {"out_channels", unet.out_channels},
          {"block_out_channels", widths(unet.model_channels, unet.channel_mult)},
          {"layers_per_block", unet.num_res_blocks},
          {"down_block_types", down},
          {"mid_block_type", "UNetMidBlock2DCrossAttn"},
          {"up_block_types", up},
          {"attention_head_dim", unet.heads},
          {"cross_attention_dim", unet.context_dim},
          {"use_linear_projection", unet.linear_projection},
          {"norm_num_groups", unet.norm_groups},
          {"norm_eps", 1e-5},
          {"act_fn", "silu"},
          {"flip_sin_to_cos", true},
          {"freq_shift", 0}};
}

json vae_json(const ModelPlan& plan) {
  const VaeConfig& vae = plan.vae;
  const std::size_t levels = vae.channel_mult.size();
  return {{"_class_name", "AutoencoderKL"},
          {"_diffusers_version", kDiffusersVersion},
          {"sample_size", plan.picture_size},
          {"in_channels", vae.in_channels},
          {"out_channels", vae.out_channels},
          {"latent_channels", vae.embed_dim},
          {"block_out_channels", widths(vae.channels, vae.channel_mult)},
          {"layers_per_block", vae.num_res_blocks},
          {"down_block_types", std::vector<std::string>(levels, "DownEncoderBlock2D")},
          {"up_block_types", std::vector<std::string>(levels, "UpDecoderBlock2D")},
          {"norm_num_groups", vae.norm_groups},
          {"act_fn", "silu"},
          {"scaling_factor", vae.scale_factor}};
}

json text_json(const ModelPlan& plan) {
  const ClipConfig& clip = plan.clip;
  return {{"architectures", {"CLIPTextModel"}},
          {"model_type", "clip_text_model"},
          {"vocab_size", clip.vocab_size},
          {"hidden_size", clip.width},
          {"num_hidden_layers", clip.num_layers},
          {"num_attention_heads", clip.num_heads},
          {"intermediate_size", clip.intermediate},
          {"max_position_embeddings", clip.max_positions},
          {"hidden_act", clip.quick_gelu ? "quick_gelu" : "gelu"},
          {"layer_norm_eps", 1e-5},
          {"bos_token_id", clip.vocab_size - 2},
          {"eos_token_id", clip.vocab_size - 1},
          {"pad_token_id", clip.vocab_size - 1},
          {"projection_dim", clip.width}};
}

json schedule_json() {
  return {{"_class_name", "DDIMScheduler"},
          {"_diffusers_version", kDiffusersVersion},
          {"num_train_timesteps", 1000},
          {"beta_start", 0.00085},
          {"beta_end", 0.012},
          {"beta_schedule", "scaled_linear"},
          {"prediction_type", "epsilon"},
          {"clip_sample", false},
          {"set_alpha_to_one", false},
          {"steps_offset", 1}};
}

json index_json() {
  return {{"_class_name", "StableDiffusionPipeline"},
          {"_diffusers_version", kDiffusersVersion},
          {"scheduler", {"diffusers", "DDIMScheduler"}},
          {"text_encoder", {"transformers", "CLIPTextModel"}},
          {"tokenizer", {"transformers", "CLIPTokenizer"}},
          {"unet", {"diffusers", "UNet2DConditionModel"}},
          {"vae", {"diffusers", "AutoencoderKL"}},
          {"safety_checker", {nullptr, nullptr}},
          {"feature_extractor", {nullptr, nullptr}}};
}

DiffusersLayout layout_of(ModelPart part, const ModelPlan& plan) {
  DiffusersLayout layout;
  if (part == ModelPart::Unet) {
    layout.num_levels = static_cast<std::int64_t>(plan.unet.channel_mult.size());
    layout.layers_per_block = plan.unet.num_res_blocks;
    layout.up_attention.resize(plan.unet.channel_mult.size());
    for (std::size_t level = 0; level < layout.up_attention.size(); ++level) {
      layout.up_attention[layout.up_attention.size() - 1 - level] =
          plan.unet.transformer_depth[level] > 0;
    }
  } else if (part == ModelPart::Vae) {
    layout.num_levels = static_cast<std::int64_t>(plan.vae.channel_mult.size());
    layout.layers_per_block = plan.vae.num_res_blocks;
  }
  return layout;
}

/// In fp16; matrices and filters as bf16 has them, in which training multiplied them too. A picture
/// in bf16 then comes from the very weights of one in fp32.
at::Tensor stored(const at::Tensor& weight) {
  return (weight.dim() > 1 ? weight.to(at::kBFloat16) : weight).to(at::kHalf);
}

/// A part's weights as diffusers names them.
std::map<std::string, at::Tensor> part_weights(const FinishedModel& model, ModelPart part) {
  const DiffusersLayout layout = layout_of(part, model.plan);
  std::map<std::string, at::Tensor> result;
  for (const auto& [name, tensor] : model.weights) {
    if (!name.starts_with(ldm_prefix(part))) {
      continue;
    }
    const std::string diffusers = diffusers_name(part, name, layout);
    const auto mapped = map_diffusers_name(part, diffusers, layout);
    at::Tensor weight = stored(tensor);
    if (mapped && mapped->point_convolution) {
      weight = weight.flatten(1);
    }
    result.emplace(diffusers, std::move(weight));
  }
  return result;
}

void write_json(const Path& path, const json& content) {
  write_file_atomic(path, content.dump(2) + "\n");
}

}  // namespace

void export_model(const FinishedModel& model, const Path& folder) {
  const ModelPlan& plan = model.plan;
  for (const char* part : {"unet", "vae", "text_encoder", "scheduler", "tokenizer"}) {
    create_folders(folder / part);
  }
  const std::map<std::string, std::string> metadata = {{"format", "pt"}};
  write_safetensors(folder / "unet" / "diffusion_pytorch_model.safetensors",
                    part_weights(model, ModelPart::Unet), metadata);
  write_safetensors(folder / "vae" / "diffusion_pytorch_model.safetensors",
                    part_weights(model, ModelPart::Vae), metadata);
  write_safetensors(folder / "text_encoder" / "model.safetensors",
                    part_weights(model, ModelPart::TextEncoder), metadata);
  write_json(folder / "unet" / "config.json", unet_json(plan));
  write_json(folder / "vae" / "config.json", vae_json(plan));
  write_json(folder / "text_encoder" / "config.json", text_json(plan));
  write_json(folder / "scheduler" / "scheduler_config.json", schedule_json());
  save_vocabulary(model.vocabulary, folder / "tokenizer");
  write_json(folder / "model_index.json", index_json());
}

}  // namespace ptravel::train
