#include "notation/frame_schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/text.h"
#include "notation/schedule_expression.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::InvalidArgument, what); }

/// Without quotes and brackets, which plain values may have around them.
std::string bare(std::string_view text) {
  std::string result(text);
  std::erase_if(result, [](char c) { return c == '"' || c == '\'' || c == '(' || c == ')'; });
  return result;
}

/// Whether a bare text is a number as Deforum sees it: no exponent, no white space.
bool is_plain(std::string_view text) {
  const std::string_view digits = "0123456789";
  std::string_view rest = text;
  if (rest.starts_with('+') || rest.starts_with('-')) {
    rest.remove_prefix(1);
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(digits), rest.size()));
  if (rest.starts_with('.') && rest.size() > 1) {
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(digits), rest.size()));
  }
  return !text.empty() && rest.empty();
}

/// Keys and their values as they are written.
std::map<std::int64_t, std::string> read_keys(std::string_view text, const ScheduleFilm& film) {
  std::map<std::int64_t, std::string> keys;
  for (const std::string_view piece : split(text, ',')) {
    const std::vector<std::string_view> parts = split(piece, ':');
    if (parts.size() < 2) {
      refuse("\"" + std::string(trimmed(piece)) + "\", expected a frame and a value: 0:(1)");
    }
    const std::int64_t frame = schedule_frame(parts[0], film.frames - 1, film.seed);
    if (frame >= 0 && frame < film.frames) {
      keys[frame] = std::string(trimmed(parts[1]));
    }
  }
  if (!keys.contains(0)) {
    refuse("\"" + std::string(trimmed(text)) + "\" has no key at frame 0, expected one");
  }
  return keys;
}

double plain_number(const std::string& text) {
  std::string number = text.starts_with('+') ? text.substr(1) : text;
  const std::size_t digits = number.starts_with('-') ? 1 : 0;
  number.insert(digits, number.substr(digits).starts_with('.') ? "0" : "");
  const auto value = parse_number(number);
  if (!value) {
    refuse("\"" + text + "\", expected a number");
  }
  return *value;
}

/// Fills what has no value: ends from the nearest one, gaps along straight lines.
void fill_gaps(std::vector<double>& values, std::string_view text) {
  const auto has_value = [](double value) { return !std::isnan(value); };
  const auto first = std::ranges::find_if(values, has_value);
  if (first == values.end()) {
    refuse("\"" + std::string(trimmed(text)) + "\" has no value that is a number");
  }
  std::fill(values.begin(), first, *first);
  std::size_t before = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!has_value(values[i])) {
      continue;
    }
    for (std::size_t gap = before + 1; gap < i; ++gap) {
      const double share = static_cast<double>(gap - before) / static_cast<double>(i - before);
      values[gap] = values[before] + (values[i] - values[before]) * share;
    }
    before = i;
  }
  std::fill(values.begin() + static_cast<std::ptrdiff_t>(before), values.end(), values[before]);
}

}  // namespace

std::int64_t schedule_frame(std::string_view key, std::int64_t last, std::int64_t seed) {
  const std::string text(trimmed(bare(key)));
  if (is_plain(text)) {
    const auto frame = parse_integer(text);
    if (!frame) {
      refuse("\"" + text + "\", expected a whole number of a frame");
    }
    return *frame;
  }
  std::string_view inner = trimmed(key);
  if (inner.size() > 1 && (inner.front() == '"' || inner.front() == '\'')) {
    inner = inner.substr(1, inner.size() - 2);
  }
  const double frame =
      std::trunc(number_of(ScheduleExpression::parse(inner).evaluate({0, last, seed})));
  constexpr double kMost = 1e9;
  if (!(std::abs(frame) <= kMost)) {
    refuse("\"" + text + "\", expected a frame");
  }
  return static_cast<std::int64_t>(frame);
}

std::vector<double> number_schedule(std::string_view text, const ScheduleFilm& film) {
  const std::map<std::int64_t, std::string> keys = read_keys(text, film);
  std::vector<double> values(static_cast<std::size_t>(film.frames), kNone);
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    const std::string plain = bare(key->second);
    if (is_plain(plain)) {
      values[static_cast<std::size_t>(key->first)] = plain_number(plain);
      continue;
    }
    const ScheduleExpression expression = ScheduleExpression::parse(key->second);
    const std::int64_t end = std::next(key) == keys.end() ? film.frames : std::next(key)->first;
    for (std::int64_t frame = key->first; frame < end; ++frame) {
      values[static_cast<std::size_t>(frame)] =
          number_of(expression.evaluate({frame, film.frames - 1, film.seed}));
    }
  }
  fill_gaps(values, text);
  return values;
}

std::vector<std::string> text_schedule(std::string_view text, const ScheduleFilm& film) {
  std::vector<std::string> values;
  std::optional<std::string> held;
  const std::map<std::int64_t, std::string> keys = read_keys(text, film);
  for (std::int64_t frame = 0; frame < film.frames; ++frame) {
    if (const auto key = keys.find(frame); key != keys.end()) {
      const std::string value(trimmed(bare(key->second)));
      held = is_plain(value) ? held : value;
    }
    if (!held) {
      refuse("\"" + std::string(trimmed(text)) + "\", expected a text at frame 0");
    }
    values.push_back(*held);
  }
  return values;
}

}  // namespace ptravel
