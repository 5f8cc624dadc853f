#pragma once

#include <optional>
#include <string_view>

#include "jobs/manifest.h"
#include "ptravel/frame.h"
#include "ptravel/jobs.h"
#include "ptravel/request.h"

namespace ptravel {

/// Decodes as much of the request's soundtrack as its film is long, so that a file that cannot be
/// used ends a run before it began; tells where it is repeated, cut, or broken. Nothing without
/// one. Throws as SoundReader (media/sound_reader.h).
void check_soundtrack(const TravelRequest& request, const RunEventSink& events);

/// The request's soundtrack as one of the files that a run depends on, role "soundtrack". Throws
/// NotFound, Io.
std::optional<FileIdentity> soundtrack_identity(const TravelRequest& request);

/// Throws InvalidArgument when the run's soundtrack is not the file that it was when the run began,
/// or not there.
void check_same_soundtrack(const Manifest& manifest, std::string_view operation);

}  // namespace ptravel
