#include "ptravel/run_parts.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "jobs/manifest.h"
#include "jobs/run_drawing.h"
#include "jobs/run_ending.h"
#include "jobs/run_folder.h"
#include "jobs/run_frames.h"
#include "jobs/run_opening.h"
#include "jobs/run_pace.h"
#include "jobs/run_sound.h"
#include "jobs/run_units.h"
#include "jobs/run_worker.h"
#include "ptravel/error.h"
#include "request/mode_infos.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostDamagesTold = 8;
constexpr std::size_t kMostUnitsShown = 40;

/// Throws unless every frame is there and this run's.
void require_whole_frames(const RunFolder& folder, const Manifest& manifest, Progress& progress) {
  const RunFrames frames(folder, manifest);
  std::vector<bool> missing(static_cast<std::size_t>(manifest.frames), false);
  std::vector<std::string> damages;
  look_at_frames(manifest, progress, [&](std::int64_t index) {
    missing[static_cast<std::size_t>(index)] = !frames.exists(index);
    const auto damage = frames.exists(index) ? frames.damage(index) : std::nullopt;
    if (damage) {
      damages.push_back("frame " + std::to_string(index) + ": " +
                        folder.frame_path(index).string() + " " + *damage);
    }
  });
  std::vector<std::string> lines;
  if (const auto count = std::ranges::count(missing, true); count > 0) {
    lines.push_back(std::to_string(count) + " of " + std::to_string(manifest.frames) +
                    " frames are missing, expected all: draw --frames " +
                    shortened(frames_text(missing)));
  }
  for (std::size_t i = 0; i < std::min(damages.size(), kMostDamagesTold); ++i) {
    lines.push_back(damages[i] + ", expected a whole frame of this run");
  }
  if (damages.size() > kMostDamagesTold) {
    lines.push_back("and " + std::to_string(damages.size() - kMostDamagesTold) + " more");
  }
  std::string message = "[finish] " + folder.path().string() + ": ";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    message += (i == 0 ? "" : "\n") + lines[i];
  }
  if (!lines.empty()) {
    throw Error(ErrorCode::InvalidArgument, message);
  }
}

std::string unit_text(std::size_t number, const FrameRange& unit) {
  const std::int64_t last = unit.end - 1;
  return "  " + std::to_string(number) + ": " +
         (last == unit.begin ? "frame " + std::to_string(last)
                             : "frames " + std::to_string(unit.begin) + "-" + std::to_string(last));
}

}  // namespace

RunPlan plan_run(const TravelRequest& request,
                 Progress& progress,
                 const RunEventSink& events,
                 const RunOptions& options) {
  const RunStore store(options.store);
  NewRun run = open_new_run(request, options, store.get(), progress, events);
  RunWorker worker = begin_run(run);
  events({RunEvent::Kind::Folder, "", run.folder.path(), 0});
  try {
    if (run.manifest.request.pace == Pace::Preview) {
      settle_pace(run.folder, run.manifest, *run.travel, store.get(), progress, events);
    }
    worker.leave(RunState::Stopped, "");
  } catch (...) {
    throw left_with(worker);
  }
  return {run.folder.path(), run.manifest.frames, run_units(run.manifest), why_units(run.manifest)};
}

std::string to_text(const RunPlan& plan) {
  std::string text = plan.folder.string() + ": " + std::to_string(plan.frames) + " frames, " +
                     std::to_string(plan.units.size()) +
                     (plan.units.size() == 1 ? " unit (" : " units (") + plan.why + ")\n";
  const std::size_t count = plan.units.size();
  const std::size_t shown = count > kMostUnitsShown ? kMostUnitsShown / 2 : count;
  for (std::size_t i = 0; i < shown; ++i) {
    text += unit_text(i, plan.units[i]) + "\n";
  }
  if (shown < count) {
    text += "  ...\n" + unit_text(count - 1, plan.units.back()) + "\n";
  }
  return text;
}

std::string to_json(const RunPlan& plan) {
  Json units = Json::array();
  for (const FrameRange& unit : plan.units) {
    units.push_back({unit.begin, unit.end - 1});
  }
  return Json{{"event", "plan"},
              {"folder", plan.folder.string()},
              {"frames", plan.frames},
              {"why", plan.why},
              {"units", std::move(units)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

DrawnFrames draw_frames(const fs::path& path,
                        const FrameChoice& choice,
                        const ResumeOptions& options,
                        Progress& progress,
                        const RunEventSink& events) {
  const RunFolder folder = RunFolder::open(path);
  Manifest manifest = read_manifest(folder.manifest_path());
  std::vector<bool> chosen = chosen_frames(manifest, choice);
  DrawnFrames result{folder.path(), std::ranges::count(chosen, true), 0};
  if (are_there(folder, chosen) && are_whole(folder, manifest, chosen, progress)) {
    return result;
  }
  const RunStore store(options.store);
  const std::unique_ptr<Travel> travel =
      open_again(folder, manifest, options, store.get(), "frames", progress, events);
  settle_pace(folder, manifest, *travel, store.get(), progress, events);
  manifest = read_manifest(folder.manifest_path());  // A pace may move stages.
  chosen = chosen_frames(manifest, choice);
  result.drawn = RunDrawing(folder, manifest, *travel, progress, events).draw(chosen);
  return result;
}

std::string kernels_of_run(const fs::path& folder) {
  return read_manifest(RunFolder::open(folder).manifest_path()).kernels;
}

RunResult finish_run(const fs::path& path,
                     const ResumeOptions& options,
                     Progress& progress,
                     const RunEventSink& events) {
  const RunFolder folder = RunFolder::open(path);
  Manifest manifest = read_manifest(folder.manifest_path());
  check_same_soundtrack(manifest, "finish");
  require_whole_frames(folder, manifest, progress);
  if (manifest.state == RunState::Finished && has_logs(folder, manifest)) {
    events({RunEvent::Kind::Folder, "", folder.path(), 0});
    return make_film_again(folder, manifest, progress, events);
  }
  const RunStore store(options.store);
  std::unique_ptr<Travel> travel;
  if (mode_info(manifest.request.mode).keeps_log(manifest.request)) {
    travel = open_again(folder, manifest, options, store.get(), "finish", progress, events);
  }
  events({RunEvent::Kind::Folder, "", folder.path(), 0});
  folder.remove_leftovers();
  RunWorker worker(folder, manifest);
  try {
    if (travel) {
      settle_pace(folder, manifest, *travel, store.get(), progress, events);
    }
    return end_run(folder, manifest, worker, travel.get(), progress, events);
  } catch (...) {
    throw left_with(worker);
  }
}

}  // namespace ptravel
