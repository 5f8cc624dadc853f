#include "travel/mode_linear.h"

#include <vector>

namespace ptravel {
namespace {

TextEncoding mixed(const EncodingPair& texts, double alpha, const LinearMode& mode) {
  switch (mode.interpolation) {
    case Interpolation::Slerp:
      return slerp(texts.from, texts.to, alpha);
    case Interpolation::SlerpUncond: {
      const TextEncoding& empty = mode.pairing.padding.empty_prompt;
      return slerp_around(padded_with(empty, empty, texts.from.length()), texts, alpha);
    }
    case Interpolation::Lerp:
      break;
  }
  return lerp(texts.from, texts.to, alpha);
}

SharedConditioning interpolated(const ConditioningPair& pair,
                                double alpha,
                                const LinearMode& mode) {
  if (same_text(pair.from, pair.to)) {
    return pair.from;  // not rounded on the way, and still itself
  }
  return with_text(pair.from, mixed(pair.texts(), alpha, mode));
}

}  // namespace

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
  const Pairing pairing(from, to, mode.pairing);
  std::vector<SharedConditioning> between;
  between.reserve(pairing.pairs().size());
  for (const ConditioningPair& pair : pairing.pairs()) {
    between.push_back(interpolated(pair, alpha, mode));
  }
  ImageConditioning mixed;
  mixed.parts = pairing.parts(between, alpha);
  if (!from.uncond.entries.empty()) {
    mixed.uncond = mix_schedules(from.uncond, to.uncond, alpha, mode);
  }
  return mixed;
}

}  // namespace ptravel
