#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_opening.h"
#include "ptravel/jobs.h"
#include "ptravel/run_parts.h"
#include "ptravel/travel.h"

namespace ptravel {

/// A run of which one process draws one part after the other: its travel is opened once. One
/// thread.
class OpenRun {
 public:
  /// Finds the run's files, compares them and loads the model. Throws as draw_frames.
  OpenRun(const std::filesystem::path& folder,
          const ResumeOptions& options,
          const RunStore& store,
          Progress& progress,
          const RunEventSink& events);

  const Manifest& manifest() const { return manifest_; }
  /// Draws these frames as far as they are missing, and what draw_frames draws with them. Returns
  /// how many it drew.
  std::int64_t draw(const FrameRange& frames, Progress& progress, const RunEventSink& events);

 private:
  RunFolder folder_;
  Manifest manifest_;
  std::unique_ptr<Travel> travel_;
};

}  // namespace ptravel
