#include "pipeline/open_model.h"

#include <system_error>

#include "ptravel/error.h"
#include "tensor/kernel_family.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kSd1Size = 512;  // what Stable Diffusion 1.x was trained on

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
  const auto& tokenizer = model->files_.tokenizer;
  model->tokenizer_ =
      std::make_shared<Tokenizer>(tokenizer ? Tokenizer::load(*tokenizer) : Tokenizer::clip());
  for (const ModelFile& file : model->files_.files) {
    model->stamps_.push_back(stamp_of(file, model->files_.path));
  }
  return model;
}

int OpenModel::trained_size() const {
  return files_.sample_size ? static_cast<int>(*files_.sample_size) * size_factor() : kSd1Size;
}

SigmaTable OpenModel::sigma_table() const {
  return files_.alphas_cumprod ? SigmaTable(*files_.alphas_cumprod) : SigmaTable();
}

std::shared_ptr<const OpenModel> OpenModel::without_weights() const {
  std::shared_ptr<OpenModel> copy(new OpenModel(*this));
  copy->files_.weights.reset();
  return copy;
}

}  // namespace ptravel
