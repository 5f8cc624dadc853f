// DPM-Solver-fast and DPM-Solver-12/23 with adaptive step sizes: Lu et al., "DPM-Solver: a fast ODE
// solver for diffusion probabilistic model sampling", 2022, with noise as k-diffusion adds it.
#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "diffusion/ancestral.h"
#include "diffusion/samplers.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

double to_sigma(double t) { return std::exp(-t); }
double to_t(double sigma) { return -std::log(sigma); }

// One step in t = -ln sigma from (x, t). Evaluations are kept, so that steps of several orders
// from the same place share them.
class SolverStep {
 public:
  SolverStep(const Denoiser& denoiser, at::Tensor x, double t)
      : denoiser_(denoiser), x_(std::move(x)), t_(t), eps_(eps(x_, t)) {}

  at::Tensor denoised() const { return x_ - eps_ * to_sigma(t_); }

  at::Tensor first_order(double t_next) const {
    return x_ - eps_ * (to_sigma(t_next) * std::expm1(t_next - t_));
  }

  // `r`: where in the step the second evaluation lies, 1/2 or 1/3.
  at::Tensor second_order(double t_next, double r) {
    const at::Tensor& eps_r = eps_at(t_next, r);
    const double factor = to_sigma(t_next) * std::expm1(t_next - t_);
    return x_ - eps_ * factor - (eps_r - eps_) * (factor / (2 * r));
  }

  at::Tensor third_order(double t_next) {
    constexpr double r1 = 1.0 / 3;
    constexpr double r2 = 2.0 / 3;
    const at::Tensor& eps_r1 = eps_at(t_next, r1);
    const double h = t_next - t_;
    const double t_2 = t_ + r2 * h;
    const double growth_2 = std::expm1(r2 * h);
    const at::Tensor u_2 = x_ - eps_ * (to_sigma(t_2) * growth_2) -
                           (eps_r1 - eps_) * (to_sigma(t_2) * (r2 / r1) * excess(r2 * h));
    const at::Tensor eps_r2 = eps(u_2, t_2);
    return x_ - eps_ * (to_sigma(t_next) * std::expm1(h)) -
           (eps_r2 - eps_) * (to_sigma(t_next) / r2 * excess(h));
  }

 private:
  // (e^h - 1) / h - 1, which tends to 0 with h.
  static double excess(double h) { return h == 0 ? 0 : std::expm1(h) / h - 1; }

  at::Tensor eps(const at::Tensor& x, double t) const {
    const double sigma = to_sigma(t);
    return (x - denoiser_(x, sigma)) / sigma;
  }

  const at::Tensor& eps_at(double t_next, double r) {
    if (!eps_r_.defined()) {
      const double h = t_next - t_;
      const double t_r = t_ + r * h;
      eps_r_ = eps(x_ - eps_ * (to_sigma(t_r) * std::expm1(r * h)), t_r);
    }
    return eps_r_;
  }

  const Denoiser& denoiser_;
  at::Tensor x_;
  double t_;
  at::Tensor eps_;
  at::Tensor eps_r_;
};

SigmaRange covered_range(const Sigmas& sigmas, const SamplerRun& run) {
  if (run.range.has_value()) {
    return *run.range;
  }
  SigmaRange range{sigmas.front(), sigmas.front(), static_cast<int>(sigmas.size()) - 1};
  for (const double sigma : sigmas) {
    range.min = sigma > 0 ? std::min(range.min, sigma) : range.min;
  }
  return range;
}

// A step with noise goes to `t_down` and comes back to t_next by noise of size `up`.
struct NoisyStep {
  double t_down;
  double up;
};

NoisyStep split_step(double t, double t_next, double t_end, double eta) {
  if (eta == 0) {
    return {t_next, 0};
  }
  const AncestralSplit split = ancestral_split(to_sigma(t), to_sigma(t_next), eta);
  const double t_down = std::min(t_end, to_t(split.down));
  const double variance = std::pow(to_sigma(t_next), 2) - std::pow(to_sigma(t_down), 2);
  return {t_down, std::sqrt(std::max(variance, 0.0))};
}

}  // namespace

at::Tensor sample_dpm_fast(const Denoiser& denoiser,
                           at::Tensor x,
                           const Sigmas& sigmas,
                           const SamplerRun& run) {
  const double eta = run.options.eta.value_or(1);
  const SigmaRange range = covered_range(sigmas, run);
  PTRAVEL_CHECK(range.num_steps >= 1);
  const double t_start = to_t(range.max);
  const double t_end = to_t(range.min);
  const int num_steps = range.num_steps / 3 + 1;
  for (int i = 0; i < num_steps; ++i) {
    const double t = t_start + (t_end - t_start) * i / num_steps;
    const double t_next =
        i + 1 == num_steps ? t_end : t_start + (t_end - t_start) * (i + 1) / num_steps;
    // Third order while evaluations last; the last one or two steps use up the rest.
    const int rest = range.num_steps % 3;
    const int steps_left = num_steps - i;
    const int order = rest == 0 ? (steps_left > 2 ? 3 : steps_left) : (steps_left > 1 ? 3 : rest);
    const auto [t_down, up] = split_step(t, t_next, t_end, eta);
    SolverStep step(denoiser, x, t);
    run.report({i, x, step.denoised(), to_sigma(t)});
    x = order == 1   ? step.first_order(t_down)
        : order == 2 ? step.second_order(t_down, 0.5)
                     : step.third_order(t_down);
    x = x + run.noise.next(x) * run.options.s_noise * up;
  }
  return x;
}

namespace {

// Root mean square of the difference in units of the tolerance, summed in a fixed order.
double scaled_error(const at::Tensor& low, const at::Tensor& high, const at::Tensor& previous) {
  constexpr double kAbsolute = 0.0078;
  constexpr double kRelative = 0.05;
  const at::Tensor delta =
      (at::maximum(low.abs(), previous.abs()) * kRelative).clamp_min(kAbsolute);
  const at::Tensor scaled = ((low - high) / delta).to(at::kCPU, at::kDouble).contiguous();
  const double* values = scaled.data_ptr<double>();
  double sum = 0;
  for (std::int64_t i = 0; i < scaled.numel(); ++i) {
    sum += values[i] * values[i];
  }
  return std::sqrt(sum / static_cast<double>(scaled.numel()));
}

// The step size controller: an integral controller on the inverse error.
class StepSize {
 public:
  explicit StepSize(double order) : order_(order) {}

  double h() const { return h_; }

  // Says whether the attempt with this error is accepted and sets the next size.
  bool propose(double error) {
    constexpr double kAcceptSafety = 0.81;
    const double inverse_error = 1 / (error + 1e-8);
    const double factor = 1 + std::atan(std::pow(inverse_error, 1 / order_) - 1);
    h_ *= factor;
    return factor >= kAcceptSafety;
  }

 private:
  double h_ = 0.05;
  double order_;
};

void check_adaptive_input(const at::Tensor& x, int order) {
  PTRAVEL_CHECK(x.size(0) == 1);
  if (order != 2 && order != 3) {
    throw Error(ErrorCode::InvalidArgument,
                "[dpm_adaptive] order: expected 2 or 3, got " + std::to_string(order));
  }
}

}  // namespace

at::Tensor sample_dpm_adaptive(const Denoiser& denoiser,
                               at::Tensor x,
                               const Sigmas& sigmas,
                               const SamplerRun& run) {
  const double eta = run.options.eta.value_or(1);
  const int order = run.options.adaptive_order;
  check_adaptive_input(x, order);
  const SigmaRange range = covered_range(sigmas, run);
  const double t_end = to_t(range.min);
  double t = to_t(range.max);
  at::Tensor x_previous = x;
  StepSize size(eta == 0 ? order : 1.5);
  for (int i = 0; t < t_end - 1e-5; ++i) {
    const double t_next = std::min(t_end, t + size.h());
    const auto [t_down, up] = split_step(t, t_next, t_end, eta);
    SolverStep step(denoiser, x, t);
    const at::Tensor denoised = step.denoised();
    const at::Tensor low =
        order == 2 ? step.first_order(t_down) : step.second_order(t_down, 1.0 / 3);
    const at::Tensor high = order == 2 ? step.second_order(t_down, 0.5) : step.third_order(t_down);
    const double error = scaled_error(low, high, x_previous);
    if (!std::isfinite(error)) {
      throw Error(ErrorCode::InvalidArgument,
                  "[dpm_adaptive] latents: expected finite numbers, got NaN or infinity");
    }
    const double sigma = to_sigma(t);
    if (size.propose(error)) {
      x_previous = low;
      x = high + run.noise.next(x) * run.options.s_noise * up;
      t = t_next;
    }
    const AdaptiveAttempt attempt{t, size.h(), error};
    run.report({i, x, denoised, sigma, &attempt});
  }
  return x;
}

}  // namespace ptravel
