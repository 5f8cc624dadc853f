#include "server/motion_measures.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/files.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "motion/evenness.h"
#include "motion/motion_meter.h"
#include "ptravel/motion_report.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRuns = 16;
/// A report has about 60 bytes for each frame.
constexpr std::uint64_t kMostReportBytes = 64U << 20U;

bool is_own_file(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::regular;
}

bool is_frame(const Json& jump, const char* side, std::int64_t frames) {
  const Json& frame = jump.value(side, Json::object());
  const Json index = frame.is_object() ? frame.value("frame", Json()) : Json();
  return index.is_number_unsigned() && index < frames;
}

/// Whether it is what motion.json holds of one distance, as far as readers rely on it.
bool is_distance(const Json& distance, std::int64_t frames) {
  if (!distance.is_object()) {
    return false;
  }
  const Json steps = distance.value("steps", Json());
  const Json jumps = distance.value("jumps", Json());
  bool good = steps.is_array() && jumps.is_array() && std::cmp_equal(steps.size() + 1, frames) &&
              distance.contains("median") && distance.contains("max_over_median");
  for (std::size_t i = 0; good && i < steps.size(); ++i) {
    good = steps[i].is_number();
  }
  for (std::size_t i = 0; good && i < jumps.size(); ++i) {
    good = jumps[i].is_object() && is_frame(jumps[i], "from", frames) &&
           is_frame(jumps[i], "to", frames);
  }
  return good;
}

/// The run's own report; nothing where there is none, or none about these frames.
std::optional<Json> read_report(const fs::path& folder, std::int64_t frames) {
  const fs::path path = RunFolder::open(folder).motion_path();
  if (!is_own_file(path)) {
    return std::nullopt;
  }
  try {
    Json report = parse_json_object(read_file(path, kMostReportBytes));
    const Json distances = report.value("distances", Json());
    bool good = report.value("frames", Json()) == frames && distances.is_object();
    for (const auto& [name, distance] : distances.items()) {
      good = good && is_distance(distance, frames);
    }
    if (good) {
      report["final"] = true;
      report["pending"] = 0;
      return report;
    }
  } catch (const Error&) {
    return std::nullopt;  // a report that is damaged counts as missing
  }
  return std::nullopt;
}

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// Figures and jumps of the steps that are known, as motion.json has them.
Json distance_json(Json steps) {
  std::vector<double> known;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].is_number()) {
      known.push_back(steps[i].get<double>());
      places.push_back(i);
    }
  }
  const Evenness even = evenness_of(known);
  Json jumps = Json::array();
  for (const std::size_t step : steps_above(known, kJumpOverMedian)) {
    jumps.push_back({{"from", {{"frame", places[step]}}},
                     {"to", {{"frame", places[step] + 1}}},
                     {"distance", known[step]},
                     {"over_median", finite_or_null(known[step] / even.median)}});
  }
  return {{"median", even.median},
          {"max_over_median", finite_or_null(even.largest_over_median)},
          {"jumps", std::move(jumps)},
          {"steps", std::move(steps)}};
}

/// The frame as distances see it; nothing where it is not there or broken.
std::optional<MeasuredFrame> read_frame(const fs::path& folder, std::int64_t index) {
  const fs::path path = folder / frame_file_name(index);
  if (!is_own_file(path)) {
    return std::nullopt;
  }
  try {
    return MeasuredFrame(read_image(path).image, std::nullopt);
  } catch (const Error&) {
    return std::nullopt;  // a frame that is damaged counts as missing; drawing it again is resume's
  }
}

/// The distances that judge a film, from one frame to the next; none where they have two sizes.
std::vector<double> judged(const std::optional<MeasuredFrame>& left,
                           const std::optional<MeasuredFrame>& right) {
  std::vector<double> distances;
  if (left && right && left->image.width == right->image.width &&
      left->image.height == right->image.height) {
    for (const MotionDistance& way : motion_distances()) {
      if (way.judges) {
        distances.push_back(way.distance(*left, *right).value());
      }
    }
  }
  return distances;
}

/// Pairs of neighbours that are both there and that `known` does not have, by their first frames.
std::vector<std::int64_t> pending_pairs(const fs::path& folder,
                                        std::int64_t frames,
                                        const std::map<std::int64_t, std::vector<double>>& known) {
  std::vector<std::int64_t> pending;
  bool there = is_own_file(folder / frame_file_name(0));
  for (std::int64_t i = 0; i + 1 < frames; ++i) {
    const bool next = is_own_file(folder / frame_file_name(i + 1));
    if (there && next && !known.contains(i)) {
      pending.push_back(i);
    }
    there = next;
  }
  return pending;
}

}  // namespace

Json MotionMeasures::of_run(const fs::path& folder, std::int64_t frames) {
  if (std::optional<Json> report = read_report(folder, frames)) {
    return *std::move(report);
  }
  std::vector<std::int64_t> pending = pending_pairs(folder, frames, known(folder));
  if (const std::unique_lock turn(measuring_, std::try_to_lock); turn && !pending.empty()) {
    measure(folder, pending);
  }
  const PairDistances pairs = known(folder);
  std::erase_if(pending, [&](std::int64_t pair) { return pairs.contains(pair); });
  Json distances = Json::object();
  for (const MotionDistance& way : motion_distances()) {
    if (way.judges) {
      Json steps = Json::array();
      for (std::int64_t i = 0; i + 1 < frames; ++i) {
        const auto pair = pairs.find(i);
        const bool has = pair != pairs.end() && !pair->second.empty();
        steps.push_back(has ? Json(pair->second.at(distances.size())) : Json());
      }
      distances[way.name] = distance_json(std::move(steps));
    }
  }
  return {{"final", false},
          {"pending", pending.size()},
          {"frames", frames},
          {"distances", std::move(distances)}};
}

MotionMeasures::PairDistances MotionMeasures::known(const fs::path& folder) {
  const std::lock_guard lock(mutex_);
  return pairs_of(folder);
}

void MotionMeasures::keep(const fs::path& folder,
                          std::int64_t first,
                          std::vector<double> distances) {
  const std::lock_guard lock(mutex_);
  pairs_of(folder)[first] = std::move(distances);
}

/// Measures these pairs, rising, as far as the time goes.
void MotionMeasures::measure(const fs::path& folder, const std::vector<std::int64_t>& pairs) {
  const auto end = std::chrono::steady_clock::now() + patience_;
  std::optional<MeasuredFrame> left;
  std::int64_t left_index = -1;
  for (const std::int64_t pair : pairs) {
    if (left_index != pair) {
      left = read_frame(folder, pair);
    }
    std::optional<MeasuredFrame> right = read_frame(folder, pair + 1);
    keep(folder, pair, judged(left, right));
    left = std::move(right);
    left_index = pair + 1;
    if (std::chrono::steady_clock::now() >= end) {
      return;
    }
  }
}

MotionMeasures::PairDistances& MotionMeasures::pairs_of(const fs::path& folder) {
  const std::string name = folder.string();
  auto run = runs_.begin();
  while (run != runs_.end() && run->folder != name) {
    ++run;
  }
  if (run == runs_.end()) {
    runs_.push_front({name, {}});
  } else {
    runs_.splice(runs_.begin(), runs_, run);
  }
  if (runs_.size() > kMostRuns) {
    runs_.pop_back();
  }
  return runs_.front().pairs;
}

}  // namespace ptravel
