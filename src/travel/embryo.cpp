#include "travel/embryo.h"

#include <string>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "ptravel/sampling.h"
#include "request/compat.h"
#include "request/frame_settings.h"
#include "travel/settings.h"

namespace ptravel {
namespace {

at::Tensor repeated(const at::Tensor& one, std::int64_t rows) {
  return one.defined() ? one.repeat({rows, 1, 1, 1}) : one;
}

int shared_calls(const TravelRequest& request, bool input_only) {
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  const int calls = embryo_steps(request) * calls_per_step(sampler) + sampler.extra_first_calls;
  // The web UI's step counter lags one behind the model calls.
  return input_only ? calls + 1 : calls;
}

}  // namespace

Embryo::Embryo(const TravelRequest& request)
    : input_only_(compat_quirks(request).embryo_shares_input),
      calls_(shared_calls(request, input_only_)) {}

GuidanceHooks Embryo::recorder() {
  GuidanceHooks hooks;
  hooks.on_call = [this](int call, const at::Tensor& x, double, const GuidedEps& result) {
    if (call == calls_ && input_only_) {
      input_ = x.clone();
    }
    if (call < calls_ && !input_only_) {
      results_.push_back(result.clone());
    }
  };
  return hooks;
}

GuidanceHooks Embryo::player() const {
  const bool complete =
      input_only_ ? input_.defined() : results_.size() == static_cast<std::size_t>(calls_);
  if (!complete) {
    throw Error(ErrorCode::InvalidArgument,
                "[embryo_step] the sampler was done before call " + std::to_string(calls_) +
                    " of the network, expected fewer steps or another sampler");
  }
  GuidanceHooks hooks;
  if (input_only_) {
    hooks.replace_input = [this](int call, const at::Tensor& x) {
      return call == calls_ ? repeated(input_, x.size(0)) : x;
    };
    return hooks;
  }
  hooks.replay = [this](int call, const at::Tensor& x) -> std::optional<GuidedEps> {
    const auto index = static_cast<std::size_t>(call);
    if (index >= results_.size()) {
      return std::nullopt;
    }
    const GuidedEps& result = results_[index];
    return GuidedEps{repeated(result.guided, x.size(0)), repeated(result.uncond, x.size(0)),
                     repeated(result.momentum, x.size(0))};
  };
  return hooks;
}

}  // namespace ptravel
