#include "pipeline/latent_loss.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/profile_scope.h"
#include "diffusion/denoiser.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

/// The network's guess of the noise in x at the timestep.
at::Tensor guessed_noise(const Pipeline& pipeline,
                         const at::Tensor& x,
                         std::int64_t t,
                         double abar,
                         const at::Tensor& context,
                         const at::Tensor& vector,
                         const std::vector<AdapterStrength>& hypernetworks,
                         const std::vector<double>& strengths) {
  const auto& edm = pipeline.files().edm;
  const auto step = static_cast<double>(t);
  const double time = edm ? even_log_sigma(step, edm->sigma_min, edm->sigma_max) / 4 : step;
  const at::Tensor times = at::full({1}, time, at::TensorOptions(at::kFloat).device(x.device()));
  const int factor = pipeline.size_factor();
  const at::Tensor picture = pipeline.blank_picture(static_cast<int>(x.size(3)) * factor,
                                                    static_cast<int>(x.size(2)) * factor);
  const at::Tensor input = picture.defined() ? at::cat({x, picture.unsqueeze(0)}, 1) : x;
  const at::Tensor sides =
      strengths.empty()
          ? at::Tensor()
          : at::tensor(strengths, at::kDouble).to(x.device(), at::kFloat).unsqueeze(0);
  const at::Tensor output = pipeline.unet().forward(UnetInputs{
      input, times, context, vector, {}, pipeline.uses_of(hypernetworks), pipeline.wrap(), sides});
  if (edm && pipeline.files().prediction == Prediction::Eps) {
    return predicted_noise(-output, Prediction::V, x, abar);
  }
  return predicted_noise(output, pipeline.predicts_v() ? Prediction::V : Prediction::Eps, x, abar);
}

/// A row of its own that gradients are recorded for where they are wanted; nothing for nothing.
at::Tensor leaf(const at::Tensor& numbers, const at::Device& device, bool with_gradient) {
  if (!numbers.defined()) {
    return {};
  }
  at::Tensor row = numbers.detach().to(device).unsqueeze(0).clone();
  row.set_requires_grad(with_gradient);
  return row;
}

}  // namespace

LatentLoss latent_loss(const Pipeline& pipeline,
                       const at::Tensor& latent,
                       const LossDraw& draw,
                       const TextEncoding& text,
                       bool with_gradient,
                       const std::vector<AdapterStrength>& hypernetworks,
                       const std::vector<double>& strengths) {
  const at::Device device = pipeline.compute().device;
  const std::vector<double> alphas = pipeline.sigma_table().alphas_cumprod();
  PTRAVEL_CHECK(draw.t >= 0 && draw.t < static_cast<std::int64_t>(alphas.size()));
  PTRAVEL_CHECK(latent.dim() == 4 && latent.sizes() == draw.noise.sizes() &&
                text.tokens.dim() == 2);
  const double abar = alphas[static_cast<std::size_t>(draw.t)];
  const at::Tensor noise = draw.noise.to(device);
  const at::Tensor x = latent.to(device) * std::sqrt(abar) + noise * std::sqrt(1 - abar);
  const at::AutoGradMode gradients(with_gradient);
  const at::Tensor input = leaf(text.tokens, device, with_gradient);
  const at::Tensor vector = leaf(text.vector, device, with_gradient);
  const at::Tensor guess =
      guessed_noise(pipeline, x, draw.t, abar, input, vector, hypernetworks, strengths);
  const at::Tensor loss = (guess - noise).square();
  LatentLoss result;
  result.loss = loss.detach().to(at::kCPU);
  if (with_gradient) {
    const auto part = ProfileScope::part("unet");
    const ProfileScope profile("backward");
    loss.backward(loss.detach());  // The text alone has leaves that want a gradient.
    result.gradient = input.grad().detach()[0].to(at::kCPU, at::kFloat);
    if (vector.defined()) {
      result.vector_gradient = vector.grad().detach()[0].to(at::kCPU, at::kFloat);
    }
  }
  return result;
}

}  // namespace ptravel
