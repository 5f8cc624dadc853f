// Which frames a process is to draw, from words and from what engines tell.

#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/run_parts.h"

namespace ptravel {
namespace {

/// Larger than any film (kMostFrames); keeps products within 64 bits.
constexpr std::int64_t kMost = 100'000'000;

/// A plain number from `least` to kMost.
std::optional<std::int64_t> number_in(std::string_view text, std::int64_t least) {
  const bool digits =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto number = digits ? parse_integer(text) : std::nullopt;
  return number && *number >= least && *number <= kMost ? number : std::nullopt;
}

/// "0-9" or "4".
std::optional<FrameRange> range_of(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = number_in(trimmed(text.substr(0, dash)), 0);
  const auto last =
      dash == std::string_view::npos ? first : number_in(trimmed(text.substr(dash + 1)), 0);
  return first && last && *first <= *last ? std::optional(FrameRange{*first, *last + 1})
                                          : std::nullopt;
}

std::optional<std::vector<FrameRange>> ranges_of(const std::string& text) {
  std::vector<FrameRange> ranges;
  for (const std::string_view part : split(text, ',')) {
    const auto range = range_of(trimmed(part));
    if (!range) {
      return std::nullopt;
    }
    ranges.push_back(*range);
  }
  return ranges;
}

/// "2/16".
std::optional<FilmPart> part_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) {
    return std::nullopt;
  }
  const auto number = number_in(trimmed(text.substr(0, slash)), 1);
  const auto count = number_in(trimmed(text.substr(slash + 1)), 1);
  return number && count && *number <= *count ? std::optional(FilmPart{*number, *count})
                                              : std::nullopt;
}

/// The number in an environment variable; `otherwise` where it is not set and that is a number.
std::int64_t variable(const char* name,
                      std::int64_t least,
                      std::optional<std::int64_t> otherwise,
                      const std::string& beside) {
  const char* const text = std::getenv(name);
  if (text == nullptr && otherwise) {
    return *otherwise;
  }
  const auto number = text == nullptr ? std::nullopt : number_in(text, least);
  if (!number) {
    const std::string found =
        text == nullptr ? "is not set" : "is \"" + std::string(text).substr(0, 40) + "\"";
    throw Error(ErrorCode::InvalidArgument,
                Problem{name, found + beside + ", expected a whole number of at least " +
                                  std::to_string(least)});
  }
  return *number;
}

FilmPart part_at(const char* name, std::int64_t index, std::int64_t count) {
  if (index >= count) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{name, "is part " + std::to_string(index + 1) + " of " +
                                  std::to_string(count) + ", expected one of them"});
  }
  return {index + 1, count};
}

}  // namespace

FrameChoice parse_frame_choice(const std::optional<std::string>& frames,
                               const std::optional<std::string>& unit,
                               const std::optional<std::string>& part) {
  FrameChoice choice;
  std::vector<Problem> problems;
  const auto wrong = [&](const char* option, const std::string& text, const char* expected) {
    problems.push_back({option, "\"" + text + "\", expected " + expected});
  };
  if (frames) {
    const auto ranges = ranges_of(*frames);
    choice.frames = ranges.value_or(choice.frames);
    if (!ranges) {
      wrong("--frames", *frames, "frames from 0 on such as 0-9,40-49");
    }
  }
  if (unit && !(choice.unit = number_in(*unit, 0))) {
    wrong("--unit", *unit, "the number of a unit, from 0 on");
  }
  if (part && !(choice.part = part_of(*part))) {
    wrong("--part", *part, "a part of parts such as 2/16, from 1/16 to 16/16");
  }
  if (problems.empty() && int{frames.has_value()} + unit.has_value() + part.has_value() > 1) {
    problems.push_back({frames ? "--frames" : "--unit",
                        "is given beside another choice of frames, expected one of --frames, "
                        "--unit and --part"});
  }
  if (!problems.empty()) {
    throw Error(ErrorCode::InvalidArgument, std::move(problems));
  }
  return choice;
}

std::optional<FilmPart> part_of_environment() {
  if (std::getenv("SLURM_ARRAY_TASK_ID") != nullptr) {
    const std::string beside = " beside SLURM_ARRAY_TASK_ID";
    const std::int64_t least = variable("SLURM_ARRAY_TASK_MIN", 0, 0, beside);
    const std::int64_t step = variable("SLURM_ARRAY_TASK_STEP", 1, 1, beside);
    const std::int64_t id = variable("SLURM_ARRAY_TASK_ID", least, {}, "");
    const std::int64_t count = variable("SLURM_ARRAY_TASK_COUNT", 1, {}, beside);
    return part_at("SLURM_ARRAY_TASK_ID", (id - least) / step, count);
  }
  if (std::getenv("JOB_COMPLETION_INDEX") != nullptr) {
    return part_at("JOB_COMPLETION_INDEX", variable("JOB_COMPLETION_INDEX", 0, {}, ""),
                   variable("JOB_COMPLETIONS", 1, {},
                            " beside JOB_COMPLETION_INDEX (the job has to set it to its number of "
                            "completions)"));
  }
  return std::nullopt;
}

}  // namespace ptravel
