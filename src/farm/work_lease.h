#pragma once

#include <algorithm>
#include <chrono>

namespace ptravel {

/// When a worker says that it still draws a piece of work: three times within its lease, for as
/// long as there is progress. One that hangs says nothing, so that others get its work. No clock of
/// its own; a time that steps back counts as no time.
class WorkLease {
 public:
  using Time = std::chrono::milliseconds;

  /// `patience`: how long there may be no progress.
  WorkLease(Time lease, Time patience, Time now)
      : lease_(lease), patience_(patience), kept_(now), progressed_(now) {}

  void progressed(Time now) { progressed_ = now; }
  /// Whether to say so now; counts as said.
  bool keep(Time now) {
    kept_ = std::min(kept_, now);
    progressed_ = std::min(progressed_, now);
    if (now - kept_ < lease_ / 3 || hangs(now)) {
      return false;
    }
    kept_ = now;
    return true;
  }
  bool hangs(Time now) const { return now - progressed_ >= patience_; }

 private:
  Time lease_;
  Time patience_;
  Time kept_;
  Time progressed_;
};

}  // namespace ptravel
