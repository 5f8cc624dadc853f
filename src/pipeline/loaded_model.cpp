#include "pipeline/loaded_model.h"

#include <utility>

#include <ATen/ATen.h>

#include "model/tensor_sources.h"

namespace ptravel {
namespace {

NetworkLoader loader_of(const OpenModel& model) {
  return NetworkLoader(model.files(), model.weights(), model.compute());
}

}  // namespace

LoadedModel::LoadedModel(std::shared_ptr<const OpenModel> model, std::uint64_t bytes)
    : model_(std::move(model)), bytes_(bytes) {}

std::shared_ptr<const LoadedModel> LoadedModel::load(const OpenModel& model, Progress& progress) {
  const std::uint64_t bytes = loader_of(model).bytes();
  if (model.spec().low_memory) {
    return std::shared_ptr<const LoadedModel>(
        new LoadedModel(std::make_shared<const OpenModel>(model), bytes));
  }
  StableDiffusion networks =
      StableDiffusion::load(model.files(), model.weights(), model.compute(), progress);
  const std::shared_ptr<LoadedModel> loaded(new LoadedModel(model.without_weights(), bytes));
  loaded->text_encoders_ =
      std::make_shared<const std::vector<ClipTextModel>>(std::move(networks.clips));
  loaded->unet_.emplace(std::move(networks.unet));
  loaded->vae_.emplace(std::move(networks.vae));
  return loaded;
}

SharedTextEncoders LoadedModel::text_encoders() const {
  const std::lock_guard lock(mutex_);
  if (!text_encoders_) {
    text_encoders_ = read_text_encoders(*model_);
  }
  return text_encoders_;
}

SharedTextEncoders read_text_encoders(const OpenModel& model) {
  return std::make_shared<const std::vector<ClipTextModel>>(loader_of(model).text_encoders());
}

Unet read_unet(const OpenModel& model) { return loader_of(model).unet(); }

void LoadedModel::begin_drawing() const {
  const std::lock_guard lock(mutex_);
  if (model_->spec().low_memory) {
    text_encoders_.reset();
  }
}

const Unet& LoadedModel::unet() const {
  const std::lock_guard lock(mutex_);
  if (model_->spec().low_memory) {
    text_encoders_.reset();
  }
  if (!unet_) {
    unet_.emplace(read_unet(*model_));
  }
  return *unet_;
}

const Vae& LoadedModel::vae() const {
  const std::lock_guard lock(mutex_);
  if (!vae_) {
    vae_.emplace(loader_of(*model_).vae());
  }
  return *vae_;
}

const Vae& LoadedModel::vae_on_cpu() const {
  const std::lock_guard lock(mutex_);
  if (!vae_on_cpu_) {
    // What is loaded has let go of its files.
    const auto opened = OpenModel::open(model_->spec());
    vae_on_cpu_.emplace(NetworkLoader(opened->files(),
                                      std::make_shared<FileTensors>(opened->files().weights),
                                      {at::kCPU, at::kFloat})
                            .vae());
  }
  return *vae_on_cpu_;
}

const LatentColours& LoadedModel::colours() const {
  std::call_once(fitted_, [this] { colours_ = LatentColours::fit(vae()); });
  return *colours_;
}

}  // namespace ptravel
