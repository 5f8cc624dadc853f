#pragma once

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "ptravel/jobs.h"
#include "ptravel/progress.h"

namespace ptravel {

/// Measures how evenly a run's frames move and writes motion.json and motion.png, the same bytes
/// for the same frames; nothing for fewer than two. Throws as measure_motion; Io.
void write_motion(const RunFolder& folder,
                  const Manifest& manifest,
                  Progress& progress,
                  const RunEventSink& events);

}  // namespace ptravel
