#include "diffusion_training.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include <ATen/ATen.h>

#include "checkpoint/key_map.h"
#include "model/clip.h"
#include "model/unet.h"
#include "schedule/sigma_table.h"

#include "caption_tokens.h"
#include "captions.h"
#include "latent_pool.h"
#include "slices.h"

namespace ptravel::train {
namespace {

/// The states behind a caption that the text encoder's own task reads: padding, which sees all.
constexpr std::int64_t kReadTokens = 8;

/// Timesteps that count little are still drawn this often, relative to the others.
constexpr double kLeastWeight = 0.15;

/// How often each timestep is drawn: min(SNR, gamma) / SNR.
at::Tensor timestep_weights(const std::vector<double>& alphas_cumprod, double gamma) {
  at::Tensor weights = at::empty({static_cast<std::int64_t>(alphas_cumprod.size())}, at::kDouble);
  for (std::size_t t = 0; t < alphas_cumprod.size(); ++t) {
    const double snr = alphas_cumprod[t] / (1 - alphas_cumprod[t]);
    weights.data_ptr<double>()[t] = std::max(kLeastWeight, std::min(snr, gamma) / snr);
  }
  return weights;
}

/// Captions of one batch as ids, and what they tell: [N, attributes], -1 = not told. The numbers
/// for "not told" are one more than the attribute's last value.
struct CaptionBatch {
  at::Tensor ids;
  at::Tensor told;
};

CaptionBatch make_captions(const std::vector<Look>& looks,
                           const Tokenizer& tokenizer,
                           double drop,
                           Dice& dice) {
  std::vector<std::string> texts;
  at::Tensor told = at::empty(
      {static_cast<std::int64_t>(looks.size()), static_cast<std::int64_t>(kAttributes)}, at::kLong);
  auto* to = told.data_ptr<std::int64_t>();
  for (const Look& look : looks) {
    Caption caption = random_caption(look, dice);
    if (dice.chance(drop)) {
      caption = {};
    }
    for (std::size_t i = 0; i < kAttributes; ++i) {
      const auto attribute = static_cast<Attribute>(i);
      const auto values = static_cast<std::int64_t>(info(attribute).values.size());
      *to++ = caption.told[i] ? look[attribute] : values;
    }
    texts.push_back(std::move(caption.text));
  }
  return {caption_ids(tokenizer, texts), told};
}

/// The text encoder's own task: one linear map from the states behind the caption to what it tells.
class TagReader {
 public:
  TagReader(const Weights& weights, std::int64_t width, const Compute& compute)
      : map_(weights.at("tags"), width, outputs(), compute) {}

  at::Tensor loss(const at::Tensor& context, const at::Tensor& told) const {
    const at::Tensor states = context.narrow(1, context.size(1) - kReadTokens, kReadTokens).mean(1);
    const at::Tensor scores = map_(states);
    at::Tensor total;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < kAttributes; ++i) {
      const std::int64_t values = values_of(i);
      const at::Tensor part = at::cross_entropy_loss(scores.narrow(1, first, values),
                                                     told.select(1, static_cast<std::int64_t>(i)));
      total = total.defined() ? total + part : part;
      first += values;
    }
    return total / static_cast<double>(kAttributes);
  }

 private:
  static std::int64_t values_of(std::size_t i) {
    return static_cast<std::int64_t>(info(static_cast<Attribute>(i)).values.size()) + 1;
  }
  static std::int64_t outputs() {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < kAttributes; ++i) {
      sum += values_of(i);
    }
    return sum;
  }
  Linear map_;
};

}  // namespace

std::shared_ptr<Parameters> train_diffusion(const ModelPlan& plan,
                                            const DiffusionTrainingOptions& options,
                                            const Vae& vae,
                                            const Tokenizer& tokenizer,
                                            const Compute& compute,
                                            Progress& progress) {
  const at::Device device = compute.device;
  const auto parameters = std::make_shared<Parameters>(options.stage.seed);
  const ClipTextModel text(Weights(parameters, std::string(kTextPrefix), "text encoder"), plan.clip,
                           compute);
  const Unet unet(Weights(parameters, std::string(kUnetPrefix), "unet"), plan.unet, compute);
  const TagReader tags(Weights(parameters, "task", "task"), plan.clip.width,
                       full_precision(compute));
  parameters->gather(device);
  TrainingStage stage(options.stage, parameters);
  if (stage.finished()) {
    return parameters;
  }

  const std::vector<double> alphas = default_alphas_cumprod();
  const at::Tensor abar = at::tensor(alphas, at::kFloat).to(device);
  const at::Tensor weights = timestep_weights(alphas, options.min_snr_gamma).to(device);
  const std::uint64_t drawn = static_cast<std::uint64_t>(stage.step() * options.fresh);
  LatentPool pool(vae, plan.picture_size, options.pool, options.stage.seed, drawn);
  pool.fill(std::min(options.pool, options.pool_at_first), progress);

  const int workers = slices_for(options.batch, device.is_cpu());
  stage.run(
      [&](std::int64_t step) -> Losses {
        Dice dice(options.stage.seed * 1000003 + static_cast<std::uint64_t>(step));
        at::Generator noise = step_generator(device, options.stage.seed, step);
        const bool text_only = step < options.text_steps;
        if (!text_only) {
          pool.add(options.fresh);
        }
        const LatentBatch batch = pool.sample(dice, options.batch);
        const CaptionBatch captions =
            make_captions(batch.looks, tokenizer, options.drop_caption, dice);
        const at::Tensor t = at::multinomial(weights, options.batch, true, noise);
        const at::Tensor eps = at::randn(batch.latents.sizes(), noise, batch.latents.options());
        const at::Tensor kept = abar.index_select(0, t).reshape({-1, 1, 1, 1});
        const at::Tensor x = kept.sqrt() * batch.latents + (1 - kept).sqrt() * eps;
        const at::Tensor ids = captions.ids.to(device);
        const at::Tensor told = captions.told.to(device);
        std::mutex mutex;
        double noise_error = 0;
        double tag_error = 0;
        for_slices(options.batch, workers, [&](std::int64_t first, std::int64_t size) {
          const auto slice = [&](const at::Tensor& whole) { return whole.narrow(0, first, size); };
          const double share = static_cast<double>(size) / static_cast<double>(options.batch);
          const at::Tensor context = text.forward(slice(ids));
          const at::Tensor tag_loss = share * tags.loss(context, slice(told));
          at::Tensor loss = text_only ? tag_loss : options.tag_weight * tag_loss;
          at::Tensor error;
          if (!text_only) {
            const at::Tensor found = unet.forward(slice(x), slice(t), context);
            error = share * (found - slice(eps)).square().mean();
            loss = loss + error;
          }
          loss.backward();
          const std::lock_guard<std::mutex> lock(mutex);
          tag_error += tag_loss.item<double>();
          noise_error += text_only ? NAN : error.item<double>();
        });
        return {{"noise_error", noise_error}, {"tag_error", tag_error}};
      },
      progress);
  return parameters;
}

}  // namespace ptravel::train
