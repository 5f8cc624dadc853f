#include "pipeline/pipeline.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/profile_scope.h"
#include "pipeline/latents.h"
#include "ptravel/error.h"

namespace ptravel {

Pipeline::Pipeline(std::shared_ptr<const OpenModel> model) : model_(std::move(model)) {}

std::unique_ptr<Pipeline> Pipeline::open(const PipelineOptions& options) {
  prepare_cpu(options.threads);
  return std::make_unique<Pipeline>(OpenModel::open(options));
}

void Pipeline::load(Progress& progress) {
  PTRAVEL_CHECK(!loaded_);
  use(LoadedModel::load(*model_, progress));
}

void Pipeline::load(ModelStore& store, Progress& progress) {
  PTRAVEL_CHECK(!loaded_);
  use(store.load(model_, progress));
}

void Pipeline::use(std::shared_ptr<const LoadedModel> loaded) {
  loaded_ = std::move(loaded);
  model_ = std::shared_ptr<const OpenModel>(loaded_, &loaded_->model());  // lets go of the files
  encoder_.emplace(
      tokenizers(), files().clips, [loaded = loaded_] { return loaded->text_encoders(); },
      EncodingRules{files().unet.vector_dim, files().zero_blank_negative});
}

const PromptEncoder& Pipeline::encoder() const {
  PTRAVEL_CHECK(encoder_);
  return *encoder_;
}

std::vector<HypernetworkUse> Pipeline::uses_of(
    const std::vector<AdapterStrength>& hypernetworks) const {
  std::vector<HypernetworkUse> uses;
  for (const AdapterStrength& one : hypernetworks) {
    PTRAVEL_CHECK(hypernetworks_);
    uses.push_back({hypernetworks_->find(one.model).network, one.strength});
    PTRAVEL_CHECK(uses.back().network);
  }
  return uses;
}

const Vae& Pipeline::vae() const {
  PTRAVEL_CHECK(loaded_);
  return loaded_->vae();
}

const Unet& Pipeline::unet() const {
  PTRAVEL_CHECK(loaded_);
  return loaded_->unet();
}

SharedTextEncoders Pipeline::text_encoders() const {
  PTRAVEL_CHECK(loaded_);
  return loaded_->text_encoders();
}

const LatentColours& Pipeline::colours() const {
  PTRAVEL_CHECK(loaded_);
  return loaded_->colours();
}

std::vector<Image> Pipeline::decode(const at::Tensor& latents) const {
  PTRAVEL_CHECK(loaded_);
  if (compute().device.is_cpu()) {
    return decode_latents(vae(), latents);
  }
  return decode_latents(vae(), latents, [this]() -> const Vae& { return loaded_->vae_on_cpu(); });
}

at::Tensor Pipeline::blank_picture(int width, int height) const {
  if (picture_input() == PictureInput::None) {
    return {};
  }
  at::Tensor& known = blank_pictures_[{width, height}];
  if (!known.defined()) {
    const at::NoGradGuard no_gradients;
    const auto options = at::TensorOptions(at::kFloat).device(compute().device);
    const std::int64_t h = height / size_factor();
    const std::int64_t w = width / size_factor();
    if (picture_input() == PictureInput::Edited) {
      known = at::zeros({picture_channels(picture_input(), files().vae.embed_dim), h, w}, options);
    } else {
      const at::Tensor grey = at::zeros({1, files().vae.in_channels, height, width}, options);
      known =
          masked_picture(at::ones({1, 1, h, w}, options), vae().to_latent(vae().encode(grey).mean));
    }
  }
  return known;
}

at::Tensor Pipeline::sample(const SamplingSettings& settings,
                            const PictureBatch& batch,
                            const SamplingHooks& hooks) const {
  PTRAVEL_CHECK(batch.width % size_factor() == 0 && batch.height % size_factor() == 0);
  const auto profile = ProfileScope::part("sampling");
  Network network = [this](const std::vector<NetworkRow>& rows) { return (*calls_)(rows); };
  if (const auto& edm = files().edm) {
    network =
        make_edm_network(std::move(network), files().prediction, edm->sigma_min, edm->sigma_max);
  }
  const SamplingModel model{std::move(network), predicts_v() ? Prediction::V : Prediction::Eps,
                            sigma_table(), picture_input() == PictureInput::Edited};
  SamplingBatch sampling;
  sampling.images = batch.images;
  if (picture_input() != PictureInput::None) {
    const bool blank = batch.pictures.empty();
    sampling.images = with_pictures(
        batch.images, blank ? std::vector<at::Tensor>(batch.images.size(),
                                                      blank_picture(batch.width, batch.height))
                            : batch.pictures);
  }
  sampling.seeds = batch.seeds;
  sampling.shape = {files().unet.out_channels, batch.height / size_factor(),
                    batch.width / size_factor()};
  sampling.init_latent = batch.init_latent;
  sampling.repaint = batch.repaint;
  sampling.guidance_scales = batch.guidance_scales;
  sampling.options = at::TensorOptions(at::kFloat).device(compute().device);
  const at::NoGradGuard no_gradients;
  const Unet& drawing = unet();  // Asked for in every call: text encoders may go by it.
  if (!calls_) {
    calls_ = std::make_unique<SharedCalls>(drawing, [this](const std::string& name) {
      return uses_of({{name, 1}}).front().network;
    });
  }
  calls_->begin_pictures();
  SamplingSettings own = settings;
  own.schedule_options.sdxl = files().unet.vector_dim > 0;
  return sample_latents(model, own, sampling, hooks);
}

}  // namespace ptravel
