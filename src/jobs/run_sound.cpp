#include "jobs/run_sound.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "media/sound_pulse.h"
#include "media/soundtrack.h"
#include "ptravel/error.h"
#include "request/frame_places.h"
#include "request/frame_settings.h"
#include "request/sound_stages.h"
#include "request/stages.h"
#include "travel/assemble.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRole = "soundtrack";
/// Behind the last stage, so that its beat is among them.
constexpr double kSecondsBehind = 30;

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", seconds);
  return text;
}

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

StagePlan plan_of(const TravelRequest& request) {
  return plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                     stage_rules(request));
}

double film_seconds(const TravelRequest& request) {
  const std::vector<FramePlace> places = frame_places(plan_of(request), request);
  const auto count = static_cast<std::int64_t>(places.size());
  const FilmPlan film = film_plan(request, count, stage_frames(places));
  return static_cast<double>(film_frames(film).size()) / request.fps;
}

std::string joined(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) {
    text += (text.empty() ? "" : ",") + std::to_string(number);
  }
  return text;
}

/// "0, 2.00 s, 4.00 s": when the stages appear.
std::string times_text(const std::vector<std::int64_t>& steps, const TravelRequest& request) {
  constexpr std::size_t kMost = 8;
  std::string text = seconds_text(request.pad / request.fps);
  double frame = request.pad;
  for (std::size_t gap = 0; gap < steps.size(); ++gap) {
    frame += static_cast<double>(steps[gap] + 1 + hold_at(request.hold, gap));
    if (gap < kMost) {
      text += ", " + seconds_text(frame / request.fps);
    }
  }
  return steps.size() > kMost ? text + ", ..." : text;
}

std::string beats_text(const SoundPulse& pulse) {
  char text[64];
  std::snprintf(text, sizeof text, "%zu beats, %.1f a minute", pulse.beats.size(),
                pulse.beats_per_minute);
  return text;
}

}  // namespace

std::optional<std::string> place_stages_by_sound(TravelRequest& request) {
  if (request.beats.empty()) {
    return std::nullopt;
  }
  const StagePlan plan = plan_of(request);
  const SoundPulse pulse =
      find_pulse(request.beats, seconds_to_last_stage(plan, request) + kSecondsBehind);
  const bool by_beat = request.beats_by == BeatsBy::Beat;
  if (by_beat && pulse.beats.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"beats", "\"" + request.beats +
                                     "\" has no beats that can be heard, expected music with a "
                                     "pulse, or beats_by energy"});
  }
  const std::vector<std::int64_t> steps =
      by_beat ? steps_on_beats(plan, request, pulse) : steps_by_percussion(plan, request, pulse);
  std::string note = name_of(request.beats) + ": " +
                     (by_beat ? beats_text(pulse) : std::string("stages by percussion")) +
                     "; stages at " + times_text(steps, request) +
                     " (the same without it: --travel-steps " + joined(steps) + ")";
  request.travel_steps = joined(steps);
  request.beats.clear();
  request.beats_by = TravelRequest{}.beats_by;
  throw_request_problems(validate_request(request));
  return note;
}

void check_soundtrack(const TravelRequest& request, const RunEventSink& events) {
  if (request.soundtrack.empty() || !(request.fps > 0)) {
    return;
  }
  const double film = film_seconds(request);
  const SoundCheck sound = check_sound(request.soundtrack, film);
  const auto tell = [&](const std::string& text) {
    events({RunEvent::Kind::Note, "note: " + name_of(request.soundtrack) + ": " + text, {}, 0});
  };
  if (sound.seconds < film) {
    tell("lasts " + seconds_text(sound.seconds) + ", the video " + seconds_text(film) +
         ": it is repeated");
  }
  if (sound.broken > 0) {
    tell(std::to_string(sound.broken) + " parts of it cannot be decoded and are left out");
  }
}

std::optional<FileIdentity> soundtrack_identity(const TravelRequest& request) {
  if (request.soundtrack.empty()) {
    return std::nullopt;
  }
  const MappedFile file = MappedFile::open(request.soundtrack);
  Sha256 hash;
  hash.update(file.bytes());
  return FileIdentity{kRole, name_of(request.soundtrack), hash.finish()};
}

void check_same_soundtrack(const Manifest& manifest, std::string_view operation) {
  for (const FileIdentity& file : manifest.files) {
    if (file.role != kRole) {
      continue;
    }
    const std::string& path = manifest.request.soundtrack;
    const std::string expected = ", expected the file with sha256 " + file.sha256;
    std::string message = "[" + std::string(operation) + "] soundtrack: " + path;
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
      message += " is not there any more" + expected;
      throw Error(ErrorCode::InvalidArgument, message);
    }
    const std::string sha256 = soundtrack_identity(manifest.request)->sha256;
    if (sha256 != file.sha256) {
      message += " is another file than when the run began: has sha256 ";
      message += sha256 + expected;
      throw Error(ErrorCode::InvalidArgument, message);
    }
  }
}

}  // namespace ptravel
