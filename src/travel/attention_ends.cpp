#include "travel/attention_ends.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ptravel/error.h"
#include "ptravel/sampling.h"
#include "request/frame_settings.h"

namespace ptravel {
namespace {

const ScheduledConditioning& only_schedule(const ImageConditioning& image) {
  if (image.parts.size() != 1) {
    throw Error(ErrorCode::InvalidArgument,
                "[attention_interpolation] a prompt with " + std::to_string(image.parts.size()) +
                    " parts: expected none with AND, or attention interpolation off");
  }
  return image.parts.front().schedule;
}

}  // namespace

AttentionEnds::AttentionEnds(const ImageConditioning& from,
                             const ImageConditioning& to,
                             const Rules& rules)
    : rules_(rules), from_(own(from)), to_(own(to)) {
  PTRAVEL_CHECK(rules_.calls >= 1);
}

ImageConditioning AttentionEnds::own(const ImageConditioning& stage) const {
  ImageConditioning image = stage;
  only_schedule(stage);
  for (ScheduledConditioning::Entry& entry : image.parts.front().schedule.entries) {
    entry.conditioning = with_attention(entry.conditioning, std::nullopt);
  }
  image.calls = rules_.calls;
  return image;
}

ImageConditioning AttentionEnds::between(const ImageConditioning& picture, double share) const {
  const ScheduledConditioning& schedule = only_schedule(picture);
  const ScheduledConditioning& from = only_schedule(from_);
  const ScheduledConditioning& to = only_schedule(to_);
  ScheduledConditioning mixed;
  SharedConditioning last_own;
  for (int call = 0; call < rules_.calls; ++call) {
    const SharedConditioning& own = schedule.at_call(call);
    AttentionMix mix{rules_.blend, from.at_call(call), to.at_call(call), {}, {}};
    if (!mixed.entries.empty()) {
      const AttentionMix& before = *mixed.entries.back().conditioning->attention;
      if (own == last_own && before.from == mix.from && before.to == mix.to) {
        mixed.entries.back().end_at_step = call;
        continue;
      }
    }
    const std::int64_t length = std::max(mix.from->text.length(), mix.to->text.length());
    mix.blend.share = share;
    mix.from_text = padded_to(mix.from, length, rules_.padding);
    mix.to_text = padded_to(mix.to, length, rules_.padding);
    mixed.entries.push_back({call, with_attention(own, std::move(mix))});
    last_own = own;
  }
  for (const ScheduledConditioning::Entry& entry : schedule.entries) {
    if (entry.end_at_step >= rules_.calls) {
      mixed.entries.push_back(entry);
    }
  }
  // Calls beyond the plan have the first entry, which attends to nobody by then.
  mixed.entries.push_back({std::numeric_limits<int>::max(), schedule.entries.front().conditioning});
  ImageConditioning result = picture;
  result.parts.front().schedule = std::move(mixed);
  return result;
}

AttentionBlend attention_blend(AttentionInterpolation interpolation) {
  AttentionBlend blend;
  blend.inner = interpolation == AttentionInterpolation::Inner ||
                interpolation == AttentionInterpolation::FusedInner;
  blend.fused = interpolation == AttentionInterpolation::FusedInner ||
                interpolation == AttentionInterpolation::FusedOuter;
  return blend;
}

int attention_calls(const TravelRequest& request) {
  if (request.attention_interpolation == AttentionInterpolation::Off) {
    return 0;
  }
  const SamplerInfo& sampler =
      find_sampler(resolve_sampler(request.sampler, request.scheduler).sampler);
  const int run = reported_steps(sampling_settings(request), !request.init_image.empty());
  const int steps = static_cast<int>(request.attention_share * run);
  return steps == 0 ? 0 : steps * calls_per_step(sampler) + sampler.extra_first_calls;
}

}  // namespace ptravel
