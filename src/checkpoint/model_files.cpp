#include "checkpoint/model_files.h"

#include <algorithm>

#include "checkpoint/diffusers.h"
#include "checkpoint/file_marks.h"
#include "checkpoint/file_words.h"
#include "checkpoint/key_map.h"
#include "checkpoint/model_family.h"
#include "checkpoint/noise_schedule.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/single_file.h"
#include "checkpoint/stored_tensors.h"
#include "checkpoint/tensor_file.h"
#include "checkpoint/vae_file.h"
#include "ptravel/error.h"
#include "schedule/sigma_table.h"

namespace ptravel {
namespace {

using Path = std::filesystem::path;
using Source = std::shared_ptr<const StoredTensors>;

// What a tokenizer folder's reader reads.
constexpr const char* kTokenizerFiles[] = {"vocab.json", "merges.txt", "special_tokens_map.json",
                                           "tokenizer_config.json"};

[[noreturn]] void fail(ErrorCode code, const Path& path, const std::string& problem) {
  throw Error(code, "[model] " + path.string() + ": " + problem);
}

bool is_file(const Path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

bool is_folder(const Path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

void require_part(const RenamedTensors& tensors,
                  ModelPart part,
                  const char* what,
                  const Path& path) {
  if (!has_prefix(tensors, ldm_prefix(part))) {
    fail(ErrorCode::Unsupported, path,
         std::string("has no ") + what + "; expected a complete Stable Diffusion checkpoint" +
             (part == ModelPart::Vae ? " (or give a VAE file as well)" : ""));
  }
}

/// Number formats that cannot be read are refused here, before any work.
void check_formats(const RenamedTensors& tensors) {
  for (const std::string& name : tensors.names()) {
    if (!is_computable(tensors.format(name))) {
      fail(ErrorCode::Unsupported, tensors.file(name),
           "tensor \"" + name + "\" is stored as " +
               std::string(number_format_name(tensors.format(name))) +
               "; expected one of F8_E4M3, F8_E5M2, F16, BF16, F32, F64 or integers");
    }
    if (tensors.format(name) == NumberFormat::I8 && tensors.shape(name).size() > 1) {
      fail(ErrorCode::Unsupported, tensors.file(name),
           "tensor \"" + name + "\" is stored as I8 without a scale; expected weight_scale, " +
               "scale_weight or SCB beside it");
    }
  }
}

/// Checks that the networks take what the others give.
void check_parts(const ModelFiles& model) {
  std::int64_t text = 0;
  std::int64_t pooled = 0;
  for (const ClipConfig& clip : model.clips) {
    text += clip.width;
    pooled += clip.projection;
  }
  const std::int64_t latent = model.vae.embed_dim;
  if (model.unet.context_dim != text || model.unet.out_channels != latent ||
      model.unet.in_channels != latent + picture_channels(model.picture, latent)) {
    fail(ErrorCode::Corrupt, model.path,
         "its parts do not fit together: text encoder " + std::to_string(text) +
             " wide for a UNet that takes " + std::to_string(model.unet.context_dim) +
             ", VAE with " + std::to_string(model.vae.embed_dim) + " channels for a UNet with " +
             std::to_string(model.unet.in_channels) + " in and " +
             std::to_string(model.unet.out_channels) + " out");
  }
  const std::int64_t sizes = model.unet.vector_dim - pooled;
  const bool fits = pooled == 0 ? sizes == 0 : sizes > 0 && sizes % (2 * kSizeNumbers) == 0;
  if (!fits) {
    fail(ErrorCode::Corrupt, model.path,
         "its parts do not fit together: pooled text " + std::to_string(pooled) +
             " wide for a UNet that takes a vector of " + std::to_string(model.unet.vector_dim) +
             ", expected room for " + std::to_string(kSizeNumbers) + " embedded sizes behind it");
  }
}

void read_configs(const ConfigHints& hints, const ModelOptions& options, ModelFiles& model) {
  const FamilyTraits& traits = family_traits(model.family);
  try {
    model.unet = read_unet_config(*model.weights, hints);
    model.clips.clear();
    for (std::size_t i = 0; i < traits.texts.size(); ++i) {
      TextTraits text = traits.texts[i];
      text.fixed_skip = is_folder(model.path) ? text.folder_skip : text.fixed_skip;
      model.clips.push_back(read_clip_config(*model.weights, hints, kTextParts[i], text));
    }
    model.vae = read_vae_config(*model.weights, hints, traits.scale_factor);
  } catch (const Error& error) {
    constexpr std::string_view kFront = "[config] ";
    std::string_view problem = error.what();
    problem.remove_prefix(problem.starts_with(kFront) ? kFront.size() : 0);
    fail(error.code(), model.path, std::string(problem));
  }
  model.picture = traits.picture;
  check_hints(hints, model.unet, model.clips, model.vae);
  check_parts(model);
  model.zero_blank_negative = traits.zero_blank_negative;
  const BelievedPrediction believed = believed_prediction(hints, model.family);
  model.prediction = options.prediction.value_or(believed.prediction);
  model.prediction_is_tested = believed.is_tested && !options.prediction;
}

/// The levels of an EDM model are its own, and its latents are told by mean and deviation. They are
/// kept with a deviation of 1: sigmas, too, are divided by sigma_data then.
void apply_edm(const ModelOptions& options, ModelFiles& model) {
  if (!model.edm) {
    return;
  }
  model.alphas_cumprod.reset();
  if (options.zero_snr.value_or(false)) {
    fail(ErrorCode::Unsupported, model.path,
         "is an EDM model, whose noise levels end where it says; expected --zero-snr auto or off");
  }
  const EdmSchedule& edm = *model.edm;
  const bool told = is_folder(model.path) || edm.latent_mean.empty();
  model.vae.scale_factor = told ? model.vae.scale_factor / edm.sigma_data : 1;
  if (edm.latent_mean.empty()) {
    return;
  }
  if (edm.latent_mean.size() != static_cast<std::size_t>(model.vae.embed_dim)) {
    fail(ErrorCode::Corrupt, model.path,
         "tells means for " + std::to_string(edm.latent_mean.size()) +
             " channels of latents, its VAE has " + std::to_string(model.vae.embed_dim));
  }
  model.vae.latent_mean = edm.latent_mean;
  model.vae.latent_std = edm.latent_std;
}

/// The noise schedule as the user wants its end.
void apply_zero_snr(const ModelOptions& options, ModelFiles& model) {
  const bool zero = has_zero_snr(model.alphas_cumprod);
  if (!options.zero_snr || *options.zero_snr == zero) {
    return;
  }
  if (zero) {
    model.alphas_cumprod.reset();
    return;
  }
  model.alphas_cumprod = rescale_zero_terminal_snr(model.alphas_cumprod ? *model.alphas_cumprod
                                                                        : default_alphas_cumprod());
}

/// Opens a diffusers folder into `tensors`; returns what its config files say.
ConfigHints open_folder(const Path& folder,
                        bool other_vae,
                        RenamedTensors& tensors,
                        ModelFiles& model) {
  DiffusersFolder opened = open_diffusers(folder, other_vae);
  if (!is_loadable(opened.family)) {
    fail(ErrorCode::Unsupported, folder, refusal(opened.family));
  }
  tensors = *opened.tensors;
  model.family = opened.family;
  model.files = std::move(opened.files);
  model.tokenizers = std::move(opened.tokenizers);
  for (const auto& tokenizer : model.tokenizers) {
    for (const char* name : kTokenizerFiles) {
      if (tokenizer && is_file(*tokenizer / name)) {
        model.files.push_back({"tokenizer", *tokenizer / name});
      }
    }
  }
  model.alphas_cumprod = std::move(opened.alphas_cumprod);
  model.edm = std::move(opened.edm);
  model.sample_size = opened.sample_size;
  return std::move(opened.hints);
}

/// The VAE beside the model where one lies there; one that cannot be used gives way to the model's.
void take_vae_beside(RenamedTensors& tensors, ModelFiles& model) {
  const Path path = vae_beside(model.path);
  if (path.empty()) {
    return;
  }
  RenamedTensors replaced = tensors;
  try {
    replace_vae(path, model.family, replaced, model.notes);
  } catch (const Error& error) {
    if (!has_prefix(tensors, kVaePrefix)) {
      throw;
    }
    model.notes.push_back("The VAE beside the model is not used: " + std::string(error.what()));
    return;
  }
  tensors = std::move(replaced);
  model.vae_path = path;
}

ConfigHints open_single_file(const ModelOptions& options,
                             RenamedTensors& tensors,
                             ModelFiles& model) {
  const TensorFile opened = open_tensor_file(model.path);
  const Source file = opened.tensors;
  model.family = recognise_model(*file);
  if (!is_loadable(model.family)) {
    fail(ErrorCode::Unsupported, model.path, refusal(model.family));
  }
  model.tokenizers.assign(family_traits(model.family).texts.size(), std::nullopt);
  add_single_file(with_scales_applied(file), model.family, options.prefer_ema, tensors,
                  model.notes);
  model.files.push_back({"model", model.path});
  model.alphas_cumprod = schedule_of(opened);
  model.edm = read_edm(*file);
  if (std::string note = contradiction(opened, model.family); !note.empty()) {
    model.notes.push_back(std::move(note));
  }
  if (options.vae.empty() && options.automatic_vae) {
    take_vae_beside(tensors, model);
  }
  ConfigHints hints = read_hints_beside(model.path);
  take_marks(opened, hints);
  return hints;
}

/// Reads the configs with what lies beside a single file. A config.json that does not fit the
/// weights is another model's.
void read_configs_beside(ConfigHints hints, const ModelOptions& options, ModelFiles& model) {
  const auto shared = std::find_if(hints.files.begin(), hints.files.end(), [&](const Path& file) {
    return file.filename() == "config.json" && file.stem() != model.path.stem();
  });
  if (shared == hints.files.end()) {
    read_configs(hints, options, model);
  } else {
    try {
      read_configs(hints, options, model);
    } catch (const Error& error) {
      const std::string note =
          shared->string() + " describes another model and is left alone (" + error.what() + ").";
      hints = read_hints_beside(model.path, Beside::Named);
      take_marks(open_tensor_file(model.path), hints);
      read_configs(hints, options, model);
      model.notes.push_back(note);
    }
  }
  for (const Path& file : hints.files) {
    model.files.push_back({"config", file});
  }
  model.notes.insert(model.notes.end(), hints.notes.begin(), hints.notes.end());
}

}  // namespace

ModelFiles open_model(const Path& path, const ModelOptions& options) {
  ModelFiles model;
  model.path = path.filename() == "model_index.json" ? path.parent_path() : path;
  const auto tensors = std::make_shared<RenamedTensors>();
  ConfigHints hints;
  const bool folder = is_folder(model.path);
  if (folder && !is_diffusers_folder(model.path)) {
    fail(ErrorCode::Unsupported, model.path,
         "is a folder without model_index.json; expected a diffusers folder or a file");
  }
  hints = folder ? open_folder(model.path, !options.vae.empty(), *tensors, model)
                 : open_single_file(options, *tensors, model);
  if (!options.vae.empty()) {
    replace_vae(options.vae, model.family, *tensors, model.notes);
    model.vae_path = options.vae;
  }
  if (!model.vae_path.empty()) {
    model.files.push_back({"vae", model.vae_path});
    std::erase_if(hints.stated, [](const auto& item) { return item.first.starts_with("vae."); });
  }
  require_part(*tensors, ModelPart::Unet, "UNet", model.path);
  for (std::size_t i = 0; i < family_traits(model.family).texts.size(); ++i) {
    require_part(*tensors, kTextParts[i], i == 0 ? "text encoder" : "second text encoder",
                 model.path);
  }
  require_part(*tensors, ModelPart::Vae, "VAE", model.path);
  check_formats(*tensors);
  model.weights = tensors;
  read_configs_beside(std::move(hints), options, model);
  apply_edm(options, model);
  if (!model.edm) {
    apply_zero_snr(options, model);
  }
  return model;
}

}  // namespace ptravel
