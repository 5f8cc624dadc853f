#pragma once

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_worker.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/travel.h"

namespace ptravel {

/// Makes what follows from a run's frames, which are all there, and brings the run to its end: logs
/// (by `travel`; null where walks leave none), the report of motion, video, contact sheet. When
/// another process was first, its result.
RunResult end_run(const RunFolder& folder,
                  Manifest& manifest,
                  RunWorker& worker,
                  Travel* travel,
                  Progress& progress,
                  const RunEventSink& events);

/// Makes the film of a finished run again.
RunResult make_film_again(const RunFolder& folder,
                          const Manifest& manifest,
                          Progress& progress,
                          const RunEventSink& events);

/// Whether the logs that the run's mode keeps are there.
bool has_logs(const RunFolder& folder, const Manifest& manifest);

/// Whether a finished run still has all that drawing made.
bool has_everything(const RunFolder& folder, const Manifest& manifest, Progress& progress);

/// For catch (...): lets the run's state say what happened and returns the failure in flight.
Error left_with(RunWorker& worker);

}  // namespace ptravel
