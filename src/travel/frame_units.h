#pragma once

#include <vector>

#include "ptravel/request.h"
#include "ptravel/travel.h"
#include "request/frame_places.h"

namespace ptravel {

/// The gap that a frame belongs to: the one it lies in, or that its stage closes.
std::int64_t gap_of(const FramePlace& place);

/// Whether every frame of a film is drawn by itself, whatever the others are.
bool frames_stand_alone(const TravelRequest& request);

/// How many frames are drawn at once where they do not build on each other: as many as the request
/// says; where it leaves that open one on a CPU, and on a card so many that more of that size gain
/// nothing.
int frames_at_once(const TravelRequest& request, bool on_card);

/// What of a film can be drawn apart from the rest, in drawing order: a chain as a whole; the gaps
/// of walks that build on their steps, go by pictures, keep a log or share an embryo; else as many
/// frames as are drawn at once.
std::vector<FrameUnit> frame_units(const std::vector<FramePlace>& places,
                                   const FilmOrder& order,
                                   const TravelRequest& request,
                                   int at_once);

}  // namespace ptravel
