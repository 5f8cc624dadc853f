#pragma once

#include <cstdint>
#include <vector>

#include "media/sound_pulse.h"
#include "ptravel/request.h"
#include "request/stages.h"

namespace ptravel {

/// How long the film of a plan is without anything that sound changes: seconds from its beginning
/// to its last stage, with padding and held stages. `request.fps` is above 0.
double seconds_to_last_stage(const StagePlan& plan, const TravelRequest& request);

/// Frames between stages (one number for each gap) so that every stage but the first appears on the
/// beat nearest to the time that the plan has for it, each on a later frame than the one before.
/// Behind its end the sound begins again. `pulse` has beats.
std::vector<std::int64_t> steps_on_beats(const StagePlan& plan,
                                         const TravelRequest& request,
                                         const SoundPulse& pulse);

/// The same number of frames in all, shared out so that between two stages as large a part of the
/// film's percussion is heard as the plan has frames there. Throws InvalidArgument, naming "beats",
/// when nothing can be heard.
std::vector<std::int64_t> steps_by_percussion(const StagePlan& plan,
                                              const TravelRequest& request,
                                              const SoundPulse& pulse);

/// Whether anything is struck in a sound, beyond the noise of its numbers.
bool is_audible(const SoundPulse& pulse);

/// What is wrong with the sounds that a request names. Looks whether the files are there.
void check_sounds(const TravelRequest& request, std::vector<Problem>& problems);

}  // namespace ptravel
