#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/manifest.h"
#include "ptravel/run_parts.h"

namespace ptravel {

/// What of a run can be drawn apart from the rest, in film order: single frames; gaps, each with
/// the stage that it leads to, where frames build on each other or share an embryo; the film as a
/// whole where it is a chain or its frames are chosen among pictures that have to be drawn first.
/// The same for one manifest whenever it is asked for.
std::vector<FrameRange> run_units(const Manifest& manifest);

/// A sentence that says which of these they are, and why.
std::string why_units(const Manifest& manifest);

/// By frame: whether it is chosen. Throws InvalidArgument for a choice outside the film.
std::vector<bool> chosen_frames(const Manifest& manifest, const FrameChoice& choice);

/// "0-13,26": the frames that are set.
std::string frames_text(const std::vector<bool>& frames);

/// Such a list in a message: its beginning where it is long.
std::string shortened(const std::string& list);

}  // namespace ptravel
