#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ptravel/film_finish.h"
#include "ptravel/frame_sketch.h"
#include "ptravel/progress.h"
#include "ptravel/request.h"

namespace ptravel {

/// Something that happened during a run, for interfaces.
struct RunEvent {
  enum class Kind {
    Note,          ///< `text` is worth telling the user.
    Folder,        ///< `path` is the run folder; it can be resumed from now on.
    Frame,         ///< Frame `index` was saved as `path`.
    Video,         ///< The video `path` is finished.
    ContactSheet,  ///< The contact sheet `path` is finished.
    File,          ///< Another file of the run, `path`, was written (again).
    Debug,         ///< `text` is for people who want to know exactly.
  };
  Kind kind = Kind::Note;
  std::string text;
  std::filesystem::path path;
  std::int64_t index = 0;
};
/// Hears of events one at a time. Those of frames may come from another thread than the one that
/// runs the work and reports its progress.
using RunEventSink = std::function<void(const RunEvent&)>;

/// What a run left behind.
struct RunResult {
  std::filesystem::path folder;
  std::int64_t frames = 0;
  std::optional<std::filesystem::path> video;
  std::optional<std::filesystem::path> contact_sheet;
};

class ModelStore;  // ptravel/model_store.h

/// Settings of the machine at hand that may differ when a run goes on.
struct ResumeOptions {
  std::optional<DeviceChoice> device = {};
  std::optional<int> threads = {};
  std::optional<bool> low_memory = {};
  std::optional<std::string> model = {};  ///< Where the model lies now, kept for the next time.
  std::optional<std::string> models_dir = {};  ///< The models folders here, kept as well.
  ModelStore* store = nullptr;  ///< Where the model comes from; null: loaded for this run.
  SketchOptions sketches = {};
  /// Go on in 16 bits with other kernels than those that began the run, whose frames differ
  /// visibly.
  bool allow_other_kernels = false;
};

/// What a new run may be given beside its request.
struct RunOptions {
  ModelStore* store = nullptr;  ///< As in ResumeOptions.
  SketchOptions sketches = {};
  /// Told where the run folder will be before it is made, so that one that was begun by a process
  /// which was killed can be found again; told again when another process took that place first.
  /// What it throws ends the run before it began.
  std::function<void(const std::filesystem::path& folder)> reserve = {};
  /// The pictures that the stages come from, one for each: at the end the run tells how far the
  /// stages' frames are from them, and keeps it in travel.json.
  std::vector<std::filesystem::path> pictures = {};
};

/// Lets the sound that `request.beats` names say where stages lie: sets travel_steps, one number
/// for each gap, clears beats and returns a sentence about it; nothing without one. The request is
/// valid. Throws InvalidArgument naming "beats" when nothing can be heard in it, and what reading
/// the file throws. run_travel does this by itself.
std::optional<std::string> place_stages_by_sound(TravelRequest& request);

/// A travel between pictures, made of what stands in them.
struct PictureTravel {
  TravelRequest request;
  std::vector<std::string> notes;  ///< Sentences for the user: what differs, what is not done.
};

/// Reads pictures of any program as the stages of a travel: prompts, seeds, CFG scales, strengths
/// of each; of what a travel has once (sampler, steps, size, model, ...) the first one's, with a
/// note where another one has other values. `given` are fields that are set beside: they are
/// neither read nor compared. Throws InvalidArgument with a line for each problem, naming the
/// picture; NotFound, Io, Corrupt, Unsupported for a file that is no picture.
PictureTravel travel_between_pictures(const std::vector<std::filesystem::path>& pictures,
                                      const std::vector<std::string>& given);

/// Draws a whole travel into a new run folder below `request.out` and makes the video and the
/// contact sheet that are asked for. Checks the request first (InvalidArgument with one line per
/// problem). When cancelled (Cancelled) or failed the folder can be resumed, once the event Folder
/// came; before it nothing is left.
RunResult run_travel(const TravelRequest& request,
                     Progress& progress,
                     const RunEventSink& events,
                     const RunOptions& options);
/// The same with a store alone.
inline RunResult run_travel(const TravelRequest& request,
                            Progress& progress,
                            const RunEventSink& events,
                            ModelStore* store = nullptr) {
  return run_travel(request, progress, events, RunOptions{store, {}, {}, {}});
}

/// Goes on with a run folder: draws what is missing or damaged (with a note) and makes the video.
/// The result equals that of a run that was never interrupted, byte for byte. Other processes may
/// work on the same folder: each unit of frames is drawn by one. Every file that the run was drawn
/// from must be as it was, else InvalidArgument names those that are not, before weights are read.
/// The event Folder comes once the run can go on; a failure before it would come again. A finished
/// run stays finished.
RunResult resume_travel(const std::filesystem::path& folder,
                        const ResumeOptions& options,
                        Progress& progress,
                        const RunEventSink& events);

/// How to make a video of a finished run folder; absent settings are the run's own.
struct VideoSettings {
  std::optional<double> fps;
  std::optional<VideoFormat> format;
  std::optional<int> pad;
  std::optional<std::vector<int>> hold;
  std::optional<bool> ping_pong;
  std::optional<std::string> pick;
  std::optional<bool> contact_sheet;
  std::optional<std::string> soundtrack;     ///< Empty: a silent video.
  std::optional<std::filesystem::path> out;  ///< File to write; else inside the folder.
  /// Pictures in between, enlarging; without models folders names are looked up in the run's, then
  /// in ./models.
  FilmFinish finish = {};
};

/// Makes the video of a run folder again from its frames, and its contact sheet where asked for.
/// Notes, such as that another version of the program drew the frames, go to `events`.
RunResult make_video(
    const std::filesystem::path& folder,
    const VideoSettings& settings,
    Progress& progress,
    const RunEventSink& events = [](const RunEvent&) {});

/// Draws one frame again, alone, from the parameters inside its PNG. `overrides` are applied to
/// the settings that the picture carries (model, device, out, ...): pairs of field and text.
/// Writes to `output`. Returns the path.
std::filesystem::path redraw_frame(
    const std::filesystem::path& frame_png,
    const std::vector<std::pair<std::string, std::string>>& overrides,
    const std::filesystem::path& output,
    Progress& progress,
    const RunEventSink& events);

/// What a picture or a run folder tells of itself: a picture's generation parameters, or a run's
/// state, as text for people or as a JSON object. Nothing when the path is neither (by its
/// content).
std::optional<std::string> describe_result(const std::filesystem::path& path, bool as_json);

}  // namespace ptravel
