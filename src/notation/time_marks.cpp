#include "notation/time_marks.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "ptravel/error.h"
#include "request/frame_settings.h"
#include "request/stages.h"

namespace ptravel {
namespace {

constexpr double kLongest = 1e6;  // frames or seconds

/// Takes a number with an optional unit, "s" or "f", from the front of `text`.
struct ReadTime {
  FilmTime time;
  bool has_unit = false;
};
std::optional<ReadTime> take_time(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto amount = parse_number(text.substr(0, length));
  if (length == 0 || !amount || *amount > kLongest) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  ReadTime read{{*amount, false}, false};
  if (text.starts_with('s') || text.starts_with('f')) {
    read.time.seconds = text.front() == 's';
    read.has_unit = true;
    text.remove_prefix(1);
  }
  return read;
}

/// "@12", "@2.5s": takes it from the front, with the white space behind it.
std::optional<FilmTime> take_place(std::string_view& line) {
  if (!line.starts_with('@')) {
    return std::nullopt;
  }
  std::string_view rest = line.substr(1);
  const auto read = take_time(rest);
  if (!read ||
      (!rest.empty() && rest.front() != ' ' && rest.front() != '\t' && rest.front() != '[')) {
    return std::nullopt;
  }
  line = trimmed(rest);
  return read->time;
}

/// "[5s]", "[2s-]", "[2s-5s]", "[2-5s]": takes it likewise; needs a unit, which a first number may
/// leave to the second.
bool take_lengths(std::string_view& line, TimeMark& mark) {
  if (!line.starts_with('[')) {
    return false;
  }
  std::string_view rest = line.substr(1);
  const auto first = take_time(rest);
  if (!first) {
    return false;
  }
  const bool holds = rest.starts_with('-');
  rest.remove_prefix(holds ? 1 : 0);
  std::optional<ReadTime> second;
  if (holds && !rest.starts_with(']')) {
    second = take_time(rest);
    if (!second) {
      return false;
    }
  }
  const bool has_unit = second ? second->has_unit : first->has_unit;
  if (!rest.starts_with(']') || !has_unit) {
    return false;
  }
  if (holds) {
    mark.hold = first->time;
    mark.hold->seconds = first->has_unit ? first->time.seconds : second->time.seconds;
    mark.way = second ? std::optional(second->time) : std::nullopt;
  } else {
    mark.way = first->time;
  }
  line = trimmed(rest.substr(1));
  return true;
}

[[noreturn]] void refuse(std::size_t stage, const std::string& what) {
  throw Error(ErrorCode::InvalidArgument,
              Problem{"prompt", "stage " + std::to_string(stage + 1) + ": " + what});
}

std::string time_text(const FilmTime& time) {
  std::string number = number_text(time.amount);
  if (number.ends_with(".0")) {
    number.resize(number.size() - 2);
  }
  return number + (time.seconds ? "s" : "f");
}

/// Lays stages one behind the other.
class Layout {
 public:
  Layout(const TravelRequest& request, const std::vector<TimeMark>& marks, StagePlan plan)
      : request_(request), marks_(marks), plan_(std::move(plan)) {}

  void run() {
    const std::size_t stages =
        static_cast<std::size_t>(plan_.stage_count()) - (plan_.loops ? 1 : 0);
    double place = 0;
    if (mark(0).at && frames(0, *mark(0).at) != 0) {
      refuse(0, "begins at @" + time_text(*mark(0).at) + ", expected @0");
    }
    for (std::size_t stage = 0; stage < stages; ++stage) {
      const double held = mark(stage).hold ? frames(stage, *mark(stage).hold)
                                           : static_cast<double>(hold_at(request_.hold, stage));
      first_.push_back(std::llround(place));
      hold_.push_back(static_cast<int>(std::llround(place + held) - first_.back()));
      if (stage < plan_.steps.size()) {
        const double next = end_of_way(stage, place + held);
        const std::int64_t way = std::llround(next) - first_.back() - hold_.back();
        if (way < 1) {
          refuse(stage + 1, "comes " + std::to_string(1 - way) +
                                " frames too early, expected it behind the stage before");
        }
        steps_.push_back(way - 1);
        place = next;
      }
    }
  }

  const std::vector<std::int64_t>& first() const { return first_; }
  const std::vector<int>& hold() const { return hold_; }
  const std::vector<std::int64_t>& steps() const { return steps_; }

 private:
  /// Stages that only the negative prompt or a list makes have no marks.
  TimeMark mark(std::size_t stage) const {
    return stage < marks_.size() ? marks_[stage] : TimeMark();
  }

  double frames(std::size_t stage, const FilmTime& time) const {
    if (time.seconds && request_.fps <= 0) {
      refuse(stage, "counts in seconds (" + time_text(time) + "), expected fps above 0");
    }
    return time.seconds ? time.amount * request_.fps : time.amount;
  }

  double end_of_way(std::size_t stage, double start) const {
    const TimeMark next = mark(stage + 1);
    const TimeMark here = mark(stage);
    if (next.at && here.way) {
      refuse(stage + 1, "has a place (@" + time_text(*next.at) + ") and a way to it of [" +
                            time_text(*here.way) + "], expected one of them");
    }
    if (next.at) {
      return frames(stage + 1, *next.at);
    }
    return start + (here.way
                        ? frames(stage, *here.way)
                        : static_cast<double>(std::max<std::int64_t>(plan_.steps[stage], 0) + 1));
  }

  const TravelRequest& request_;
  const std::vector<TimeMark>& marks_;
  StagePlan plan_;
  std::vector<std::int64_t> first_;
  std::vector<int> hold_;
  std::vector<std::int64_t> steps_;
};

template <typename Number>
std::string comma_list(const std::vector<Number>& numbers) {
  std::string text;
  for (const Number number : numbers) {
    text += (text.empty() ? "" : ",") + std::to_string(number);
  }
  return text;
}

std::string places_text(const std::vector<std::int64_t>& first, double fps) {
  constexpr std::size_t kMost = 12;
  std::string text = "Stages appear at ";
  for (std::size_t i = 0; i < std::min(first.size(), kMost); ++i) {
    text += i == 0 ? "" : ", ";
    text += fps > 0
                ? number_text(std::round(static_cast<double>(first[i]) / fps * 100) / 100) + " s"
                : "frame " + std::to_string(first[i]);
  }
  return text + (first.size() > kMost ? ", ..." : "") + ".";
}

}  // namespace

MarkedLine read_time_marks(std::string_view line) {
  MarkedLine read;
  read.prompt = line;
  if (const auto place = take_place(read.prompt)) {
    read.mark.at = place;
  }
  take_lengths(read.prompt, read.mark);
  return read;
}

std::optional<std::string> apply_time_marks(TravelRequest& request) {
  const std::vector<std::string> lines = prompt_lines(request.prompt);
  std::vector<TimeMark> marks;
  std::vector<std::string> prompts;
  for (const std::string& line : lines) {
    const MarkedLine read = read_time_marks(line);
    marks.push_back(read.mark);
    prompts.emplace_back(read.prompt);
  }
  if (std::ranges::all_of(marks, &TimeMark::empty)) {
    return std::nullopt;
  }
  const auto marked = static_cast<std::size_t>(
      std::ranges::find_if(marks, [](const TimeMark& mark) { return !mark.empty(); }) -
      marks.begin());
  if (request.compat != Compat::None) {
    refuse(marked, "has a mark of time, expected none with compat: its frame counts are its own");
  }
  if (!request.beats.empty()) {
    refuse(marked, "has a mark of time, expected none with beats, which place the stages");
  }
  if (request.travel_steps.find(',') != std::string::npos) {
    refuse(marked, "has a mark of time, expected travel_steps to be one number then, got \"" +
                       request.travel_steps + "\"");
  }
  request.prompt = lines_of_entries(prompts);
  Layout layout(request, marks,
                plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                            stage_rules(request)));
  layout.run();
  if (!layout.steps().empty()) {
    request.travel_steps = comma_list(layout.steps());
  }
  const bool same =
      std::ranges::all_of(layout.hold(), [&](int hold) { return hold == layout.hold().front(); });
  request.hold = same ? std::vector<int>{layout.hold().front()} : layout.hold();
  std::string told = places_text(layout.first(), request.fps);
  if (marks.back().way && !request.loop) {
    told += " No way leads on from the last one: its [" + time_text(*marks.back().way) +
            "] has no meaning.";
  }
  return told;
}

}  // namespace ptravel
