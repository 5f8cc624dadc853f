#pragma once

#include "ptravel/progress.h"

namespace ptravel::cli {

/// While it lives, Ctrl-C (SIGINT) and SIGTERM cancel `progress`; a second one ends the process at
/// once.
class InterruptGuard {
 public:
  explicit InterruptGuard(Progress& progress);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

}  // namespace ptravel::cli
