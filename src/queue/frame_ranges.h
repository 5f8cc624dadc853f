#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ptravel {

/// A set of frame numbers, kept as ranges: most runs are drawn in order, so there are few.
class FrameRanges {
 public:
  void add(std::int64_t index);
  std::int64_t count() const { return count_; }
  /// "0-13,26"; empty for none.
  std::string text() const;

 private:
  std::map<std::int64_t, std::int64_t> ranges_;  // last by first; no two touch
  std::int64_t count_ = 0;
};

}  // namespace ptravel
