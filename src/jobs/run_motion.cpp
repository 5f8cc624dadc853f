#include "jobs/run_motion.h"

#include <filesystem>
#include <vector>

#include "base/files.h"
#include "base/profile_scope.h"
#include "jobs/run_pace.h"
#include "media/image_file.h"
#include "motion/motion_plot.h"
#include "ptravel/motion_report.h"

namespace ptravel {

void write_motion(const RunFolder& folder,
                  const Manifest& manifest,
                  Progress& progress,
                  const RunEventSink& events) {
  if (manifest.frames < 2) {
    return;
  }
  const auto profile = ProfileScope::part("motion");
  progress.enter(WorkPhase::Assembling);
  std::vector<std::filesystem::path> frames;
  for (std::int64_t index = 0; index < manifest.frames; ++index) {
    frames.push_back(folder.frame_path(index));
  }
  const MotionReport report = measure_motion(frames, progress, manifest.request.threads);
  tell_prediction(manifest, report, events);
  write_file_atomic(folder.motion_path(), to_json(report) + "\n");
  events({RunEvent::Kind::File, "", folder.motion_path(), 0});
  write_png(folder.motion_plot_path(), draw_plot(motion_panels(report)));
  events({RunEvent::Kind::File, "", folder.motion_plot_path(), 0});
}

}  // namespace ptravel
