#include "pipeline/pipeline.h"

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kSd1Size = 512;  // what Stable Diffusion 1.x was trained on

ModelOptions model_options(const PipelineOptions& options) {
  ModelOptions result;
  if (options.vae == "none") {
    result.automatic_vae = false;
  } else {
    result.vae = options.vae;
  }
  if (options.prediction != PredictionChoice::Auto) {
    result.prediction = options.prediction == PredictionChoice::V ? Prediction::V : Prediction::Eps;
  }
  return result;
}

}  // namespace

Pipeline::Pipeline(ModelFiles files, Compute compute)
    : files_(std::move(files)),
      compute_(compute),
      tokenizer_(files_.tokenizer ? Tokenizer::load(*files_.tokenizer) : Tokenizer::clip()) {}

std::unique_ptr<Pipeline> Pipeline::open(const PipelineOptions& options) {
  prepare_cpu(options.threads);
  const Compute compute = resolve_compute(options.device, options.precision);
  return std::unique_ptr<Pipeline>(
      new Pipeline(open_model(options.model, model_options(options)), compute));
}

void Pipeline::load(Progress& progress) {
  PTRAVEL_CHECK(!model_);
  model_.emplace(StableDiffusion::load(files_, compute_, progress));
  encoder_.emplace(tokenizer_, model_->clip);
  calls_ = std::make_unique<SharedCalls>(model_->unet);
  files_.weights.reset();  // The mapped files are not needed any more.
}

int Pipeline::trained_size() const {
  return files_.sample_size ? static_cast<int>(*files_.sample_size) * size_factor() : kSd1Size;
}

SigmaTable Pipeline::sigma_table() const {
  return files_.alphas_cumprod ? SigmaTable(*files_.alphas_cumprod) : SigmaTable();
}

const PromptEncoder& Pipeline::encoder() const {
  PTRAVEL_CHECK(encoder_);
  return *encoder_;
}

const Vae& Pipeline::vae() const {
  PTRAVEL_CHECK(model_);
  return model_->vae;
}

const Unet& Pipeline::unet() const {
  PTRAVEL_CHECK(model_);
  return model_->unet;
}

const ClipTextModel& Pipeline::text_encoder() const {
  PTRAVEL_CHECK(model_);
  return model_->clip;
}

at::Tensor Pipeline::sample(const SamplingSettings& settings,
                            const PictureBatch& batch,
                            const SamplingHooks& hooks) const {
  PTRAVEL_CHECK(batch.width % size_factor() == 0 && batch.height % size_factor() == 0);
  const auto profile = ProfileScope::part("sampling");
  const SamplingModel model{[this](const std::vector<NetworkRow>& rows) { return (*calls_)(rows); },
                            files_.prediction, sigma_table()};
  SamplingBatch sampling;
  sampling.images = batch.images;
  sampling.seeds = batch.seeds;
  sampling.shape = {files_.unet.in_channels, batch.height / size_factor(),
                    batch.width / size_factor()};
  sampling.init_latent = batch.init_latent;
  sampling.guidance_scales = batch.guidance_scales;
  sampling.options = at::TensorOptions(at::kFloat).device(compute_.device);
  const at::NoGradGuard no_gradients;
  calls_->begin_pictures();
  return sample_latents(model, settings, sampling, hooks);
}

}  // namespace ptravel
