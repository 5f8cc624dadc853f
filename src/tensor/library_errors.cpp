#include "tensor/library_errors.h"

#include <string>

#include <c10/util/Exception.h>

#include "tensor/cpu/onednn.h"
#include "tensor/memory_shortage.h"

namespace ptravel {
namespace {

/// What LibTorch says of memory that the system refused; on CPUs it has no exception type for it.
constexpr std::string_view kCpuAllocator = "DefaultCPUAllocator: ";
constexpr const char* kWhatNeedsLess =
    "; smaller pictures (--width, --height), --batch 1, --precision fp16 and --low-memory need "
    "less";

Error of_libtorch(const c10::Error& error, const std::string& where) {
  const std::string text = error.what_without_backtrace();
  const auto refused = text.find(kCpuAllocator);
  if (refused != std::string::npos) {
    return {ErrorCode::OutOfMemory,
            where + "not enough memory: " + text.substr(refused + kCpuAllocator.size())};
  }
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) {
    const auto figures = refused_figures(text);
    return {ErrorCode::OutOfMemory, where + "not enough memory on the card: " +
                                        (figures ? *figures + kWhatNeedsLess : text)};
  }
  return {ErrorCode::Internal, where + text};
}

}  // namespace

Error library_error_in_flight(std::string_view operation) {
  const std::string where = "[" + std::string(operation) + "] ";
  if (cpu::onednn_out_of_memory()) {
    return {ErrorCode::OutOfMemory, where + "not enough memory for a layer of the network"};
  }
  try {
    throw;
  } catch (const c10::Error& error) {
    return of_libtorch(error, where);
  } catch (...) {
    return error_in_flight(operation);
  }
}

}  // namespace ptravel
