#pragma once

#include <string_view>

#include "ptravel/error.h"

namespace ptravel {

/// For catch (...), where a room ends: the exception in flight as an Error, those of LibTorch and
/// oneDNN included. Memory that they did not get becomes OutOfMemory and says how much was asked
/// for, everything else of theirs Internal. `operation` says what was being done: "drawing".
Error library_error_in_flight(std::string_view operation);

/// Runs `work` and gives its result; whatever it throws leaves as an Error.
template <typename Work>
auto with_own_errors(std::string_view operation, const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (...) {
    throw library_error_in_flight(operation);
  }
}

}  // namespace ptravel
