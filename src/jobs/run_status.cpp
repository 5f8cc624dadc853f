#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_units.h"
#include "ptravel/run_parts.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Time = fs::file_time_type;

/// The rate is that of as many of the newest frames.
constexpr std::size_t kNewest = 50;

std::string state_text(const RunFolder& folder, const Manifest& manifest, bool in_work) {
  if (in_work) {
    return "running";
  }
  // A process that was killed could not say so.
  const bool gone = manifest.state == RunState::Running && !folder.is_worked_on();
  return std::string(kRunStateNames.name(gone ? RunState::Stopped : manifest.state));
}

/// First frames of the units that somebody draws now.
std::vector<std::int64_t> units_in_work(const RunFolder& folder, std::int64_t frames) {
  std::vector<std::int64_t> units;
  for (std::int64_t index = 0; index < frames; ++index) {
    std::error_code error;
    const fs::path lock = folder.unit_lock(index);
    if (fs::exists(lock, error) && LockFile::is_held(lock)) {
      units.push_back(index);
    }
  }
  return units;
}

double seconds_between(Time from, Time to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string short_number(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

}  // namespace

RunStatus run_status(const fs::path& path) {
  const RunFolder folder = RunFolder::open(path);
  const Manifest manifest = read_manifest(folder.manifest_path());
  RunStatus status;
  status.folder = folder.path();
  status.frames = manifest.frames;
  status.error = manifest.error;
  status.video = manifest.video;
  std::vector<bool> missing(static_cast<std::size_t>(manifest.frames), false);
  std::vector<Time> times;
  for (std::int64_t index = 0; index < manifest.frames; ++index) {
    std::error_code error;
    const Time time = fs::last_write_time(folder.frame_path(index), error);
    missing[static_cast<std::size_t>(index)] = static_cast<bool>(error);
    if (!error) {
      times.push_back(time);
    }
  }
  status.drawn = static_cast<std::int64_t>(times.size());
  status.missing = frames_text(missing);
  status.in_work = units_in_work(folder, manifest.frames);
  status.state = state_text(folder, manifest, !status.in_work.empty());
  std::ranges::sort(times);
  if (!times.empty()) {
    // Clocks of other machines may be ahead.
    status.seconds_since_last = std::max(seconds_between(times.back(), Time::clock::now()), 0.0);
  }
  const std::size_t count = std::min(times.size(), kNewest);
  const double took = count < 2 ? 0 : seconds_between(times[times.size() - count], times.back());
  if (took > 0) {
    status.frames_per_second = static_cast<double>(count - 1) / took;
    status.seconds_left =
        static_cast<double>(status.frames - status.drawn) / status.frames_per_second;
  }
  return status;
}

std::string to_text(const RunStatus& status) {
  std::string text = status.folder.string() + ": " + status.state + ", " +
                     std::to_string(status.drawn) + " of " + std::to_string(status.frames) +
                     " frames drawn\n";
  if (!status.missing.empty()) {
    text += "missing: " + shortened(status.missing) + "\n";
  }
  if (!status.in_work.empty()) {
    std::string list;
    for (const std::int64_t first : status.in_work) {
      list += (list.empty() ? "" : ",") + std::to_string(first);
    }
    text += "in work: the units that begin with " + shortened(list) + "\n";
  }
  if (status.frames_per_second > 0 && status.drawn < status.frames) {
    text += "the newest frames came at " + short_number(status.frames_per_second) +
            " a second, the last one " + short_number(status.seconds_since_last) +
            " s ago; at that rate " + short_number(status.seconds_left) + " s are left\n";
  }
  text += status.error.empty() ? "" : "error: " + status.error + "\n";
  text += status.video.empty() ? "" : "video: " + status.video + "\n";
  return text;
}

std::string to_json(const RunStatus& status) {
  const bool known = status.frames_per_second > 0;
  return Json{
      {"event", "status"},
      {"folder", status.folder.string()},
      {"state", status.state},
      {"frames", status.frames},
      {"drawn", status.drawn},
      {"missing", status.missing},
      {"in_work", status.in_work},
      {"frames_per_second", known ? Json(status.frames_per_second) : Json(nullptr)},
      {"seconds_left", known ? Json(status.seconds_left) : Json(nullptr)},
      {"seconds_since_last", status.drawn > 0 ? Json(status.seconds_since_last) : Json(nullptr)},
      {"error", status.error},
      {"video", status.video}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ptravel
