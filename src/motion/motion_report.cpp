#include "ptravel/motion_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "motion/evenness.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

/// With nine significant digits; null where it is not finite.
Json rounded(double value) {
  if (!std::isfinite(value)) {
    return nullptr;
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return std::strtod(text, nullptr);
}

double over_median(double distance, double median) {
  if (median > 0) {
    return distance / median;
  }
  return distance > 0 ? std::numeric_limits<double>::infinity() : 0;
}

double directness(const MotionMeasure& measure) {
  return measure.evenness.length > 0 ? measure.straight / measure.evenness.length : 0;
}

Json frame_json(const MotionReport& report, std::size_t index) {
  const MotionFrame& frame = report.frames[index];
  Json object = {{"frame", index}, {"name", frame.name}};
  if (frame.stage) {
    object["stage"] = *frame.stage;
  }
  if (frame.alpha) {
    object["alpha"] = *frame.alpha;
  }
  return object;
}

Json measure_json(const MotionReport& report, const MotionMeasure& measure) {
  const Evenness& even = measure.evenness;
  Json object = {{"median", rounded(even.median)},
                 {"max_over_median", rounded(even.largest_over_median)},
                 {"p90_over_p10", rounded(even.p90_over_p10)},
                 {"gini", rounded(even.gini)},
                 {"largest_share", rounded(even.largest_share)},
                 {"mean", rounded(even.mean)},
                 {"max_over_mean", rounded(even.largest_over_mean)},
                 {"deviation", rounded(even.deviation)},
                 {"length", rounded(even.length)},
                 {"straight", rounded(measure.straight)},
                 {"straight_over_length", rounded(directness(measure))},
                 {"jumps", Json::array()},
                 {"steps", Json::array()}};
  for (const std::size_t step : steps_above(measure.distances, kJumpOverMedian)) {
    object["jumps"].push_back(
        {{"from", frame_json(report, step)},
         {"to", frame_json(report, step + 1)},
         {"distance", rounded(measure.distances[step])},
         {"over_median", rounded(over_median(measure.distances[step], even.median))}});
  }
  for (const double distance : measure.distances) {
    object["steps"].push_back(rounded(distance));
  }
  return object;
}

std::string line(const char* format, const std::string& name, const MotionMeasure& measure) {
  const Evenness& even = measure.evenness;
  char text[160];
  std::snprintf(text, sizeof(text), format, name.c_str(), even.median, even.largest_over_median,
                even.p90_over_p10, even.gini, 100 * even.largest_share, even.length,
                measure.straight);
  return text;
}

/// Why a distance may be missing.
constexpr std::pair<std::string_view, const char*> kReasons[] = {
    {"ms_ssim", "its five scales need sides of at least 176 pixels"},
    {"latent", "not all frames carry theirs"}};

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

std::string times_text(double times) {
  if (std::isinf(times)) {
    return "moves where most steps do not";
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f x the median", times);
  return text;
}

}  // namespace

std::vector<MotionJump> motion_jumps(const MotionReport& report, double times) {
  std::vector<std::size_t> steps;
  for (const MotionMeasure& measure : report.measures) {
    const auto found =
        measure.judges ? steps_above(measure.distances, times) : std::vector<std::size_t>();
    steps.insert(steps.end(), found.begin(), found.end());
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  std::vector<MotionJump> jumps;
  for (const std::size_t step : steps) {
    MotionJump jump{step, {}, {}};
    for (const MotionMeasure& measure : report.measures) {
      jump.distance.push_back(measure.distances[step]);
      jump.times.push_back(over_median(measure.distances[step], measure.evenness.median));
    }
    jumps.push_back(std::move(jump));
  }
  return jumps;
}

std::string to_text(const MotionReport& report, const MotionJump& jump) {
  const MotionFrame& from = report.frames[jump.step];
  const MotionFrame& to = report.frames[jump.step + 1];
  std::string text = from.name + " to " + to.name;
  if (from.alpha && to.alpha) {
    text += " (alpha " + short_number(*from.alpha) + " to " + short_number(*to.alpha) + ")";
  }
  for (std::size_t i = 0; i < report.measures.size(); ++i) {
    text += (i == 0 ? ": " : ", ") + report.measures[i].name + " " + times_text(jump.times[i]);
  }
  return text;
}

std::string to_text(const MotionReport& report) {
  std::string text = std::to_string(report.frames.size()) + " frames, " +
                     std::to_string(report.width) + "x" + std::to_string(report.height) + "\n" +
                     "             median  max/median   p90/p10    Gini  largest step    length  "
                     "straight\n";
  for (const MotionMeasure& measure : report.measures) {
    text += line("  %-8s%9.4f%12.2f%10.2f%8.3f%12.1f %%%10.3f%10.3f\n", measure.name, measure);
  }
  for (const auto& [name, reason] : kReasons) {
    if (std::ranges::find(report.measures, name, &MotionMeasure::name) == report.measures.end()) {
      text += std::string(name) + ": not measured, " + reason + "\n";
    }
  }
  const std::vector<MotionJump> jumps = motion_jumps(report);
  const bool still = std::all_of(report.measures.begin(), report.measures.end(),
                                 [](const MotionMeasure& m) { return !(m.evenness.length > 0); });
  if (still) {
    return text + "no motion: all frames are equal";
  }
  const std::string bound = "above " + short_number(kJumpOverMedian) + " x the median";
  if (jumps.empty()) {
    return text + "no step is " + bound;
  }
  text += "jumps (steps " + bound + "):";
  for (const MotionJump& jump : jumps) {
    text += "\n  " + to_text(report, jump);
  }
  return text;
}

std::string to_json(const MotionReport& report) {
  Json object = {{"frames", report.frames.size()},
                 {"width", report.width},
                 {"height", report.height},
                 {"distances", Json::object()}};
  for (const MotionMeasure& measure : report.measures) {
    object["distances"][measure.name] = measure_json(report, measure);
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ptravel
