#include "travel/mode_linear.h"

#include <algorithm>
#include <set>
#include <vector>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr double kNearlyParallel = 0.9995;
constexpr double kOpposite = -0.99999;  // as far as float can tell; the way around is undefined

at::Tensor interpolated(const at::Tensor& a,
                        const at::Tensor& b,
                        double alpha,
                        const LinearMode& mode) {
  const std::int64_t tokens = std::max(a.size(0), b.size(0));
  const at::Tensor long_a = padded_to(a, tokens, mode);
  const at::Tensor long_b = padded_to(b, tokens, mode);
  return mode.interpolation == Interpolation::Slerp ? slerp_rows(long_a, long_b, alpha)
                                                    : lerp(long_a, long_b, alpha);
}

}  // namespace

at::Tensor lerp(const at::Tensor& a, const at::Tensor& b, double alpha) {
  PTRAVEL_CHECK(a.sizes() == b.sizes());
  if (alpha == 0 || alpha == 1) {
    return alpha == 0 ? a : b;
  }
  return a * (1 - alpha) + b * alpha;
}

at::Tensor slerp_rows(const at::Tensor& a, const at::Tensor& b, double alpha) {
  PTRAVEL_CHECK(a.sizes() == b.sizes());
  if (alpha == 0 || alpha == 1) {
    return alpha == 0 ? a : b;
  }
  const at::Tensor length_a = a.norm(2, {-1}, true);
  const at::Tensor length_b = b.norm(2, {-1}, true);
  const at::Tensor dot = ((a / length_a) * (b / length_b)).sum(-1, true);  // [tokens, 1]
  const at::Tensor omega = at::acos(dot.clamp(-1.0, 1.0));
  const at::Tensor sine = at::sin(omega);
  const at::Tensor mixed =
      (at::sin(omega * (1 - alpha)) / sine) * a + (at::sin(omega * alpha) / sine) * b;
  // A row of zeros has no direction: its dot is NaN, which compares false.
  const at::Tensor usable = (dot <= kNearlyParallel).logical_and(dot > kOpposite);
  return at::where(usable, mixed, lerp(a, b, alpha));
}

at::Tensor padded_to(const at::Tensor& cond, std::int64_t tokens, const LinearMode& mode) {
  const std::int64_t missing = tokens - cond.size(0);
  if (missing <= 0) {
    return cond;
  }
  if (mode.padding == StagePadding::Zero) {
    return at::cat({cond, at::zeros({missing, cond.size(1)}, cond.options())});
  }
  PTRAVEL_CHECK(mode.empty_encoding.defined() && mode.empty_encoding.size(0) > 0);
  const std::int64_t rows = mode.empty_encoding.size(0);
  const at::Tensor filler =
      mode.empty_encoding.to(cond.options()).repeat({(missing + rows - 1) / rows, 1});
  return at::cat({cond, filler.narrow(0, 0, missing)});
}

ScheduledConditioning mix_schedules(const ScheduledConditioning& from,
                                    const ScheduledConditioning& to,
                                    double alpha,
                                    const LinearMode& mode) {
  if (alpha == 0 || alpha == 1) {
    return alpha == 0 ? from : to;
  }
  std::set<int> ends;
  for (const auto* schedule : {&from, &to}) {
    for (const auto& entry : schedule->entries) {
      ends.insert(entry.end_at_step);
    }
  }
  ScheduledConditioning mixed;
  for (const int end : ends) {
    mixed.entries.push_back({end, interpolated(from.at_call(end), to.at_call(end), alpha, mode)});
  }
  return mixed;
}

ImageConditioning mix_conditionings(const ImageConditioning& from,
                                    const ImageConditioning& to,
                                    double alpha,
                                    const LinearMode& mode) {
  if (alpha == 0 || alpha == 1) {
    return alpha == 0 ? from : to;
  }
  ImageConditioning mixed;
  mixed.uncond = mix_schedules(from.uncond, to.uncond, alpha, mode);
  const std::size_t paired = std::min(from.parts.size(), to.parts.size());
  for (std::size_t i = 0; i < paired; ++i) {
    mixed.parts.push_back({mix_schedules(from.parts[i].schedule, to.parts[i].schedule, alpha, mode),
                           (1 - alpha) * from.parts[i].weight + alpha * to.parts[i].weight});
  }
  for (std::size_t i = paired; i < from.parts.size(); ++i) {
    mixed.parts.push_back({from.parts[i].schedule, (1 - alpha) * from.parts[i].weight});
  }
  for (std::size_t i = paired; i < to.parts.size(); ++i) {
    mixed.parts.push_back({to.parts[i].schedule, alpha * to.parts[i].weight});
  }
  return mixed;
}

}  // namespace ptravel
