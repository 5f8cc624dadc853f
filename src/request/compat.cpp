#include "request/compat.h"

namespace ptravel {
namespace {

CompatQuirks first_version() {
  CompatQuirks quirks;
  quirks.in_betweens_by_tokens = true;
  quirks.chains_hang_on_stages = true;
  quirks.subseed_minus_one = true;
  quirks.whole_negative_prompt = true;
  quirks.negative_between = NegativeBetween::OfStageLeft;
  quirks.multipliers_stay = true;
  quirks.counts_what_is_left = true;
  quirks.replace_way_is_alpha = true;
  quirks.shuffles_each_step = true;
  quirks.long_order_names = true;
  quirks.log_lacks_end_tokens = true;
  quirks.replaces_encodings = false;
  quirks.has_embryo = false;
  return quirks;
}

CompatQuirks newest_version() {
  CompatQuirks quirks;
  quirks.last_step_is_stage = true;
  quirks.chains_skip_stages = true;
  quirks.embryo_pairs_have_one_more = true;
  quirks.negative_between = NegativeBetween::OfStageAhead;
  quirks.embryo_negative_ahead = true;
  quirks.embryo_shares_input = true;
  quirks.units_are_shifted = true;
  quirks.same_count_each_step = true;
  quirks.replace_way_is_alpha = true;
  quirks.has_grad = false;
  quirks.replaces_prompts = false;
  quirks.embryo_goes_with_replace = false;
  quirks.embryo_takes_many_stages = false;
  return quirks;
}

}  // namespace

const CompatQuirks& compat_quirks(Compat compat) {
  static const CompatQuirks none;
  static const CompatQuirks first = first_version();
  static const CompatQuirks newest = newest_version();
  switch (compat) {
    case Compat::First:
      return first;
    case Compat::Newest:
      return newest;
    case Compat::None:
      break;
  }
  return none;
}

}  // namespace ptravel
