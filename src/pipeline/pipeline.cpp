#include "pipeline/pipeline.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/profile_scope.h"
#include "checkpoint/model_family.h"
#include "pipeline/latents.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

// Sides of what tiny decoders make sketches of: a fraction of a second each.
constexpr std::int64_t kSketchCellsOnCpu = 32;
constexpr std::int64_t kSketchCells = 96;

}  // namespace

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
      tokenizers(), files().clips, [this] { return text_encoders(); },
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

SharedCalls::Hypernetworks Pipeline::hypernetworks_by_name() const {
  return [this](const std::string& name) { return uses_of({{name, 1}}).front().network; };
}

/// Opened anew, as the files were let go of when the model was loaded: names and shapes, no weights
/// (SDXL's 2,512 tensors in less than 0.1 s of a processor). Whoever reads weights of it reads what
/// is changed and what is not, into networks of their own.
std::shared_ptr<const OpenModel> Pipeline::opened_with(
    const std::vector<ModelAddon>& addons) const {
  ModelSpec spec = model_->spec();
  spec.addons = addons;
  return OpenModel::open(spec);
}

PromptEncoder Pipeline::encoder_with(const std::vector<ModelAddon>& addons) const {
  PTRAVEL_CHECK(loaded_);
  const EncodingRules rules{files().unet.vector_dim, files().zero_blank_negative};
  std::function<SharedTextEncoders()> models = [loaded = loaded_] {
    return loaded->text_encoders();
  };
  if (addons != model_->spec().addons) {
    const auto opened = opened_with(addons);
    if (opened->text_changes() != model_->text_changes()) {
      if (!known_texts_ || known_text_changes_ != opened->text_changes()) {
        known_texts_ = read_text_encoders(*opened, progress_);
        known_text_changes_ = opened->text_changes();
      }
      models = [texts = known_texts_] { return texts; };
    }
  }
  return PromptEncoder(tokenizers(), files().clips, std::move(models), rules);
}

std::vector<ImageConditioning> Pipeline::with_variants(
    std::vector<ImageConditioning> images,
    const std::vector<std::vector<ModelAddon>>& addons) const {
  PTRAVEL_CHECK(addons.empty() || addons.size() == images.size());
  std::vector<Variant> known = std::exchange(variants_, {});
  std::vector<std::vector<AdapterStrength>> adapters(images.size());
  bool own = addons.empty();
  for (std::size_t i = 0; i < addons.size(); ++i) {
    if (i > 0 && addons[i] == addons[i - 1]) {
      adapters[i] = adapters[i - 1];
      continue;
    }
    std::shared_ptr<const OpenModel> opened;
    if (addons[i] != model_->spec().addons) {
      opened = opened_with(addons[i]);
    }
    if (!opened || opened->unet_changes() == model_->unet_changes()) {
      own = true;
      continue;
    }
    adapters[i] = {{opened->unet_changes(), 1}};
    const auto same = [&](const Variant& variant) { return variant.adapters == adapters[i]; };
    if (std::any_of(variants_.begin(), variants_.end(), same)) {
      continue;
    }
    const auto found = std::find_if(known.begin(), known.end(), same);
    if (found != known.end()) {
      variants_.push_back(std::move(*found));
      known.erase(found);
      continue;
    }
    std::erase_if(known, [](const Variant& variant) { return !variant.adapters.empty(); });
    auto unet = std::make_shared<const Unet>(read_unet(*opened, progress_));
    auto calls = std::make_unique<SharedCalls>(*unet, hypernetworks_by_name(), wrap_);
    variants_.push_back({adapters[i], std::move(unet), std::move(calls)});
  }
  const auto base = std::find_if(known.begin(), known.end(),
                                 [](const Variant& variant) { return variant.adapters.empty(); });
  if (base != known.end()) {
    variants_.push_back(std::move(*base));
  } else if (own) {
    const std::shared_ptr<const Unet> unet(loaded_, &loaded_->unet());
    variants_.push_back(
        {{}, unet, std::make_unique<SharedCalls>(*unet, hypernetworks_by_name(), wrap_)});
  }
  return addons.empty() ? std::move(images) : with_adapters(std::move(images), adapters);
}

/// The images as strong as side branches of the UNet act on each.
std::vector<ImageConditioning> Pipeline::with_strengths(
    std::vector<ImageConditioning> images,
    const std::vector<std::vector<double>>& strengths) const {
  PTRAVEL_CHECK(strengths.size() == images.size());
  std::vector<std::vector<float>> slots;
  for (const std::vector<double>& own : strengths) {
    PTRAVEL_CHECK(own.size() == model_->side_slots());
    slots.emplace_back(own.begin(), own.end());
  }
  return with_side_strengths(std::move(images), slots);
}

/// Each row goes to the UNet of its picture's add-ons.
at::Tensor Pipeline::call(const std::vector<NetworkRow>& rows) const {
  std::vector<at::Tensor> results(rows.size());
  for (const Variant& variant : variants_) {
    std::vector<NetworkRow> own;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].conditioning->adapter_strengths == variant.adapters) {
        own.push_back(rows[i]);
        places.push_back(i);
      }
    }
    if (own.size() == rows.size()) {
      return (*variant.calls)(rows);
    }
    if (!own.empty()) {
      const at::Tensor computed = (*variant.calls)(own);
      for (std::size_t i = 0; i < places.size(); ++i) {
        results[places[i]] = computed[static_cast<std::int64_t>(i)];
      }
    }
  }
  return at::stack(results);
}

const Vae& Pipeline::vae() const {
  PTRAVEL_CHECK(loaded_);
  return loaded_->vae(progress_);
}

const Unet& Pipeline::unet() const {
  PTRAVEL_CHECK(loaded_);
  return loaded_->unet(progress_);
}

SharedTextEncoders Pipeline::text_encoders() const {
  PTRAVEL_CHECK(loaded_);
  return loaded_->text_encoders(progress_);
}

/// What a tiny decoder takes: latents as most models of the family have them.
at::Tensor Pipeline::family_latent(const at::Tensor& latent) const {
  const double usual = family_traits(files().family).scale_factor;
  const VaeConfig& config = files().vae;
  return config.latent_mean.empty() && config.scale_factor == usual
             ? latent
             : unscaled_latent(config, latent) * usual;
}

Image Pipeline::sketch(const at::Tensor& latent) const {
  PTRAVEL_CHECK(loaded_);
  const TinyDecoder* const decoder = loaded_->tiny_decoder();
  if (decoder == nullptr) {
    return loaded_->colours().picture(latent);
  }
  const at::NoGradGuard no_gradients;
  const std::int64_t most = compute().device.is_cpu() ? kSketchCellsOnCpu : kSketchCells;
  const std::int64_t cells = std::max(latent.size(1), latent.size(2));
  const std::int64_t share = (cells + most - 1) / most;
  const at::Tensor small = at::adaptive_avg_pool2d(
      latent.unsqueeze(0).to(at::kFloat), {std::max<std::int64_t>(1, latent.size(1) / share),
                                           std::max<std::int64_t>(1, latent.size(2) / share)});
  return tensor_to_image(
      at::nan_to_num(decoder->decode(family_latent(at::nan_to_num(small)), wrap_), 0.0, 1.0, -1.0));
}

std::vector<Image> Pipeline::decode(const at::Tensor& latents) const {
  PTRAVEL_CHECK(loaded_);
  if (model_->spec().vae_decoder == VaeDecoder::Tiny) {
    return decode_latents(
        [&](const at::Tensor& latent) {
          return loaded_->tiny_decoder()->decode(family_latent(latent), wrap_);
        },
        latents);
  }
  if (compute().device.is_cpu()) {
    return decode_latents(vae(), latents, wrap_);
  }
  return decode_latents(
      vae(), latents, [this]() -> const Vae& { return loaded_->vae_on_cpu(); }, wrap_);
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
      known = masked_picture(at::ones({1, 1, h, w}, options),
                             vae().to_latent(vae().encode(grey, wrap_).mean));
    }
  }
  return known;
}

at::Tensor Pipeline::sample(const SamplingSettings& settings,
                            const PictureBatch& batch,
                            const SamplingHooks& hooks) const {
  PTRAVEL_CHECK(batch.width % size_factor() == 0 && batch.height % size_factor() == 0);
  const auto profile = ProfileScope::part("sampling");
  Network network = [this](const std::vector<NetworkRow>& rows) { return call(rows); };
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
  loaded_->begin_drawing();
  if (model_->side_slots() > 0) {
    sampling.images = with_strengths(std::move(sampling.images), batch.strengths);
  }
  sampling.images = with_variants(std::move(sampling.images), batch.addons);
  for (const Variant& variant : variants_) {
    variant.calls->begin_pictures();
  }
  SamplingSettings own = settings;
  own.schedule_options.sdxl = files().unet.vector_dim > 0;
  return sample_latents(model, own, sampling, hooks);
}

}  // namespace ptravel
