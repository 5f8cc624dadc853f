#pragma once

#include <functional>

#include "ptravel/progress.h"

namespace ptravel::train {

/// Runs a program's work: progress as lines on stderr (one for each new activity, then one every
/// ten seconds), Ctrl-C and SIGTERM cancel, errors become a message. Returns the exit status: 0, or
/// the error's (ptravel/error.h).
int run_with_progress(const std::function<void(Progress&)>& work);

}  // namespace ptravel::train
