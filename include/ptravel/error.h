#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace ptravel {

/// The closed set of failure kinds. Every failure of the program is one of these plus a message.
enum class ErrorCode {
  InvalidArgument,  ///< The user asked for something that cannot be; the message names field, value
                    ///< and expectation.
  NotFound,         ///< A file, key or name that must exist does not.
  Corrupt,          ///< A file's content contradicts its format.
  Unsupported,      ///< Well-formed, but of a kind that this program does not handle.
  Io,               ///< The operating system refused to read or write.
  OutOfMemory,      ///< Host or device memory is exhausted.
  Cancelled,        ///< The user stopped the work.
  Internal,         ///< A broken assumption of this program.
};

/// The one exception type of the project. The message names the operation in brackets, the
/// offending value and the expected one: "[unet] conv_in.weight: expected [320, 4, 3, 3], file has
/// ...".
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// The text form of a code, for logs and JSON events: "invalid_argument", "io", ...
std::string_view error_code_name(ErrorCode code);

/// The process exit status for a code: 2 for bad input (InvalidArgument), 130 for Cancelled,
/// else 1.
int exit_status(ErrorCode code);

/// Throws Error(Internal) naming the place. Used by PTRAVEL_CHECK.
[[noreturn]] void throw_check_failure(const char* expression, const char* file, int line);

}  // namespace ptravel

/// Checks an assumption of the program itself (never user input); throws Error(Internal) when
/// false.
#define PTRAVEL_CHECK(expression)                                      \
  do {                                                                 \
    if (!(expression)) {                                               \
      ::ptravel::throw_check_failure(#expression, __FILE__, __LINE__); \
    }                                                                  \
  } while (false)
