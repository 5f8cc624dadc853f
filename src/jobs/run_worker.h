#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/lock_file.h"
#include "jobs/manifest.h"
#include "jobs/run_folder.h"

namespace ptravel {

/// Changes travel.json while nobody else does: reads it, lets `change` work on it and writes it
/// when anything is different. `manifest` becomes what was written.
void update_manifest(const RunFolder& folder,
                     Manifest& manifest,
                     const std::function<void(Manifest&)>& change);

/// One process's part in a run: while it lives, the run's state is "running". It ends in the state
/// that is told, unless others still work on the run or have finished it meanwhile.
class RunWorker {
 public:
  /// Joins a run; writes `manifest` when the run has none yet.
  RunWorker(const RunFolder& folder, Manifest& manifest);
  /// Without leave() as a process that was stopped.
  ~RunWorker();
  RunWorker(const RunWorker&) = delete;
  RunWorker& operator=(const RunWorker&) = delete;

  /// Stopped, or Failed with a reason.
  void leave(RunState state, const std::string& error);
  /// The run is finished: `video` is the name of its video, empty for none.
  void finish(const std::string& video);

 private:
  const RunFolder& folder_;
  Manifest& manifest_;
  std::optional<LockFile> workers_;
};

}  // namespace ptravel
