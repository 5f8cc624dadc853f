#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ptravel {

/// A Python slice: start:stop:step, each possibly absent.
struct FrameSlice {
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> stop;
  std::optional<std::int64_t> step;
  bool operator==(const FrameSlice&) const = default;
};

/// Parses the pick setting as the first version does: fields separated by ":", one field means
/// STOP ("10": the first ten), two start:stop, three start:stop:step; empty fields are absent; a
/// text of only spaces is no slice. Integers are written as Python's int() reads them. Throws
/// Error(InvalidArgument) for anything else.
FrameSlice parse_slice(std::string_view text);

/// The indices that Python's range(length)[slice] has, in its order. Throws
/// Error(InvalidArgument) when the step is 0.
std::vector<std::int64_t> slice_indices(const FrameSlice& slice, std::int64_t length);

/// How many indices that are, counted without listing them. Throws likewise.
std::int64_t slice_count(const FrameSlice& slice, std::int64_t length);

/// The film: the picked frames with the first and the last one repeated `pad` times more. Throws
/// Error(InvalidArgument) when nothing is picked.
std::vector<std::int64_t> pick_and_pad(std::string_view pick,
                                       std::int64_t pad,
                                       std::int64_t length);

}  // namespace ptravel
