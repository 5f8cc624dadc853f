#include "request/slice.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

[[noreturn]] void throw_bad_slice(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::InvalidArgument,
              Problem{"pick", "\"" + std::string(text) + "\": " + why +
                                  ", expected a Python slice such as 10, 2:20, 0:30:2 or ::-1"});
}

std::optional<std::int64_t> parse_slice_field(std::string_view text, std::string_view field) {
  if (trimmed(field).empty()) {
    return std::nullopt;
  }
  const auto value = parse_integer(field);
  if (!value) {
    throw_bad_slice(text, "\"" + std::string(field) + "\" is not a whole number");
  }
  return value;
}

/// Clamps a start or stop as Python's slice.indices does.
std::int64_t clamp_bound(std::int64_t bound,
                         std::int64_t length,
                         std::int64_t lowest,
                         std::int64_t highest) {
  if (bound < 0) {
    bound = bound < -length ? lowest : bound + length;
  }
  return std::clamp(bound, lowest, highest);
}

/// A slice of a list of known length: first index, end, step.
struct SliceBounds {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
};

SliceBounds bounds_of(const FrameSlice& slice, std::int64_t length) {
  PTRAVEL_CHECK(length >= 0);
  const std::int64_t step = slice.step.value_or(1);
  if (step == 0) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"pick", "the slice's step is 0, expected any other number"});
  }
  const bool forward = step > 0;
  const std::int64_t lowest = forward ? 0 : -1;
  const std::int64_t highest = forward ? length : length - 1;
  const std::int64_t start =
      slice.start ? clamp_bound(*slice.start, length, lowest, highest) : (forward ? 0 : length - 1);
  const std::int64_t stop =
      slice.stop ? clamp_bound(*slice.stop, length, lowest, highest) : (forward ? length : -1);
  return {start, stop, step};
}

}  // namespace

FrameSlice parse_slice(std::string_view text) {
  if (trimmed(text).empty()) {
    return {};
  }
  const auto fields = split(text, ':');
  FrameSlice slice;
  switch (fields.size()) {
    case 1:
      slice.stop = parse_slice_field(text, fields[0]);
      return slice;
    case 3:
      slice.step = parse_slice_field(text, fields[2]);
      [[fallthrough]];
    case 2:
      slice.start = parse_slice_field(text, fields[0]);
      slice.stop = parse_slice_field(text, fields[1]);
      return slice;
    default:
      throw_bad_slice(text, "has " + std::to_string(fields.size()) + " fields");
  }
}

std::int64_t slice_count(const FrameSlice& slice, std::int64_t length) {
  const SliceBounds bounds = bounds_of(slice, length);
  const bool forward = bounds.step > 0;
  const std::int64_t distance = forward ? bounds.stop - bounds.start : bounds.start - bounds.stop;
  if (distance <= 0) {
    return 0;
  }
  // The step's size as an unsigned number: the smallest integer has no positive twin.
  const auto step = static_cast<std::uint64_t>(bounds.step);
  const std::uint64_t size = forward ? step : ~step + 1;
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(distance) - 1) / size + 1);
}

std::vector<std::int64_t> slice_indices(const FrameSlice& slice, std::int64_t length) {
  const SliceBounds bounds = bounds_of(slice, length);
  const std::int64_t count = slice_count(slice, length);
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < count; ++i) {
    indices.push_back(bounds.start + i * bounds.step);
  }
  return indices;
}

std::vector<std::int64_t> pick_and_pad(std::string_view pick,
                                       std::int64_t pad,
                                       std::int64_t length) {
  PTRAVEL_CHECK(pad >= 0);
  std::vector<std::int64_t> picked = slice_indices(parse_slice(pick), length);
  if (picked.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"pick", "\"" + std::string(pick) + "\" selects none of the " +
                                    std::to_string(length) +
                                    " frames, expected a slice that selects at least one"});
  }
  std::vector<std::int64_t> film(static_cast<std::size_t>(pad), picked.front());
  film.insert(film.end(), picked.begin(), picked.end());
  film.insert(film.end(), static_cast<std::size_t>(pad), picked.back());
  return film;
}

}  // namespace ptravel
