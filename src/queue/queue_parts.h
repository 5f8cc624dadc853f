#pragma once

#include <filesystem>

#include "base/lock_file.h"
#include "ptravel/model_store.h"
#include "queue/job_queue.h"
#include "queue/live_work.h"
#include "queue/queue_events.h"
#include "queue/run_folders.h"
#include "queue/shared_store.h"

namespace ptravel {

/// What the parts of a queue share; each is thread-safe.
struct QueueParts {
  QueueParts(JobQueueOptions options, QueueWatcher watcher);

  const JobQueueOptions options;  ///< `out` is absolute.
  const LockFile lock;            ///< Keeps other processes from the same output folder.
  SharedStore store;
  QueueEvents events;
  LiveWork live;
  ModelStore models;
  const RunFolders folders;
};

/// Seconds since 1970.
double seconds_now();

/// Shows frames in work as the queue's preview.
SketchOptions sketches_for(QueueParts& parts);

/// Makes a change to a job and tells of it. Throws NotFound for an unknown id.
JobRecord change_job(QueueParts& parts,
                     const std::string& id,
                     const std::function<void(JobStore&, JobRecord&)>& change);

}  // namespace ptravel
