#include "pipeline/open_model.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <system_error>

#include "checkpoint/model_family.h"
#include "checkpoint/models_folder.h"
#include "checkpoint/tiny_decoder_file.h"
#include "checkpoint/vae_file.h"
#include "model/tensor_sources.h"
#include "pipeline/find_prediction.h"
#include "ptravel/error.h"
#include "tensor/kernel_family.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

ModelOptions model_options(const ModelSpec& spec) {
  ModelOptions result;
  if (spec.vae == "none") {
    result.automatic_vae = false;
  } else {
    result.vae = spec.vae.empty() ? spec.vae : find_vae(spec.vae, spec.models_folders);
  }
  if (spec.prediction != PredictionChoice::Auto) {
    result.prediction = spec.prediction == PredictionChoice::V ? Prediction::V : Prediction::Eps;
  }
  if (spec.zero_snr != ZeroSnrChoice::Auto) {
    result.zero_snr = spec.zero_snr == ZeroSnrChoice::On;
  }
  return result;
}

FileStamp stamp_of(const ModelFile& file, const fs::path& model) {
  std::error_code error;
  FileStamp stamp;
  stamp.role = file.role;
  stamp.path = file.path;
  const fs::path inside = file.path.lexically_relative(model);
  const bool below = !inside.empty() && inside != "." && *inside.begin() != "..";
  stamp.name = (below ? inside : file.path.filename()).generic_string();
  stamp.size = fs::file_size(file.path, error);
  stamp.time = fs::last_write_time(file.path, error).time_since_epoch().count();
  return stamp;
}

/// Where a tiny decoder for a model may lie.
std::vector<fs::path> decoder_folders(const fs::path& model,
                                      const std::vector<fs::path>& models_folders) {
  const fs::path path = model.has_filename() ? model : model.parent_path();
  std::vector<fs::path> folders = {path, path.parent_path()};
  for (const fs::path& models_folder : models_folders) {
    std::ranges::move(folders_of_kind(models_folder, FileKind::PreviewVae),
                      std::back_inserter(folders));
  }
  return folders;
}

void check_tiny_decoder(const fs::path& path, const VaeConfig& vae) {
  const TinyDecoderConfig config = open_tiny_decoder(path).config;
  if (config.latent_channels != vae.embed_dim || config.factor() != vae.factor()) {
    throw Error(ErrorCode::Unsupported, "[vae_decoder] " + path.string() + ": is for latents of " +
                                            std::to_string(config.latent_channels) +
                                            " channels and cells of " +
                                            std::to_string(config.factor()) + " pixels, expected " +
                                            std::to_string(vae.embed_dim) + " channels and " +
                                            std::to_string(vae.factor()) + " pixels");
  }
}

Tokenizers tokenizers_of(const ModelFiles& files) {
  Tokenizers tokenizers;
  for (std::size_t i = 0; i < files.clips.size(); ++i) {
    const auto& folder = files.tokenizers.at(i);
    const Tokenizer plain = folder ? Tokenizer::load(*folder) : Tokenizer::clip();
    tokenizers.push_back(files.clips[i].open_clip_tokens ? plain.as_open_clip() : plain);
  }
  return tokenizers;
}

/// Nothing that is asked for is left out in silence.
void check_addons(const std::vector<ModelAddon>& addons) {
  for (const ModelAddon& addon : addons) {
    if (addon.role != kLoraRole) {
      throw Error(ErrorCode::Unsupported, "[addons] " + addon.path.string() +
                                              ": add-ons of the kind \"" + addon.role +
                                              "\" are not supported yet, expected none");
    }
  }
}

std::vector<AppliedLora> fit_loras(const std::vector<ModelAddon>& addons, const ModelFiles& files) {
  std::vector<AppliedLora> loras;
  if (addons.empty()) {
    return loras;
  }
  const LoraTargets targets(files);
  for (const ModelAddon& addon : addons) {
    const DoraRule dora = addon.dora_1_9 ? DoraRule::ScaleBehind : DoraRule::ScaleInside;
    loras.push_back({LoraFit::make(LoraFile::open(addon.path), files, targets),
                     addon.text_encoder,
                     addon.beside ? 0 : addon.unet,
                     {addon.dyn, dora}});
  }
  return loras;
}

std::vector<SideLora> side_loras(const std::vector<ModelAddon>& addons,
                                 const std::vector<AppliedLora>& loras) {
  std::vector<SideLora> sides;
  for (std::size_t i = 0; i < addons.size(); ++i) {
    if (addons[i].beside) {
      sides.push_back({loras[i].fit, loras[i].options});
    }
  }
  return sides;
}

/// What LoRAs do to a part, as text: the same text, the same weights.
std::string changes_text(const std::vector<AppliedLora>& loras, bool of_text) {
  std::ostringstream text;
  text << std::hexfloat;
  for (const AppliedLora& lora : loras) {
    const double strength = of_text ? lora.text_encoder : lora.unet;
    const bool changes = of_text ? lora.fit->changes_text() : lora.fit->changes_unet();
    if (strength != 0 && changes) {
      text << lora.fit->file().path().string() << '\n'
           << strength << ' ' << lora.options.dyn.has_value() << ' ' << lora.options.dyn.value_or(0)
           << ' ' << static_cast<int>(lora.options.dora) << '\n';
    }
  }
  return text.str();
}

/// The web UI's comment, and a sentence where nothing of a file is used.
std::vector<std::string> notes_on(const std::vector<ModelAddon>& addons,
                                  const std::vector<AppliedLora>& loras,
                                  const ModelFiles& files) {
  std::string errors;
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < loras.size(); ++i) {
    const LoraFit& fit = *loras[i].fit;
    const std::string& name = addons[i].name;
    if (fit.misfits() > 0) {
      errors += (errors.empty() ? "" : ", ") + name + " (" + std::to_string(fit.misfits()) + ")";
    }
    if (fit.layers().empty()) {
      notes.push_back("<lora:" + name + ">: none of its " +
                      std::to_string(fit.file().modules().size()) + " layers fits this " +
                      std::string(family_label(files.family)) +
                      " model; it is made for another kind");
    }
  }
  if (!errors.empty()) {
    notes.insert(notes.begin(), "Networks with errors: " + errors);
  }
  return notes;
}

}  // namespace

std::shared_ptr<const OpenModel> OpenModel::open(const ModelSpec& spec) {
  check_addons(spec.addons);
  prepare_memory();
  std::shared_ptr<OpenModel> model(new OpenModel());
  model->spec_ = spec;
  model->compute_ = resolve_compute(spec.device, spec.precision);
  model->files_ = open_model(spec.model, model_options(spec));
  if (model->files_.prediction_is_tested) {
    model->files_.prediction = find_prediction(model->files_);
  }
  model->tokenizers_ = std::make_shared<const Tokenizers>(tokenizers_of(model->files_));
  model->find_tiny_decoder();
  for (const ModelFile& file : model->files_.files) {
    model->stamps_.push_back(stamp_of(file, model->files_.path));
  }
  model->use_addons(spec.addons);
  return model;
}

/// Behind the stamps of the model's own files.
void OpenModel::use_addons(std::vector<ModelAddon> addons) {
  check_addons(addons);
  loras_ = fit_loras(addons, files_);
  sides_ = side_loras(addons, loras_);
  side_slots_ = sides_.size();
  text_changes_ = changes_text(loras_, true);
  unet_changes_ = changes_text(loras_, false);
  addon_notes_ = notes_on(addons, loras_, files_);
  stamps_.resize(files_.files.size());
  for (const ModelAddon& addon : addons) {
    stamps_.push_back(stamp_of({addon.role, addon.path}, files_.path));
  }
  spec_.addons = std::move(addons);
}

std::shared_ptr<const OpenModel> OpenModel::with_addons(std::vector<ModelAddon> addons) const {
  std::shared_ptr<OpenModel> copy(new OpenModel(*this));
  copy->use_addons(std::move(addons));
  return copy;
}

std::shared_ptr<const TensorSource> OpenModel::weights() const {
  auto plain = std::make_shared<FileTensors>(files_.weights);
  if (loras_.empty()) {
    return plain;
  }
  const std::shared_ptr<const TensorSource> changed = changed_weights(std::move(plain));
  return sides_.empty() ? changed : std::make_shared<SideTensors>(changed, sides_);
}

bool OpenModel::can_stand_beside() const {
  const FileTensors plain(files_.weights);
  return std::ranges::all_of(
             sides_,
             [&](const SideLora& side) { return ptravel::can_stand_beside(side, plain); }) &&
         std::ranges::all_of(loras_,
                             [](const AppliedLora& lora) { return is_independent(*lora.fit); });
}

std::shared_ptr<const TensorSource> OpenModel::changed_weights(
    std::shared_ptr<const TensorSource> plain) const {
  // On a card the sums are made before the weights get there.
  const bool bf16 = compute_.device.is_cpu() && compute_.dtype == at::kBFloat16;
  return std::make_shared<ChangedTensors>(std::move(plain), loras_,
                                          bf16 ? at::kBFloat16 : at::kFloat);
}

/// A file that is only looked for, because previews are finer with it, is done without where it
/// cannot be used.
void OpenModel::find_tiny_decoder() {
  const bool wanted = spec_.vae_decoder == VaeDecoder::Tiny;
  const auto found =
      ptravel::find_tiny_decoder(decoder_folders(files_.path, spec_.models_folders), files_.family);
  if (!found) {
    if (wanted) {
      throw Error(ErrorCode::NotFound, "[vae_decoder] tiny: found no " +
                                           std::string(tiny_decoder_name(files_.family)) +
                                           " (.safetensors, .pth or .pt), expected it beside the "
                                           "model or in VAE-approx of the models "
                                           "folders");
    }
    return;
  }
  try {
    check_tiny_decoder(*found, files_.vae);
  } catch (const Error& error) {
    if (wanted) {
      throw;
    }
    files_.notes.push_back(std::string(error.what()) + "; previews do without it");
    return;
  }
  tiny_decoder_ = *found;
  if (wanted) {
    files_.files.push_back({"vae_decoder", *found});
  }
}

int OpenModel::trained_size() const {
  if (files_.sample_size) {
    return static_cast<int>(*files_.sample_size) * size_factor();
  }
  const FamilyTraits& traits = family_traits(files_.family);
  return predicts_v() ? traits.picture_size_v : traits.picture_size;
}

SigmaTable OpenModel::sigma_table() const {
  if (files_.edm) {
    const EdmSchedule& edm = *files_.edm;
    return SigmaTable::evenly_in_logarithm(edm.sigma_min / edm.sigma_data,
                                           edm.sigma_max / edm.sigma_data);
  }
  return files_.alphas_cumprod ? SigmaTable(*files_.alphas_cumprod) : SigmaTable();
}

std::shared_ptr<const OpenModel> OpenModel::without_weights() const {
  std::shared_ptr<OpenModel> copy(new OpenModel(*this));
  copy->files_.weights.reset();
  copy->loras_.clear();
  copy->sides_.clear();
  return copy;
}

}  // namespace ptravel
