#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ptravel/request.h"

namespace ptravel {

/// A length or a place in a film.
struct FilmTime {
  double amount = 0;
  bool seconds = false;  ///< Else frames.
};

/// What stands before a stage's prompt.
struct TimeMark {
  std::optional<FilmTime> at;    ///< "@12", "@2.5s": where the stage's frame appears first.
  std::optional<FilmTime> hold;  ///< "[2s-5s]", "[2s-]": how long it stays.
  std::optional<FilmTime> way;   ///< "[5s]", "[2s-5s]": how long the way to the next stage takes.

  bool empty() const { return !at && !hold && !way; }
};

/// A stage's line without its marks.
struct MarkedLine {
  TimeMark mark;
  std::string_view prompt;
};

/// Reads the marks at the beginning of a line. What does not have their form is text: "[2x]",
/// "@home".
MarkedLine read_time_marks(std::string_view line);

/// Gives a request whose prompt has marks the steps and holds that they ask for, and a prompt
/// without them; leaves others as they are. Times count frames of the video, padding left out: a
/// stage that is held for h frames and a way of w frames bring the next stage h + w frames later.
/// Ways that are not marked take `travel_steps`, which must be one number then. Places in seconds
/// are rounded, not lengths, so that errors do not add up. Returns a sentence on where stages
/// appear; nothing without marks. Throws Error(InvalidArgument) naming the stage: "prompt".
std::optional<std::string> apply_time_marks(TravelRequest& request);

}  // namespace ptravel
