#include "queue/frame_ranges.h"

#include <iterator>

namespace ptravel {

void FrameRanges::add(std::int64_t index) {
  auto next = ranges_.upper_bound(index);
  auto range = ranges_.end();
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (before->second >= index) {
      return;
    }
    if (before->second == index - 1) {
      range = before;
      range->second = index;
    }
  }
  if (range == ranges_.end()) {
    range = ranges_.emplace_hint(next, index, index);
  }
  if (next != ranges_.end() && next->first == index + 1) {
    range->second = next->second;
    ranges_.erase(next);
  }
  ++count_;
}

std::string FrameRanges::text() const {
  std::string text;
  for (const auto& [first, last] : ranges_) {
    text += (text.empty() ? "" : ",") + std::to_string(first);
    text += first == last ? "" : "-" + std::to_string(last);
  }
  return text;
}

}  // namespace ptravel
