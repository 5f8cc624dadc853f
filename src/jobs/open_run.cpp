#include "jobs/open_run.h"

#include <vector>

#include "jobs/run_drawing.h"
#include "jobs/run_pace.h"
#include "jobs/run_units.h"

namespace ptravel {

OpenRun::OpenRun(const std::filesystem::path& folder,
                 const ResumeOptions& options,
                 const RunStore& store,
                 Progress& progress,
                 const RunEventSink& events)
    : folder_(RunFolder::open(folder)),
      manifest_(read_manifest(folder_.manifest_path())),
      travel_(open_again(folder_, manifest_, options, store.get(), "frames", progress, events)) {
  settle_pace(folder_, manifest_, *travel_, store.get(), progress, events);
}

std::int64_t OpenRun::draw(const FrameRange& frames,
                           Progress& progress,
                           const RunEventSink& events) {
  const std::vector<bool> chosen = chosen_frames(manifest_, {{frames}, {}, {}});
  return RunDrawing(folder_, manifest_, *travel_, progress, events).draw(chosen);
}

}  // namespace ptravel
