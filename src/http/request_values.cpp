// Values of request headers: Basic (RFC 7617), ranges, entity tags and dates (RFC 9110), event ids.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/base64.h"
#include "base/text.h"
#include "http/request_parts.h"

namespace ptravel {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::int64_t kEndOfYear9999 = 253402300799;
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view without_weak(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

}  // namespace

std::size_t count_of(const HttpFields& headers, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; }));
}

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<std::pair<std::string, std::string>> parse_basic(std::string_view authorization) {
  const std::size_t space = std::min(authorization.find(' '), authorization.size());
  if (!same_but_case(authorization.substr(0, space), "basic")) {
    return std::nullopt;
  }
  const auto decoded = from_base64(trimmed(authorization.substr(space)));
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  return std::pair(decoded->substr(0, colon), decoded->substr(colon + 1));
}

std::optional<HttpRange> parse_range(std::string_view range, std::uint64_t size) {
  const std::size_t equals = std::min(range.find('='), range.size());
  if (!same_but_case(trimmed(range.substr(0, equals)), "bytes") || equals == range.size()) {
    return std::nullopt;
  }
  const std::string_view spec = trimmed(range.substr(equals + 1));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view first_text = spec.substr(0, dash);
  const std::string_view last_text = spec.substr(dash + 1);
  const auto first = parse_digits(first_text);
  const auto last = parse_digits(last_text);
  if ((!first && !first_text.empty()) || (!last && !last_text.empty()) || (!first && !last) ||
      (first && last && *last < *first)) {
    return std::nullopt;
  }
  HttpRange parsed;
  if (first) {
    parsed.satisfiable = *first < size;
    parsed.first = *first;
    parsed.last = last && *last < size ? *last : size - 1;
  } else {  // the last bytes
    parsed.satisfiable = *last > 0 && size > 0;
    parsed.first = *last < size ? size - *last : 0;
    parsed.last = size - 1;
  }
  return parsed.satisfiable ? parsed : HttpRange{};
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  for (std::string_view candidate : split(if_none_match, ',')) {
    candidate = trimmed(candidate);
    if (candidate == "*" || without_weak(candidate) == without_weak(etag)) {
      return !etag.empty();
    }
  }
  return false;
}

std::optional<std::uint64_t> parse_event_id(std::string_view text) {
  return parse_digits(trimmed(text));
}

std::string http_date(std::int64_t seconds) {
  using std::chrono::floor;
  const std::chrono::sys_seconds time(
      std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kEndOfYear9999)));
  const auto days = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  std::array<char, 64> text{};
  std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays[std::chrono::weekday(days).c_encoding()].data(), static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  // The one form that is written today, 29 characters: "Sun, 06 Nov 1994 08:49:37 GMT".
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const auto day = parse_digits(text.substr(5, 2));
  const auto year = parse_digits(text.substr(12, 4));
  const auto hour = parse_digits(text.substr(17, 2));
  const auto minute = parse_digits(text.substr(20, 2));
  const auto second = parse_digits(text.substr(23, 2));
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second || *hour > 23 ||
      *minute > 59 || *second > 60 || *year < 1970) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) {
    return std::nullopt;
  }
  const std::chrono::seconds days = std::chrono::sys_days(date).time_since_epoch();
  return days.count() + static_cast<std::int64_t>(*hour * 3600 + *minute * 60 + *second);
}

}  // namespace ptravel
