#pragma once

#include "ptravel/request.h"

namespace ptravel {

/// The negative side of an in-between.
enum class NegativeBetween { Mixed, OfStageLeft, OfStageAhead };

/// What the original's versions did otherwise, each by its name: code asks for a quirk, never for a
/// version. compat.cpp is the one place that knows which version had which.
struct CompatQuirks {
  // Frames and places.
  bool last_step_is_stage = false;  ///< In-between t of s stands at t / s, and s is the next stage.
  bool chains_skip_stages = false;  ///< A chain (genesis successive) does not draw the stages.
  bool embryo_pairs_have_one_more = false;  ///< s + 1 in-betweens in an embryo's pair.
  bool in_betweens_by_tokens = false;       ///< In replace the tokens that differ decide how many.
  bool chains_hang_on_stages = false;  ///< A gap's frames all start from the last one before it.

  // What frames are drawn with.
  bool subseed_minus_one = false;      ///< -1 is a variation seed like any other.
  bool whole_negative_prompt = false;  ///< Replace and grad take all its lines as one text.
  NegativeBetween negative_between = NegativeBetween::Mixed;  ///< In replace and grad.
  bool embryo_negative_ahead = false;  ///< Linear in an embryo's pair has the next stage's.
  bool embryo_shares_input = false;    ///< All calls are made; one call's input is replaced.

  // How replace swaps.
  bool multipliers_stay = false;      ///< Weights stay at their places when tokens are swapped.
  bool units_are_shifted = false;     ///< "token" swaps columns, "channel" single values.
  bool same_count_each_step = false;  ///< A step swaps the same part of all that differs.
  bool counts_what_is_left = false;   ///< A step swaps a part of what still differs.
  bool replace_way_is_alpha = false;  ///< What is mixed goes by alpha, not by the share swapped.
  bool shuffles_each_step = false;    ///< Order random is drawn anew in every step.
  bool long_order_names = false;      ///< The log says most_similar, most_different.
  bool log_lacks_end_tokens = false;  ///< The log's words are ordered without end tokens.

  // What a version lacked.
  bool has_grad = true;
  bool replaces_prompts = true;
  bool replaces_encodings = true;
  bool has_embryo = true;
  bool embryo_goes_with_replace = true;
  bool embryo_takes_many_stages = true;
};

/// The quirks of a version; none for Compat::None.
const CompatQuirks& compat_quirks(Compat compat);

/// Those that the request asks for.
inline const CompatQuirks& compat_quirks(const TravelRequest& request) {
  return compat_quirks(request.compat);
}

}  // namespace ptravel
