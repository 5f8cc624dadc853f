#include "diffusion/denoiser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Conditionings = std::vector<SharedConditioning>;

at::Tensor call_network(const Network& network,
                        const at::Tensor& x,
                        double t,
                        const Conditionings& conditionings) {
  PTRAVEL_CHECK(x.size(0) == static_cast<std::int64_t>(conditionings.size()));
  std::vector<NetworkRow> rows;
  for (std::size_t i = 0; i < conditionings.size(); ++i) {
    rows.push_back({x[static_cast<std::int64_t>(i)], t, conditionings[i]});
  }
  return network(rows).to(x.scalar_type());
}

}  // namespace

at::Tensor predicted_noise(const at::Tensor& output,
                           Prediction prediction,
                           const at::Tensor& x,
                           double abar) {
  return prediction == Prediction::Eps ? output
                                       : output * std::sqrt(abar) + x * std::sqrt(1 - abar);
}

Network make_edm_network(Network network,
                         Prediction prediction,
                         double sigma_min,
                         double sigma_max) {
  return [network = std::move(network), prediction, sigma_min,
          sigma_max](const std::vector<NetworkRow>& rows) {
    std::vector<NetworkRow> told = rows;
    for (NetworkRow& row : told) {
      row.time = even_log_sigma(row.time, sigma_min, sigma_max) / 4;
    }
    const at::Tensor output = network(told);
    return prediction == Prediction::Eps ? -output : output;
  };
}

ConditionedModel make_denoiser(Network network, Prediction prediction, const SigmaTable& table) {
  return [network = std::move(network), prediction, table](const at::Tensor& x, double sigma,
                                                           const Conditionings& conditionings) {
    const double squared = sigma * sigma + 1;
    const double c_in = 1 / std::sqrt(squared);
    const at::Tensor output =
        call_network(network, x * c_in, table.sigma_to_t(sigma), conditionings);
    if (prediction == Prediction::Eps) {
      return x - output * sigma;
    }
    return x * (1 / squared) - output * (sigma * c_in);
  };
}

ConditionedModel make_lcm_denoiser(Network network,
                                   Prediction prediction,
                                   const SigmaTable& table) {
  if (prediction != Prediction::Eps) {
    throw Error(ErrorCode::Unsupported, "[lcm] model: expected an eps model, got a v model");
  }
  return [network = std::move(network), table](const at::Tensor& x, double sigma,
                                               const Conditionings& conditionings) {
    constexpr auto kSkip = static_cast<double>(kTrainingTimesteps / kDistilledTimesteps);
    constexpr double kDataVariance = 0.25;
    const double t = static_cast<double>(table.nearest_t(sigma)) * kSkip + (kSkip - 1);
    const double c_in = 1 / std::sqrt(sigma * sigma + 1);
    const at::Tensor eps = call_network(network, x * c_in, t, conditionings);
    const double scaled_t = 10 * t;
    const double squared = scaled_t * scaled_t + kDataVariance;
    return (x - eps * sigma) * (scaled_t / std::sqrt(squared)) + x * (kDataVariance / squared);
  };
}

ConditionedModel make_eps_model(Network network, Prediction prediction, const SigmaTable& table) {
  return [network = std::move(network), prediction, table](const at::Tensor& x, double t,
                                                           const Conditionings& conditionings) {
    const at::Tensor output = call_network(network, x, t, conditionings);
    const auto index = std::clamp<std::int64_t>(static_cast<std::int64_t>(t), 0, table.size() - 1);
    return predicted_noise(output, prediction, x, table.alphas_cumprod()[index]);
  };
}

}  // namespace ptravel
