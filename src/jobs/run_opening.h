#pragma once

#include <memory>
#include <string_view>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_worker.h"
#include "ptravel/jobs.h"
#include "ptravel/model_store.h"
#include "ptravel/travel.h"

namespace ptravel {

/// The store that was given, or one of the run's own, which shares its model with previews and
/// keeps models of up to `bound` bytes.
class RunStore {
 public:
  explicit RunStore(ModelStore* given, std::uint64_t bound = 0)
      : own_(given == nullptr ? std::make_unique<ModelStore>(bound) : nullptr),
        store_(given == nullptr ? own_.get() : given) {}
  ModelStore& get() const { return *store_; }

 private:
  std::unique_ptr<ModelStore> own_;
  ModelStore* store_;
};

/// A new run: its folder, which has no manifest yet, what that will say, and its travel.
struct NewRun {
  RunFolder folder;
  Manifest manifest;
  std::unique_ptr<Travel> travel;
};

/// Checks a request, settles what must not depend on chance or on the working folder, makes the
/// run's folder and opens its travel. Tells what is to be told of them. Throws as run_travel; the
/// folder is gone then.
NewRun open_new_run(const TravelRequest& request,
                    const RunOptions& options,
                    ModelStore& store,
                    Progress& progress,
                    const RunEventSink& events);

/// Writes the new run's manifest and joins it; `run` outlives what comes back. Throws Io; the
/// folder is gone then.
RunWorker begin_run(NewRun& run);

/// The run's travel, opened for going on with it: its files are compared before weights are read.
/// `operation`: "resume".
std::unique_ptr<Travel> open_again(const RunFolder& folder,
                                   const Manifest& manifest,
                                   const ResumeOptions& options,
                                   ModelStore& store,
                                   std::string_view operation,
                                   Progress& progress,
                                   const RunEventSink& events);

/// Remembers where the model and the models folders are now.
void keep_model_path(const RunFolder& folder, Manifest& manifest, const ResumeOptions& options);

/// Makes a note an event.
void tell_note(const std::string& note, const RunEventSink& events);

}  // namespace ptravel
