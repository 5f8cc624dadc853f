#include "model/hypernetwork.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "model/tensor_sources.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

/// The middle of the range that LibTorch's rrelu has outside of training.
constexpr double kRreluSlope = (1.0 / 8 + 1.0 / 3) / 2;

at::Tensor activated(const at::Tensor& x, HypernetworkActivation activation) {
  using Kind = HypernetworkActivation;
  switch (activation) {
    case Kind::None:
      return x;
    case Kind::Relu:
      return at::relu(x);
    case Kind::LeakyRelu:
      return at::leaky_relu(x, 0.01);
    case Kind::Elu:
      return at::elu(x);
    case Kind::Hardswish:
      return at::hardswish(x);
    case Kind::Tanh:
      return at::tanh(x);
    case Kind::Sigmoid:
      return at::sigmoid(x);
    case Kind::Relu6:
      return at::relu6(x);
    case Kind::Hardtanh:
      return at::hardtanh(x);
    case Kind::Hardsigmoid:
      return at::hardsigmoid(x);
    case Kind::Silu:
      return at::silu(x);
    case Kind::Mish:
      return at::mish(x);
    case Kind::Celu:
      return at::celu(x);
    case Kind::Selu:
      return at::selu(x);
    case Kind::Gelu:
      return at::gelu(x);
    case Kind::Hardshrink:
      return at::hardshrink(x);
    case Kind::LogSigmoid:
      return at::log_sigmoid(x);
    case Kind::Softplus:
      return at::softplus(x);
    case Kind::Softshrink:
      return at::softshrink(x);
    case Kind::Softsign:
      return x / (at::abs(x) + 1);
    case Kind::Tanhshrink:
      return x - at::tanh(x);
    case Kind::Rrelu:
      return at::leaky_relu(x, kRreluSlope);
  }
  PTRAVEL_CHECK(false);
}

}  // namespace

Hypernetwork::Hypernetwork(const HypernetworkFile& file, const Compute& compute) {
  const auto source = std::make_shared<FileTensors>(file.tensors);
  const std::string title = "hypernetwork] [" + file.path.filename().string();
  const auto build = [&](std::int64_t width, bool values) {
    const Weights weights(source, HypernetworkFile::prefix(width, values), title);
    Network network;
    for (const HypernetworkLayer& layer : file.layers) {
      const auto side = [&](double share) {
        return static_cast<std::int64_t>(static_cast<double>(width) * share);
      };
      const Weights own = weights.at(file.old_names ? "linear" + std::to_string(layer.index + 1)
                                                    : "linear." + std::to_string(layer.index));
      switch (layer.kind) {
        case HypernetworkLayer::Kind::Linear:
          network.emplace_back(Linear(own, side(layer.in_share), side(layer.out_share), compute));
          break;
        case HypernetworkLayer::Kind::Norm:
          network.emplace_back(LayerNorm(own, side(layer.out_share), compute));
          break;
        case HypernetworkLayer::Kind::Activation:
          network.emplace_back(file.activation);
          break;
      }
    }
    weights.finish();
    return network;
  };
  for (const std::int64_t width : file.widths) {
    networks_.emplace(width, Pair{build(width, false), build(width, true)});
  }
}

at::Tensor Hypernetwork::run(const Network& network, const at::Tensor& x) {
  at::Tensor result = x;
  for (const Step& step : network) {
    if (const auto* const linear = std::get_if<Linear>(&step)) {
      result = (*linear)(result);
    } else if (const auto* const norm = std::get_if<LayerNorm>(&step)) {
      result = (*norm)(result);
    } else {
      result = activated(result, std::get<HypernetworkActivation>(step));
    }
  }
  return result;
}

at::Tensor Hypernetwork::for_keys(const at::Tensor& context) const {
  return run(networks_.at(context.size(-1)).keys, context);
}

at::Tensor Hypernetwork::for_values(const at::Tensor& context) const {
  return run(networks_.at(context.size(-1)).values, context);
}

AttendedContext attended(const at::Tensor& context, const std::vector<HypernetworkUse>& networks) {
  AttendedContext result(context);
  for (const HypernetworkUse& use : networks) {
    if (use.strength != 0 && use.network->acts_on(context.size(-1))) {
      result.keys = result.keys + use.network->for_keys(result.keys) * use.strength;
      result.values = result.values + use.network->for_values(result.values) * use.strength;
    }
  }
  return result;
}

bool act_on(const std::vector<HypernetworkUse>& networks, std::int64_t width) {
  return std::ranges::any_of(networks, [width](const HypernetworkUse& use) {
    return use.strength != 0 && use.network->acts_on(width);
  });
}

}  // namespace ptravel
