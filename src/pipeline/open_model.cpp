#include "pipeline/open_model.h"

#include <system_error>

#include "checkpoint/model_family.h"
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
    result.vae = spec.vae;
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
  if (!addons.empty()) {
    throw Error(ErrorCode::Unsupported, "[addons] " + addons.front().path.string() +
                                            ": add-ons of the kind \"" + addons.front().role +
                                            "\" are not supported yet, expected none");
  }
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
  for (const ModelFile& file : model->files_.files) {
    model->stamps_.push_back(stamp_of(file, model->files_.path));
  }
  return model;
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
  return copy;
}

}  // namespace ptravel
