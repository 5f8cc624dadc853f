#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "ptravel/request.h"
#include "ptravel/sampling.h"
#include "request/frame_places.h"
#include "request/stages.h"

namespace ptravel {

/// Extra copies of a stage's frame in the video, by a request's `hold`; stages count from 0.
std::int64_t hold_at(const std::vector<int>& hold, std::size_t stage);
/// Those of so many stages, together.
std::int64_t held_copies(const std::vector<int>& hold, std::int64_t stages);

/// A seed that depends on another one and on some numbers (frame, step, ...) and on nothing else:
/// 32 bits, by the finaliser of SplitMix64 (Steele et al., 2014).
std::uint64_t derived_seed(std::uint64_t seed, std::initializer_list<std::int64_t> numbers);

/// A setting at a place: the only value of a list, or the mix of those of the two stages. A looping
/// travel begins again with the first.
double value_at(const std::vector<double>& values, const FramePlace& place);

/// The request as one frame is drawn with it: a single value of every setting that travels; the
/// frame's own variation seed; of several seeds that of the stage it left and, on the way, that of
/// the stage it goes to. `index` is its place in the film.
TravelRequest frame_request(const TravelRequest& request,
                            const FramePlace& place,
                            std::int64_t index);

/// How the request's prompts become stages: mode grad, and variation seeds that differ from frame
/// to frame, double a single line; lists of seeds and parameters add stages.
StageRules stage_rules(const TravelRequest& request);

/// The first version left the negative prompt as it stands in replace and grad: all of its lines
/// are one text, for every stage.
bool keeps_whole_negative(const TravelRequest& request);

/// What the request says to the sampler; of lists that travel the first value.
SamplingSettings sampling_settings(const TravelRequest& request);

/// The sampling steps that the frames of a stage pair share, at least 1 and fewer than all. Throws
/// InvalidArgument when embryo_step is no number or out of that range.
int embryo_steps(const TravelRequest& request);

/// The request with the fewer sampling steps by which pace preview looks at the way: two fifths of
/// them, those of an embryo in proportion; its pace is even.
TravelRequest pace_preview_request(TravelRequest request);

}  // namespace ptravel
