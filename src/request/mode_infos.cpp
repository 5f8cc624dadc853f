#include "request/mode_infos.h"

#include "ptravel/error.h"

namespace ptravel {
namespace {

bool never(const TravelRequest&) { return false; }
bool always(const TravelRequest&) { return true; }

bool orders_by_gradient(const TravelRequest& request) {
  return request.replace_dim == ReplaceDim::Prompt &&
         (request.replace_order == ReplaceOrder::GradMin ||
          request.replace_order == ReplaceOrder::GradMax);
}

constexpr std::string_view kLinearOptions[] = {"interpolation"};
constexpr std::string_view kReplaceOptions[] = {"replace_dim", "replace_order", "grad_w_latent",
                                                "grad_w_cond"};
constexpr std::string_view kGradOptions[] = {"grad_method",   "grad_alpha",  "grad_iter",
                                             "grad_w_latent", "grad_w_cond", "grad_tolerance"};

constexpr ModeInfo kModes[] = {
    {TravelMode::Linear, never, never, false, [](const TravelRequest&) { return 0; },
     kLinearOptions},
    {TravelMode::Replace, orders_by_gradient, swaps_prompt_tokens, false,
     [](const TravelRequest& request) { return orders_by_gradient(request) ? 1 : 0; },
     kReplaceOptions},
    {TravelMode::Grad, always, always, true,
     [](const TravelRequest& request) { return request.grad_iter; }, kGradOptions}};

}  // namespace

std::span<const ModeInfo> mode_infos() { return kModes; }

const ModeInfo& mode_info(TravelMode mode) {
  for (const ModeInfo& info : kModes) {
    if (info.mode == mode) {
      return info;
    }
  }
  throw Error(ErrorCode::Internal, "[mode] is not in the table of modes");
}

bool swaps_prompt_tokens(const TravelRequest& request) {
  return request.mode == TravelMode::Replace && request.replace_dim == ReplaceDim::Prompt;
}

}  // namespace ptravel
