#pragma once

#include <filesystem>
#include <string>

#include "base/lock_file.h"
#include "farm/nats_client.h"
#include "farm/nats_messages.h"
#include "ptravel/nats_farm.h"
#include "ptravel/progress.h"

namespace ptravel {

/// Where a worker keeps the runs that it draws for. Removed with the object; what killed workers
/// left is removed by the next one.
class WorkerScratch {
 public:
  /// `folder`: of all workers of this machine; empty: in the user's cache folder. Throws Io.
  explicit WorkerScratch(const std::filesystem::path& folder);
  ~WorkerScratch();
  WorkerScratch(const WorkerScratch&) = delete;
  WorkerScratch& operator=(const WorkerScratch&) = delete;

  std::filesystem::path of_run(const std::string& run) const { return path_ / run; }

 private:
  std::filesystem::path path_;
  std::optional<LockFile> lock_;
};

/// Makes a run that was announced into a run folder here ("run" below `scratch`): its manifest and
/// pictures come from the server, every path in it is this machine's own. Model, VAE and pictures
/// are found by their hashes. Throws Corrupt and Unsupported for what is no run, NotFound for a
/// model that is not here, Io. Returns the folder.
std::filesystem::path fetch_run(NatsClient& client,
                                const Announcement& announcement,
                                const NatsWorker& worker,
                                const std::filesystem::path& scratch,
                                Progress& progress);

}  // namespace ptravel
