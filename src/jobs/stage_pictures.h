#pragma once

#include <filesystem>
#include <vector>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "ptravel/jobs.h"

namespace ptravel {

/// The pictures that a run's stages come from, as its manifest knows them before they are compared.
/// Throws NotFound, Io.
std::vector<StagePicture> stage_pictures(const std::vector<std::filesystem::path>& pictures);

/// Compares the stages' frames of a drawn run with the pictures that they come from, tells how far
/// they are apart, and keeps it in travel.json. A picture that is another one by now, or gone, is
/// told and not compared.
void compare_with_pictures(const RunFolder& folder, Manifest& manifest, const RunEventSink& events);

}  // namespace ptravel
