#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// What Deforum's schedules depend on.
struct ScheduleFilm {
  std::int64_t frames = 1;  ///< At least 1.
  std::int64_t seed = -1;   ///< The run's first one.
};

/// A number for each frame, of a schedule as Deforum writes them: "0:(1), 30:(1+0.1*sin(t))". Plain
/// numbers are keys with straight lines between them, expressions hold from their key to the next.
/// Later keys of a frame win; frames outside of the film are left out. Values may be infinite.
/// Throws Error(InvalidArgument) that says what is wrong with which part; a schedule needs a key at
/// frame 0.
std::vector<double> number_schedule(std::string_view text, const ScheduleFilm& film);

/// A text for each frame, held from its key to the next: "0: (\"Euler a\"), 20: (\"DDIM\")".
/// Throws likewise.
std::vector<std::string> text_schedule(std::string_view text, const ScheduleFilm& film);

/// The frame that a key of a schedule or of prompts names: a whole number or an expression, in
/// which max_f stands for `last`. Throws likewise.
std::int64_t schedule_frame(std::string_view key, std::int64_t last, std::int64_t seed);

}  // namespace ptravel
