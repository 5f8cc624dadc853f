#include "jobs/run_units.h"

#include <algorithm>

#include "base/text.h"
#include "ptravel/error.h"
#include "request/frame_places.h"
#include "travel/frame_units.h"

namespace ptravel {
namespace {

constexpr std::size_t kLongestList = 400;

enum class UnitKind { Frame, Gap, Chain, Paced };

UnitKind unit_kind(const TravelRequest& request) {
  if (request.genesis == Genesis::Successive) {
    return UnitKind::Chain;
  }
  if (request.pace == Pace::Even) {
    return UnitKind::Paced;
  }
  return frames_stand_alone(request) ? UnitKind::Frame : UnitKind::Gap;
}

std::vector<FrameRange> single_frames(std::int64_t count) {
  std::vector<FrameRange> units;
  for (std::int64_t index = 0; index < count; ++index) {
    units.push_back({index, index + 1});
  }
  return units;
}

/// Each gap ends behind the stage that it leads to; the first one also has the first stage.
std::vector<FrameRange> gaps(const Manifest& manifest) {
  std::vector<FrameRange> units;
  std::int64_t begin = 0;
  for (std::size_t i = 1; i < manifest.stage_frames.size(); ++i) {
    units.push_back({begin, manifest.stage_frames[i] + 1});
    begin = units.back().end;
  }
  if (begin < manifest.frames) {
    units.push_back({begin, manifest.frames});  // Back to the first stage, or without a last one.
  }
  return units;
}

[[noreturn]] void refuse(const std::string& option, const std::string& message) {
  throw Error(ErrorCode::InvalidArgument, Problem{option, message});
}

std::string range_text(const FrameRange& range) {
  const std::int64_t last = range.end - 1;
  return std::to_string(range.begin) + (last == range.begin ? "" : "-" + std::to_string(last));
}

void choose(std::vector<bool>& frames, const FrameRange& range) {
  std::fill(frames.begin() + range.begin, frames.begin() + range.end, true);
}

}  // namespace

std::vector<FrameRange> run_units(const Manifest& manifest) {
  switch (unit_kind(manifest.request)) {
    case UnitKind::Frame:
      return single_frames(manifest.frames);
    case UnitKind::Gap:
      return gaps(manifest);
    default:
      return {{0, manifest.frames}};
  }
}

std::string why_units(const Manifest& manifest) {
  switch (unit_kind(manifest.request)) {
    case UnitKind::Frame:
      return "every frame can be drawn by itself";
    case UnitKind::Gap:
      return "the frames of a gap build on each other or share an embryo";
    case UnitKind::Chain:
      return "every frame starts from the one before";
    default:
      return "the frames are chosen among pictures of the whole film (pace even)";
  }
}

std::vector<bool> chosen_frames(const Manifest& manifest, const FrameChoice& choice) {
  const bool all = choice.frames.empty() && !choice.unit && !choice.part;
  std::vector<bool> frames(static_cast<std::size_t>(manifest.frames), all);
  for (const FrameRange& range : choice.frames) {
    if (range.begin < 0 || range.begin >= range.end || range.end > manifest.frames) {
      refuse("--frames", range_text(range) + ", expected frames of the film, 0-" +
                             std::to_string(manifest.frames - 1));
    }
    choose(frames, range);
  }
  if (!choice.unit && !choice.part) {
    return frames;
  }
  const std::vector<FrameRange> units = run_units(manifest);
  const auto count = static_cast<std::int64_t>(units.size());
  std::int64_t begin = choice.unit.value_or(0);
  std::int64_t end = begin + 1;
  if (choice.part) {
    const FilmPart& part = *choice.part;
    PTRAVEL_CHECK(part.number >= 1 && part.number <= part.count);
    begin = count * (part.number - 1) / part.count;
    end = count * part.number / part.count;
  } else if (begin < 0 || begin >= count) {
    refuse("--unit", std::to_string(begin) + ", expected one of the film's units, 0-" +
                         std::to_string(count - 1));
  }
  for (std::int64_t unit = begin; unit < end; ++unit) {
    choose(frames, units[static_cast<std::size_t>(unit)]);
  }
  return frames;
}

std::string frames_text(const std::vector<bool>& frames) {
  std::string text;
  const auto count = static_cast<std::int64_t>(frames.size());
  for (std::int64_t begin = 0; begin < count; ++begin) {
    std::int64_t end = begin;
    while (end < count && frames[static_cast<std::size_t>(end)]) {
      ++end;
    }
    if (end > begin) {
      text += (text.empty() ? "" : ",") + range_text({begin, end});
      begin = end;
    }
  }
  return text;
}

std::string shortened(const std::string& list) {
  return list.size() > kLongestList ? list.substr(0, kLongestList) + "..." : list;
}

}  // namespace ptravel
