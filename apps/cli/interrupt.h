#pragma once

#include "ptravel/progress.h"

namespace ptravel::cli {

/// Lets writing into a closed pipe or beyond the limit of a file's size fail as any writing does,
/// instead of ending the process. Once, when the program starts.
void turn_signals_into_errors();

/// While it lives, Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP, unless nohup has it
/// ignored) cancel `progress`; a second one of the first two ends the process at once.
class InterruptGuard {
 public:
  explicit InterruptGuard(Progress& progress);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

}  // namespace ptravel::cli
