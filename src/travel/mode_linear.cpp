#include "travel/mode_linear.h"

#include <vector>

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr double kNearlyParallel = 0.9995;
constexpr double kOpposite = -0.99999;  // as far as float can tell; the way around is undefined

at::Tensor interpolated(const ContextPair& pair, double alpha, Interpolation interpolation) {
  if (pair.from.equal(pair.to)) {
    return pair.from;  // not rounded on the way
  }
  return interpolation == Interpolation::Slerp ? slerp_rows(pair.from, pair.to, alpha)
                                               : lerp(pair.from, pair.to, alpha);
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

ScheduledConditioning mix_schedules(const ScheduledConditioning& from,
                                    const ScheduledConditioning& to,
                                    double alpha,
                                    const LinearMode& mode) {
  const ImageConditioning one{{{from, 1}}, {}};
  const ImageConditioning other{{{to, 1}}, {}};
  return mix_conditionings(one, other, alpha, mode).parts.at(0).schedule;
}

ImageConditioning mix_conditionings(const ImageConditioning& from,
                                    const ImageConditioning& to,
                                    double alpha,
                                    const LinearMode& mode) {
  if (alpha == 0 || alpha == 1) {
    return alpha == 0 ? from : to;
  }
  const Pairing pairing(from, to, mode.padding);
  std::vector<at::Tensor> contexts;
  contexts.reserve(pairing.pairs().size());
  for (const ContextPair& pair : pairing.pairs()) {
    contexts.push_back(interpolated(pair, alpha, mode.interpolation));
  }
  ImageConditioning mixed;
  mixed.parts = pairing.parts(contexts, alpha);
  if (!from.uncond.entries.empty()) {
    mixed.uncond = mix_schedules(from.uncond, to.uncond, alpha, mode);
  }
  return mixed;
}

}  // namespace ptravel
