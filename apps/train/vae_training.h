#pragma once

#include <map>
#include <memory>
#include <string>

#include "model/vae.h"

#include "model_plan.h"
#include "training_stage.h"

namespace ptravel::train {

struct VaeTrainingOptions {
  StageOptions stage;
  std::int64_t batch = 4;
  double kl_weight = 1e-6;
  double edge_weight = 0.25;  ///< Of the differences between neighbouring pixels.
};

/// Trains the autoencoder on drawings made on the fly: mean squared error of pixels and of their
/// differences (an absolute error of differences would reward flat pictures at first), and a little
/// KL divergence. Returns its parameters; goes on from a saved state.
std::shared_ptr<Parameters> train_vae(const ModelPlan& plan,
                                      const VaeTrainingOptions& options,
                                      const Compute& compute,
                                      Progress& progress);

/// Trains the decoder alone on the latents of a finished autoencoder, whose other half stays as it
/// is: whatever was trained on these latents stays valid. Returns the weights of the whole.
std::map<std::string, at::Tensor> refine_decoder(const ModelPlan& plan,
                                                 const VaeTrainingOptions& options,
                                                 const std::map<std::string, at::Tensor>& weights,
                                                 const Compute& compute,
                                                 Progress& progress);

/// The autoencoder with these weights, for use.
Vae make_vae(const ModelPlan& plan,
             const std::map<std::string, at::Tensor>& weights,
             const Compute& compute);

/// The mean PSNR of reconstructions of `count` held-back drawings, and the standard deviation of
/// their latents.
struct VaeScore {
  double psnr = 0;
  double latent_std = 0;
};
VaeScore score_vae(const Vae& vae, int picture_size, std::int64_t count);

}  // namespace ptravel::train
