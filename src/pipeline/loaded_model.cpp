#include "pipeline/loaded_model.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "checkpoint/key_map.h"
#include "model/tensor_sources.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

NetworkLoader loader_of(const OpenModel& model) {
  return NetworkLoader(model.files(), model.weights(), model.compute());
}

/// What `read` makes of a loader for some networks, whose tensors are counted where somebody looks.
template <typename Read>
auto read_apart(const OpenModel& model,
                Progress* progress,
                const std::string& what,
                std::span<const ModelPart> parts,
                const Read& read) {
  if (progress == nullptr) {
    return read(loader_of(model));
  }
  const std::vector<std::string> names = model.files().weights->names();
  const auto count = std::ranges::count_if(names, [&](const std::string& name) {
    return std::ranges::any_of(parts,
                               [&](ModelPart part) { return name.starts_with(ldm_prefix(part)); });
  });
  const Progress::Interlude reading(*progress, "Reading " + what, "tensors",
                                    static_cast<double>(count));
  return read(NetworkLoader(model.files(), counted(model.weights(), *progress), model.compute()));
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
  if (model.spec().vae_decoder == VaeDecoder::Tiny) {
    loaded->tiny_decoder();
  }
  return loaded;
}

SharedTextEncoders LoadedModel::text_encoders(Progress* progress) const {
  const std::lock_guard lock(mutex_);
  if (!text_encoders_) {
    text_encoders_ = read_text_encoders(*model_, progress);
  }
  return text_encoders_;
}

SharedTextEncoders read_text_encoders(const OpenModel& model, Progress* progress) {
  return std::make_shared<const std::vector<ClipTextModel>>(
      read_apart(model, progress, "the text encoders", kTextParts,
                 [](const NetworkLoader& loader) { return loader.text_encoders(); }));
}

Unet read_unet(const OpenModel& model, Progress* progress) {
  return read_apart(model, progress, "the UNet", {{ModelPart::Unet}},
                    [](const NetworkLoader& loader) { return loader.unet(); });
}

void LoadedModel::begin_drawing() const {
  const std::lock_guard lock(mutex_);
  if (model_->spec().low_memory) {
    text_encoders_.reset();
  }
}

const Unet& LoadedModel::unet(Progress* progress) const {
  const std::lock_guard lock(mutex_);
  if (model_->spec().low_memory) {
    text_encoders_.reset();
  }
  if (!unet_) {
    unet_.emplace(read_unet(*model_, progress));
  }
  return *unet_;
}

const Vae& LoadedModel::vae(Progress* progress) const {
  const std::lock_guard lock(mutex_);
  if (!vae_) {
    vae_.emplace(read_apart(*model_, progress, "the VAE", {{ModelPart::Vae}},
                            [](const NetworkLoader& loader) { return loader.vae(); }));
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

const TinyDecoder* LoadedModel::tiny_decoder() const {
  const std::lock_guard lock(mutex_);
  if (!tiny_decoder_ && !tiny_decoder_is_broken_ && model_->tiny_decoder()) {
    try {
      tiny_decoder_.emplace(TinyDecoder::load(*model_->tiny_decoder(), model_->compute()));
    } catch (const Error&) {
      if (model_->spec().vae_decoder == VaeDecoder::Tiny) {
        throw;
      }
      tiny_decoder_is_broken_ = true;
    }
  }
  return tiny_decoder_ ? &*tiny_decoder_ : nullptr;
}

const LatentColours& LoadedModel::colours() const {
  std::call_once(fitted_, [this] { colours_ = LatentColours::fit(vae()); });
  return *colours_;
}

}  // namespace ptravel
