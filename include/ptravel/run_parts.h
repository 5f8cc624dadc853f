#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/jobs.h"
#include "ptravel/progress.h"
#include "ptravel/request.h"

namespace ptravel {

// A run in steps that may be done by different processes and machines: plan_run makes its folder,
// draw_frames draws some of its frames, finish_run makes what follows from all of them. Together
// they leave what run_travel leaves, byte for byte. docs/scale.md tells how to use them.

/// Frames [begin, end) of a film.
struct FrameRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const FrameRange&) const = default;
};

/// Part `number` (from 1) of `count` parts that are as even as whole units allow.
struct FilmPart {
  std::int64_t number = 1;
  std::int64_t count = 1;
  bool operator==(const FilmPart&) const = default;
};

/// Which frames of a film are meant; all of them where nothing is set. At most one is.
struct FrameChoice {
  std::vector<FrameRange> frames;
  std::optional<std::int64_t> unit;  ///< From 0.
  std::optional<FilmPart> part;
  bool operator==(const FrameChoice&) const = default;
};

/// Reads a choice from text: frames "0-9,40-49", unit "3", part "2/16"; nothing: not given. Throws
/// InvalidArgument, a problem for each text that is none and for more than one ("--frames",
/// "--unit", "--part").
FrameChoice parse_frame_choice(const std::optional<std::string>& frames,
                               const std::optional<std::string>& unit,
                               const std::optional<std::string>& part);

/// The part that an engine tells its processes by environment variables: Slurm's job arrays
/// (SLURM_ARRAY_TASK_ID with _COUNT, _MIN and _STEP), or Kubernetes' indexed jobs
/// (JOB_COMPLETION_INDEX, and JOB_COMPLETIONS, which the job has to set itself). Nothing without
/// them. Throws InvalidArgument naming a variable that is missing or none of its numbers.
std::optional<FilmPart> part_of_environment();

/// A run that was planned.
struct RunPlan {
  std::filesystem::path folder;
  std::int64_t frames = 0;
  std::vector<FrameRange> units;  ///< What can be drawn apart from the rest, in film order.
  std::string why;                ///< A sentence: why these are the units.
};

/// Makes a run folder as run_travel does, and draws no frame. What a pace by previews needs is
/// drawn. Throws as run_travel; nothing is left then.
RunPlan plan_run(const TravelRequest& request,
                 Progress& progress,
                 const RunEventSink& events,
                 const RunOptions& options = {});
/// For people: the folder and the units. As JSON: the event "plan" with folder, frames, why and
/// units as pairs of first and last frame.
std::string to_text(const RunPlan& plan);
std::string to_json(const RunPlan& plan);

/// What draw_frames found to do.
struct DrawnFrames {
  std::filesystem::path folder;
  std::int64_t chosen = 0;  ///< Frames that were asked for.
  std::int64_t drawn = 0;   ///< That this call drew; more where frames build on others.
};

/// Draws the chosen frames of a run as far as they are missing or damaged; where frames build on
/// each other the whole units that they lie in, and frames that those need. Other processes may do
/// the same: locks keep them from drawing a frame twice, and where both do, the file is the same.
/// Loads the model once, and not at all when every frame of the choice is there. Beside frames it
/// writes what walks tell (walk.json) and, where nobody has, the places of a paced run; the run's
/// state stays. Throws InvalidArgument for a choice outside the film, and as resume_travel.
DrawnFrames draw_frames(const std::filesystem::path& folder,
                        const FrameChoice& choice,
                        const ResumeOptions& options,
                        Progress& progress,
                        const RunEventSink& events);

/// What computed when a run began, by its manifest: "avx2", "cuda 9.0"; empty where that is not
/// known. Throws NotFound, Io, Corrupt.
std::string kernels_of_run(const std::filesystem::path& folder);

/// Makes what follows from a run's frames: logs, the report of motion, the video and the contact
/// sheet that are asked for; the run is finished then. Needs the model only where walks left a log.
/// Throws InvalidArgument naming the frames that are missing, damaged or of another run, and as
/// resume_travel.
RunResult finish_run(const std::filesystem::path& folder,
                     const ResumeOptions& options,
                     Progress& progress,
                     const RunEventSink& events);

/// How far a run is, as its folder shows.
struct RunStatus {
  std::filesystem::path folder;
  std::string state;  ///< "running", "stopped", "failed" or "finished".
  std::int64_t frames = 0;
  std::int64_t drawn = 0;             ///< That are there; whether they are whole, finish_run looks.
  std::string missing;                ///< "2-5,9"; empty for none.
  std::vector<std::int64_t> in_work;  ///< First frames of the units that are drawn now.
  double frames_per_second = 0;       ///< Of the newest frames, by all machines; 0: not known.
  double seconds_left = 0;            ///< At that rate.
  double seconds_since_last = 0;      ///< Since the newest frame.
  std::string error;                  ///< Why the run failed; empty otherwise.
  std::string video;                  ///< Its name in the folder; empty while there is none.
};

/// Looks at a run folder without changing anything in it. Throws NotFound, Io, Corrupt.
RunStatus run_status(const std::filesystem::path& folder);
/// For people, and as JSON: the event "status".
std::string to_text(const RunStatus& status);
std::string to_json(const RunStatus& status);

}  // namespace ptravel
