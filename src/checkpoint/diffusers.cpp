#include "checkpoint/diffusers.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json_number.h"
#include "checkpoint/model_family.h"
#include "checkpoint/noise_schedule.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"
#include "schedule/sigma_table.h"

namespace ptravel {
namespace {

using nlohmann::json;
using Path = std::filesystem::path;

constexpr std::uint64_t kMaxJsonBytes = std::uint64_t{16} << 20;
constexpr std::int64_t kMaxCount = 1024;
constexpr std::size_t kMaxLevels = 64;
constexpr std::size_t kMaxShards = 1000;

struct PartFolder {
  ModelPart part;
  const char* name;
};

constexpr PartFolder kParts[] = {{ModelPart::Unet, "unet"},
                                 {ModelPart::Vae, "vae"},
                                 {ModelPart::TextEncoder, "text_encoder"},
                                 {ModelPart::TextEncoder2, "text_encoder_2"}};
// The text encoders' tokenizers and configs, in the order of kTextParts.
constexpr const char* kTokenizers[] = {"tokenizer", "tokenizer_2"};
constexpr const char* kTextConfigs[] = {"text_encoder", "text_encoder_2"};

// Names of weight files in order of preference; an index lists the shards of one set of weights.
constexpr const char* kWeightFiles[] = {
    "diffusion_pytorch_model.safetensors",
    "model.safetensors",
    "diffusion_pytorch_model.safetensors.index.json",
    "model.safetensors.index.json",
    "diffusion_pytorch_model.fp16.safetensors",
    "model.fp16.safetensors",
    "diffusion_pytorch_model.safetensors.index.fp16.json",
    "model.safetensors.index.fp16.json",
    "diffusion_pytorch_model.bin",
    "pytorch_model.bin",
    "diffusion_pytorch_model.bin.index.json",
    "pytorch_model.bin.index.json",
    "diffusion_pytorch_model.fp16.bin",
    "pytorch_model.fp16.bin",
};

[[noreturn]] void fail(ErrorCode code, const Path& path, const std::string& problem) {
  throw Error(code, "[diffusers] " + path.string() + ": " + problem);
}

bool is_there(const Path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// The JSON object in a file; an empty one when the file is not there.
json read_object(const Path& path) {
  if (!is_there(path)) {
    return json::object();
  }
  json content = json::parse(read_file(path, kMaxJsonBytes), nullptr, false);
  if (!content.is_object()) {
    fail(ErrorCode::Corrupt, path, "is not a JSON object");
  }
  return content;
}

/// What a config states as a number; nothing where it states something else (null, pairs).
std::optional<std::int64_t> small_count(const json& value, const Path& path, const char* name) {
  if (!value.is_number()) {
    return std::nullopt;
  }
  const auto count = json_integer(value, 1, kMaxCount);
  if (!count) {
    fail(ErrorCode::Corrupt, path,
         std::string(name) + " is " + value.dump() + ", expected a whole number from 1 to " +
             std::to_string(kMaxCount));
  }
  return count;
}

/// The number of groups of the group norms.
std::optional<std::int64_t> norm_groups(const json& config, const Path& path) {
  return small_count(config.value("norm_num_groups", json()), path, "norm_num_groups");
}

/// diffusers calls the number of heads attention_head_dim unless num_attention_heads is given; a
/// list holds one number for each level.
void read_unet_hints(const Path& path, ConfigHints& hints) {
  const json config = read_object(path);
  hints.unet_norm_groups = norm_groups(config, path);
  json heads = config.value("num_attention_heads", json());
  if (heads.is_null()) {
    heads = config.value("attention_head_dim", json());
  }
  if (!heads.is_array()) {
    if (const auto count = small_count(heads, path, "attention_head_dim")) {
      hints.unet_heads = {*count};
    }
    return;
  }
  if (heads.empty() || heads.size() > kMaxLevels) {
    fail(ErrorCode::Corrupt, path,
         "attention_head_dim has " + std::to_string(heads.size()) +
             " numbers, expected one for each level");
  }
  for (const json& level : heads) {
    const auto count = small_count(level, path, "attention_head_dim");
    if (!count) {
      fail(ErrorCode::Corrupt, path,
           "attention_head_dim holds something else than numbers, expected one for each level");
    }
    hints.unet_heads.push_back(*count);
  }
}

/// The side of the pictures the UNet was trained on. Pairs of numbers and null do not count.
std::optional<std::int64_t> read_sample_size(const Path& path) {
  return small_count(read_object(path).value("sample_size", json()), path, "sample_size");
}

void read_text_hints(const Path& path, TextHints& hints) {
  const json config = read_object(path);
  hints.heads =
      small_count(config.value("num_attention_heads", json()), path, "num_attention_heads");
  const json activation = config.value("hidden_act", json());
  if (activation.is_string()) {
    if (activation != "quick_gelu" && activation != "gelu") {
      fail(ErrorCode::Unsupported, path, "hidden_act is neither quick_gelu nor gelu");
    }
    hints.quick_gelu = activation == "quick_gelu";
  }
}

void read_vae_hints(const Path& path, ConfigHints& hints) {
  const json config = read_object(path);
  hints.vae_norm_groups = norm_groups(config, path);
  const json scale = config.value("scaling_factor", json());
  if (scale.is_number()) {
    hints.scale_factor = json_number(scale, kLeastScaleFactor, kMostScaleFactor);
    if (!hints.scale_factor) {
      fail(ErrorCode::Corrupt, path,
           "scaling_factor is " + scale.dump() + ", expected a number from 1e-6 to 1000");
    }
  }
}

BetaRule read_beta_rule(const json& config, const Path& path) {
  const json name = config.value("beta_schedule", json("scaled_linear"));
  const auto steps = json_integer(config.value("num_train_timesteps", json(kTrainingTimesteps)));
  const auto start = json_number(config.value("beta_start", json(BetaRule{}.start)));
  const auto end = json_number(config.value("beta_end", json(BetaRule{}.end)));
  const bool known = (name == "scaled_linear" || name == "linear") && steps == kTrainingTimesteps &&
                     start && end && *start > 0.0 && *end >= *start && *end < 1.0 &&
                     config.value("trained_betas", json()).is_null();
  if (!known) {
    fail(ErrorCode::Unsupported, path,
         "its noise schedule is not known; expected beta_schedule scaled_linear or linear with " +
             std::to_string(kTrainingTimesteps) + " steps and no trained_betas");
  }
  const json rescale = config.value("rescale_betas_zero_snr", json(false));
  if (!rescale.is_boolean() && !rescale.is_null()) {
    fail(ErrorCode::Corrupt, path, "rescale_betas_zero_snr is neither true nor false");
  }
  return {*start, *end, name == "scaled_linear", rescale == true};
}

void read_schedule(const Path& path, DiffusersFolder& folder) {
  const json config = read_object(path);
  const json kind = config.value("prediction_type", json());
  if (kind.is_string()) {
    if (kind != "epsilon" && kind != "v_prediction") {
      fail(ErrorCode::Unsupported, path, "prediction_type is neither epsilon nor v_prediction");
    }
    folder.hints.prediction = kind == "v_prediction" ? Prediction::V : Prediction::Eps;
    folder.hints.prediction_reason = "scheduler_config.json";
  }
  folder.alphas_cumprod = alphas_cumprod_of(read_beta_rule(config, path));
}

/// The mean and the deviation of each channel of the VAE's latents, where a config tells them.
std::vector<double> channel_numbers(const json& config, const Path& path, const char* name) {
  const json list = config.value(name, json());
  std::vector<double> numbers;
  for (const json& item : list.is_array() ? list : json::array()) {
    const auto number = json_number(item);
    if (!number || numbers.size() >= kMaxLevels) {
      fail(ErrorCode::Corrupt, path,
           std::string(name) + " holds something else than a few numbers");
    }
    numbers.push_back(*number);
  }
  return numbers;
}

/// The levels of a scheduler of Karras et al.'s kind ("EDMDPMSolverMultistepScheduler"), with what
/// the VAE's config says of latents.
std::optional<EdmSchedule> read_edm_folder(const Path& scheduler, const Path& vae) {
  const json config = read_object(scheduler);
  const json kind = config.value("_class_name", json());
  if (!kind.is_string() || !kind.get<std::string>().starts_with("EDM")) {
    return std::nullopt;
  }
  EdmSchedule edm;
  const auto number = [&](const char* name, double usual) {
    const auto value = json_number(config.value(name, json(usual)));
    if (!value) {
      fail(ErrorCode::Corrupt, scheduler, std::string(name) + " is no number");
    }
    return *value;
  };
  edm.sigma_min = number("sigma_min", edm.sigma_min);
  edm.sigma_max = number("sigma_max", edm.sigma_max);
  edm.sigma_data = number("sigma_data", edm.sigma_data);
  const json latents = read_object(vae);
  edm.latent_mean = channel_numbers(latents, vae, "latents_mean");
  edm.latent_std = channel_numbers(latents, vae, "latents_std");
  check_edm(edm, "[diffusers] " + scheduler.string());
  return edm;
}

std::vector<Path> shards_of(const Path& index) {
  const json map = read_object(index).value("weight_map", json());
  if (!map.is_object()) {
    fail(ErrorCode::Corrupt, index, "has no weight_map");
  }
  std::set<std::string> names;
  for (const json& file : map) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name != Path(name).filename().string() || name == "." || name == "..") {
      fail(ErrorCode::Corrupt, index, "names a shard that is not a file beside it");
    }
    names.insert(name);
  }
  if (names.empty() || names.size() > kMaxShards) {
    fail(ErrorCode::Corrupt, index, "lists no shards or too many");
  }
  std::vector<Path> shards;
  shards.reserve(names.size());
  for (const std::string& name : names) {
    shards.push_back(index.parent_path() / name);
  }
  return shards;
}

/// The first kind of weights that a part's folder has: a file, or the index of several.
Path find_weights(const Path& folder) {
  for (const char* name : kWeightFiles) {
    if (is_there(folder / name)) {
      return folder / name;
    }
  }
  fail(ErrorCode::NotFound, folder,
       "holds no weights; expected diffusion_pytorch_model or model as .safetensors or .bin");
}

void add_part(ModelPart part, const Path& folder, DiffusersFolder& result) {
  std::vector<std::pair<std::string, std::shared_ptr<const StoredTensors>>> found;
  std::vector<std::string> names;
  for (const Path& file : find_part_files(folder)) {
    const auto tensors = with_scales_applied(open_tensor_file(file).tensors);
    for (const std::string& name : tensors->names()) {
      found.emplace_back(name, tensors);
      names.push_back(name);
    }
    result.files.push_back({folder.filename().string(), file});
  }
  if (const Path found_weights = find_weights(folder); found_weights.extension() == ".json") {
    result.files.push_back({"index", found_weights});
  }
  const DiffusersLayout layout = read_diffusers_layout(part, names);
  for (const auto& [name, tensors] : found) {
    const auto mapped = map_diffusers_name(part, name, layout);
    if (!mapped) {
      continue;
    }
    if (result.tensors->contains(mapped->name)) {
      fail(ErrorCode::Corrupt, folder, "two tensors stand for " + mapped->name);
    }
    result.tensors->add(mapped->name, tensors, name,
                        mapped->point_convolution ? RenamedTensors::Shape::PointConvolution
                                                  : RenamedTensors::Shape::AsStored);
  }
}

/// SD 2.x folders have the same names as SD 1.x ones; the text encoder is ViT-H, 1024 wide. An SDXL
/// refiner has the second text encoder only.
ModelFamily recognise_folder(const Path& path, const RenamedTensors& tensors) {
  if (is_there(path / "text_encoder_2")) {
    return is_there(path / "text_encoder") ? variant_of(ModelFamily::Sdxl, tensors)
                                           : ModelFamily::SdxlRefiner;
  }
  const ModelFamily family = recognise_model(tensors);
  const std::string tokens = std::string(kTextPrefix) + "embeddings.token_embedding.weight";
  if (family == ModelFamily::Sd1 && tensors.contains(tokens)) {
    const auto shape = tensors.shape(tokens);
    return !shape.empty() && shape.back() == 1024 ? variant_of(ModelFamily::Sd2, tensors) : family;
  }
  return family;
}

}  // namespace

bool is_diffusers_folder(const Path& path) {
  return is_there(path / "model_index.json") || is_there(path / "unet" / "config.json");
}

std::vector<Path> find_part_files(const Path& folder) {
  const Path file = find_weights(folder);
  return file.extension() == ".json" ? shards_of(file) : std::vector<Path>{file};
}

DiffusersFolder open_diffusers(const Path& path, bool without_vae) {
  DiffusersFolder result;
  result.tensors = std::make_shared<RenamedTensors>();
  for (const PartFolder& part : kParts) {
    const Path folder = path / part.name;
    if (part.part == ModelPart::Vae && without_vae && !is_there(folder)) {
      continue;
    }
    if (part.part == ModelPart::TextEncoder && is_there(path / "text_encoder_2") &&
        !is_there(folder)) {
      continue;
    }
    if (part.part == ModelPart::TextEncoder2 && !is_there(folder)) {
      continue;
    }
    add_part(part.part, folder, result);
  }
  result.family = recognise_folder(path, *result.tensors);
  if (!is_loadable(result.family)) {
    return result;
  }
  const Path unet = path / "unet" / "config.json";
  const Path vae = path / "vae" / "config.json";
  const Path scheduler = path / "scheduler" / "scheduler_config.json";
  read_unet_hints(unet, result.hints);
  result.sample_size = read_sample_size(unet);
  read_vae_hints(vae, result.hints);
  std::vector<Path> configs = {unet, vae};
  for (std::size_t i = 0; i < family_traits(result.family).texts.size(); ++i) {
    configs.push_back(path / kTextConfigs[i] / "config.json");
    read_text_hints(configs.back(), result.hints.texts.at(i));
    const Path tokenizer = path / kTokenizers[i];
    result.tokenizers.push_back(is_there(tokenizer) ? std::optional(tokenizer) : std::nullopt);
  }
  read_schedule(scheduler, result);
  result.edm = read_edm_folder(scheduler, vae);
  configs.push_back(scheduler);
  for (const Path& file : configs) {
    if (is_there(file)) {
      result.files.push_back({"config", file});
    }
  }
  return result;
}

}  // namespace ptravel
