#include "parameters.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "ptravel/error.h"

namespace ptravel::train {
namespace {

/// Layers that end a residual branch, by LDM names.
constexpr std::string_view kZeroAtFirst[] = {"out_layers.3.weight", "proj_out.weight",
                                             "diffusion_model.out.2.weight", "conv2.weight"};

/// The logarithm of the latents' variance at first: a standard deviation of 0.05. With one of 1 the
/// noise would hide the picture from the decoder for the first thousand steps.
constexpr double kFirstLogVariance = -6;

bool begins_at_zero(std::string_view name) {
  return std::any_of(std::begin(kZeroAtFirst), std::end(kZeroAtFirst),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

[[noreturn]] void refuse_state(const std::string& problem) {
  throw Error(ErrorCode::Corrupt, "[training state] " + problem);
}

struct AdamStep {
  float rate, beta1, beta2, root_correction, eps, clip, decay, ema;
};

/// All of AdamW and the average in one pass over memory.
void adam_on_cpu(float* weight,
                 const float* grad,
                 float* mean,
                 float* square,
                 float* ema,
                 std::int64_t count,
                 const AdamStep& step) {
  at::parallel_for(0, count, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float g = grad[i] * step.clip;
      mean[i] += (g - mean[i]) * (1 - step.beta1);
      square[i] += (g * g - square[i]) * (1 - step.beta2);
      const float change = mean[i] / (std::sqrt(square[i]) * step.root_correction + step.eps);
      weight[i] = weight[i] * step.decay - step.rate * change;
      ema[i] += (weight[i] - ema[i]) * (1 - step.ema);
    }
  });
}

}  // namespace

std::vector<std::string> Parameters::names() const { return order_; }

bool Parameters::contains(std::string_view name) const { return entries_.contains(name); }

std::vector<std::int64_t> Parameters::shape(std::string_view name) const {
  return tensor(name).sizes().vec();
}

at::Tensor Parameters::tensor(std::string_view name) const {
  const auto found = entries_.find(name);
  PTRAVEL_CHECK(found != entries_.end());
  return found->second.master;
}

std::optional<at::Tensor> Parameters::make(std::string_view name,
                                           at::IntArrayRef shape,
                                           const Compute& compute) const {
  PTRAVEL_CHECK(!master_.defined());
  at::Tensor first = *initial_.make(name, shape, {});
  if (begins_at_zero(name)) {
    first.zero_();
  }
  if (name.ends_with(".quant_conv.bias")) {
    first.narrow(0, first.size(0) / 2, first.size(0) / 2).fill_(kFirstLogVariance);
  }
  at::Tensor leaf = first.to(compute.device, compute.dtype, false, true);
  if (leaf.dim() == 4 && leaf.size(2) > 1) {
    leaf = leaf.contiguous(at::MemoryFormat::ChannelsLast);
  }
  leaf.requires_grad_();
  const bool is_new = entries_.emplace(std::string(name), Entry{leaf, first, {}}).second;
  PTRAVEL_CHECK(is_new);
  order_.emplace_back(name);
  return leaf;
}

void Parameters::gather(at::Device device) {
  at::NoGradGuard no_gradients;
  std::stable_sort(order_.begin(), order_.end(), [&](const auto& a, const auto& b) {
    return entries_.at(a).leaf.dim() > 1 && entries_.at(b).leaf.dim() <= 1;
  });
  std::vector<at::Tensor> parts;
  for (const std::string& name : order_) {
    const Entry& entry = entries_.at(name);
    parts.push_back(entry.master.reshape({-1}).to(device));
    decayed_ += entry.leaf.dim() > 1 ? entry.leaf.numel() : 0;
  }
  master_ = at::cat(parts);
  grad_ = at::zeros_like(master_);
  mean_ = at::zeros_like(master_);
  square_ = at::zeros_like(master_);
  ema_ = master_.clone();
  std::int64_t offset = 0;
  for (const std::string& name : order_) {
    Entry& entry = entries_.at(name);
    const std::int64_t size = entry.leaf.numel();
    entry.master = master_.narrow(0, offset, size).view(entry.leaf.sizes());
    entry.grad = grad_.narrow(0, offset, size).view(entry.leaf.sizes());
    offset += size;
  }
}

void Parameters::assign(const std::map<std::string, at::Tensor>& weights) {
  at::NoGradGuard no_gradients;
  for (auto& [name, entry] : entries_) {
    if (const auto found = weights.find(name); found != weights.end()) {
      entry.master.copy_(found->second);
    }
  }
  ema_.copy_(master_);
  spread();
}

void Parameters::collect_gradients() {
  for (auto& [name, entry] : entries_) {
    at::Tensor& grad = entry.leaf.mutable_grad();
    if (grad.defined()) {
      entry.grad.copy_(grad);
      grad.reset();
    } else {
      entry.grad.zero_();
    }
  }
}

void Parameters::spread() const {
  for (const auto& [name, entry] : entries_) {
    entry.leaf.detach().copy_(entry.master);
  }
}

double Parameters::step(double learning_rate, const OptimizerOptions& options) {
  at::NoGradGuard no_gradients;
  collect_gradients();
  const double norm = grad_.norm().item<double>();
  if (!std::isfinite(norm)) {
    return norm;
  }
  const auto n = static_cast<double>(++steps_);
  const double correction1 = 1 - std::pow(options.beta1, n);
  const double correction2 = 1 - std::pow(options.beta2, n);
  const double clip = norm > options.max_norm ? options.max_norm / norm : 1.0;
  const double rate = learning_rate / correction1;
  const double root_correction = 1 / std::sqrt(correction2);
  const double decay = 1 - learning_rate * options.weight_decay;
  const double ema = std::min(options.ema_decay, (1 + n) / (10 + n));
  if (master_.is_cpu()) {
    AdamStep step{static_cast<float>(rate),          static_cast<float>(options.beta1),
                  static_cast<float>(options.beta2), static_cast<float>(root_correction),
                  static_cast<float>(options.eps),   static_cast<float>(clip),
                  static_cast<float>(decay),         static_cast<float>(ema)};
    const auto run = [&](std::int64_t first, std::int64_t count) {
      adam_on_cpu(master_.data_ptr<float>() + first, grad_.data_ptr<float>() + first,
                  mean_.data_ptr<float>() + first, square_.data_ptr<float>() + first,
                  ema_.data_ptr<float>() + first, count, step);
    };
    run(0, decayed_);
    step.decay = 1;
    run(decayed_, count() - decayed_);
  } else {
    grad_.mul_(clip);
    mean_.lerp_(grad_, 1 - options.beta1);
    square_.mul_(options.beta2).addcmul_(grad_, grad_, 1 - options.beta2);
    const at::Tensor scale = square_.sqrt().mul_(root_correction).add_(options.eps);
    master_.narrow(0, 0, decayed_).mul_(decay);
    master_.addcdiv_(mean_, scale, -rate);
    ema_.lerp_(master_, 1 - ema);
  }
  spread();
  return norm;
}

std::map<std::string, at::Tensor> Parameters::state() const {
  return {{"weights", master_.cpu()},
          {"mean", mean_.cpu()},
          {"square", square_.cpu()},
          {"ema", ema_.cpu()},
          {"steps", at::full({1}, steps_, at::kLong)}};
}

void Parameters::restore(const std::map<std::string, at::Tensor>& state) {
  at::NoGradGuard no_gradients;
  for (const auto& [name, target] : std::map<std::string, at::Tensor>{
           {"weights", master_}, {"mean", mean_}, {"square", square_}, {"ema", ema_}}) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != target.sizes()) {
      refuse_state(name + " is missing or belongs to networks of another size");
    }
    target.copy_(found->second);
  }
  const auto steps = state.find("steps");
  if (steps == state.end() || steps->second.numel() != 1) {
    refuse_state("the number of steps is missing");
  }
  steps_ = steps->second.item<std::int64_t>();
  spread();
}

std::map<std::string, at::Tensor> Parameters::averaged() const {
  std::map<std::string, at::Tensor> result;
  const at::Tensor ema = ema_.cpu();
  std::int64_t offset = 0;
  for (const std::string& name : order_) {
    const at::Tensor& leaf = entries_.at(name).leaf;
    result.emplace(name, ema.narrow(0, offset, leaf.numel()).view(leaf.sizes()));
    offset += leaf.numel();
  }
  return result;
}

}  // namespace ptravel::train
