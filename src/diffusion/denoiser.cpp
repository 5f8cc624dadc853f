#include "diffusion/denoiser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

at::Tensor call_network(const Network& network,
                        const at::Tensor& x,
                        double t,
                        const at::Tensor& context) {
  return network(x, at::full({x.size(0)}, t, x.options()), context);
}

}  // namespace

ConditionedModel make_denoiser(Network network, NetworkOutput output, const SigmaTable& table) {
  return [network = std::move(network), output, table](const at::Tensor& x, double sigma,
                                                       const at::Tensor& context) -> at::Tensor {
    const double squared = sigma * sigma + 1;
    const double c_in = 1 / std::sqrt(squared);
    const at::Tensor prediction =
        call_network(network, x * c_in, table.sigma_to_t(sigma), context).to(x.scalar_type());
    if (output == NetworkOutput::Eps) {
      return x - prediction * sigma;
    }
    return x * (1 / squared) - prediction * (sigma * c_in);
  };
}

ConditionedModel make_lcm_denoiser(Network network, NetworkOutput output, const SigmaTable& table) {
  if (output != NetworkOutput::Eps) {
    throw Error(ErrorCode::Unsupported, "[lcm] model: expected an eps model, got a v model");
  }
  return [network = std::move(network), table](const at::Tensor& x, double sigma,
                                               const at::Tensor& context) -> at::Tensor {
    constexpr double kSkip = 20;
    constexpr double kDataVariance = 0.25;
    const double t = static_cast<double>(table.nearest_t(sigma)) * kSkip + (kSkip - 1);
    const double c_in = 1 / std::sqrt(sigma * sigma + 1);
    const at::Tensor eps = call_network(network, x * c_in, t, context).to(x.scalar_type());
    const double scaled_t = 10 * t;
    const double squared = scaled_t * scaled_t + kDataVariance;
    return (x - eps * sigma) * (scaled_t / std::sqrt(squared)) + x * (kDataVariance / squared);
  };
}

ConditionedModel make_eps_model(Network network, NetworkOutput output, const SigmaTable& table) {
  return [network = std::move(network), output, table](const at::Tensor& x, double t,
                                                       const at::Tensor& context) -> at::Tensor {
    at::Tensor prediction = call_network(network, x, t, context).to(x.scalar_type());
    if (output == NetworkOutput::Eps) {
      return prediction;
    }
    const auto index = std::clamp<std::int64_t>(static_cast<std::int64_t>(t), 0, table.size() - 1);
    const double abar = table.alphas_cumprod()[index];
    return prediction * std::sqrt(abar) + x * std::sqrt(1 - abar);
  };
}

}  // namespace ptravel
