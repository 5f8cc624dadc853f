#include "vae_training.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <mutex>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "checkpoint/key_map.h"
#include "model/tensor_sources.h"

#include "held_back.h"
#include "picture_set.h"
#include "slices.h"

namespace ptravel::train {
namespace {

/// Differences between neighbours, downwards and to the right.
at::Tensor edge_loss(const at::Tensor& difference) {
  const std::int64_t side = difference.size(2);
  const auto change = [&](int dimension) {
    return (difference.narrow(dimension, 1, side - 1) - difference.narrow(dimension, 0, side - 1))
        .square()
        .mean();
  };
  return change(2) + change(3);
}

/// What a slice of a batch gives: the difference between reconstructions and pictures, and the KL
/// divergence where it counts.
struct Reconstruction {
  at::Tensor difference;
  at::Tensor kl;
};

/// Runs backward on slices of a batch at the same time, and returns the mean losses of the batch.
Losses backward_on_slices(
    const VaeTrainingOptions& options,
    bool on_cpu,
    const std::function<Reconstruction(std::int64_t first, std::int64_t size)>& reconstruct) {
  std::mutex mutex;
  Losses losses = {{"pixel_error", 0}, {"edge_error", 0}, {"kl", 0}};
  for_slices(options.batch, slices_for(options.batch, on_cpu),
             [&](std::int64_t first, std::int64_t size) {
               const double share = static_cast<double>(size) / static_cast<double>(options.batch);
               const Reconstruction found = reconstruct(first, size);
               const at::Tensor pixels = share * found.difference.square().mean();
               const at::Tensor edges = share * edge_loss(found.difference);
               const at::Tensor kl = found.kl.defined() ? share * found.kl : at::zeros_like(pixels);
               (pixels + options.edge_weight * edges + options.kl_weight * kl).backward();
               const std::lock_guard<std::mutex> lock(mutex);
               losses[0].second += pixels.item<double>();
               losses[1].second += edges.item<double>();
               losses[2].second += kl.item<double>();
             });
  losses.emplace_back("psnr", 10 * std::log10(4 / losses[0].second));
  return losses;
}

at::Tensor pictures_of_step(const ModelPlan& plan,
                            const VaeTrainingOptions& options,
                            std::int64_t step,
                            at::Device device) {
  return draw_scaled(drawings_at(options.stage.seed,
                                 static_cast<std::uint64_t>(step * options.batch), options.batch),
                     plan.picture_size, device);
}

}  // namespace

std::shared_ptr<Parameters> train_vae(const ModelPlan& plan,
                                      const VaeTrainingOptions& options,
                                      const Compute& compute,
                                      Progress& progress) {
  const auto parameters = std::make_shared<Parameters>(options.stage.seed);
  const Vae vae(Weights(parameters, std::string(kVaePrefix), "vae"), plan.vae, compute);
  parameters->gather(compute.device);
  TrainingStage stage(options.stage, parameters);
  stage.run(
      [&](std::int64_t step) -> Losses {
        at::Generator noise = step_generator(compute.device, options.stage.seed, step);
        const at::Tensor pictures = pictures_of_step(plan, options, step, compute.device);
        const std::int64_t side = plan.picture_size / plan.vae.factor();
        const at::Tensor eps = at::randn({options.batch, plan.vae.embed_dim, side, side}, noise,
                                         at::TensorOptions().device(compute.device));
        return backward_on_slices(
            options, compute.device.is_cpu(), [&](std::int64_t first, std::int64_t size) {
              const at::Tensor part = pictures.narrow(0, first, size);
              const LatentDistribution latent = vae.encode(part);
              const at::Tensor z = latent.mean + latent.std * eps.narrow(0, first, size);
              const at::Tensor kl =
                  0.5 * (latent.mean.square() + latent.std.square() - 1 - latent.logvar).mean();
              return Reconstruction{vae.decode(z * plan.vae.scale_factor) - part, kl};
            });
      },
      progress);
  return parameters;
}

std::map<std::string, at::Tensor> refine_decoder(const ModelPlan& plan,
                                                 const VaeTrainingOptions& options,
                                                 const std::map<std::string, at::Tensor>& weights,
                                                 const Compute& compute,
                                                 Progress& progress) {
  const Vae frozen = make_vae(plan, weights, compute);
  const auto parameters = std::make_shared<Parameters>(options.stage.seed);
  const Vae vae(Weights(parameters, std::string(kVaePrefix), "vae"), plan.vae, compute);
  parameters->gather(compute.device);
  parameters->assign(weights);
  TrainingStage stage(options.stage, parameters);
  stage.run(
      [&](std::int64_t step) -> Losses {
        const at::Tensor pictures = pictures_of_step(plan, options, step, compute.device);
        return backward_on_slices(
            options, compute.device.is_cpu(), [&](std::int64_t first, std::int64_t size) {
              const at::Tensor part = pictures.narrow(0, first, size);
              at::Tensor latent;
              {
                at::NoGradGuard no_gradients;
                latent = frozen.encode(part).mean.to(at::kFloat) * plan.vae.scale_factor;
              }
              return Reconstruction{vae.decode(latent) - part, {}};
            });
      },
      progress);
  std::map<std::string, at::Tensor> result = weights;
  const std::string prefix(kVaePrefix);
  for (const auto& [name, tensor] : parameters->averaged()) {
    if (name.starts_with(prefix + "decoder.") || name.starts_with(prefix + "post_quant_conv.")) {
      result[name] = tensor;
    }
  }
  return result;
}

Vae make_vae(const ModelPlan& plan,
             const std::map<std::string, at::Tensor>& weights,
             const Compute& compute) {
  const auto tensors = std::make_shared<MemoryTensors>();
  for (const auto& [name, tensor] : weights) {
    tensors->add(name, tensor);
  }
  return Vae(Weights(tensors, std::string(kVaePrefix), "vae"), plan.vae, compute);
}

VaeScore score_vae(const Vae& vae, int picture_size, std::int64_t count) {
  at::NoGradGuard no_gradients;
  constexpr std::int64_t kBatch = 16;
  double psnr = 0;
  std::vector<at::Tensor> latents;
  for (std::int64_t first = 0; first < count; first += kBatch) {
    const std::int64_t size = std::min(kBatch, count - first);
    const auto drawings = drawings_at(kHeldBackSeed, static_cast<std::uint64_t>(first), size);
    const at::Tensor pictures = draw_scaled(drawings, picture_size, vae.compute().device);
    const at::Tensor latent = vae.encode(pictures).mean.to(at::kFloat);
    latents.push_back(latent.cpu());
    const at::Tensor scaled = latent * vae.config().scale_factor;
    psnr += psnr_8bit(vae.decode(scaled), pictures) * static_cast<double>(size);
  }
  return {psnr / static_cast<double>(count), at::cat(latents).std().item<double>()};
}

}  // namespace ptravel::train
