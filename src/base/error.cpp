#include "ptravel/error.h"

namespace ptravel {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "invalid_argument";
    case ErrorCode::NotFound:
      return "not_found";
    case ErrorCode::Corrupt:
      return "corrupt";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::Io:
      return "io";
    case ErrorCode::OutOfMemory:
      return "out_of_memory";
    case ErrorCode::Cancelled:
      return "cancelled";
    case ErrorCode::Internal:
      return "internal";
  }
  return "internal";
}

int exit_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return 2;
    case ErrorCode::Cancelled:
      return 130;
    default:
      return 1;
  }
}

void throw_check_failure(const char* expression, const char* file, int line) {
  throw Error(ErrorCode::Internal, std::string("[check] ") + expression + " does not hold at " +
                                       file + ":" + std::to_string(line));
}

}  // namespace ptravel
