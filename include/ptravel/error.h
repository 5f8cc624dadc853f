#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// What is wrong with one setting, option or key: its name, and a sentence with the value it got
/// and what it may be.
struct Problem {
  std::string field;
  std::string message;
  bool operator==(const Problem&) const = default;
};

/// The one exception type of the project. The message names the operation in brackets, the
/// offending value and the expected one: "[unet] conv_in.weight: expected [320, 4, 3, 3], file has
/// ...". What is wrong with settings stays data: each interface shows the problems in its own
/// words, nobody takes a message apart.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  /// The message has a line for each problem, "field: message".
  Error(ErrorCode code, std::vector<Problem> problems);
  Error(ErrorCode code, Problem problem);

  ErrorCode code() const noexcept { return code_; }
  /// Which fields are wrong and how; empty where the failure is of no field.
  const std::vector<Problem>& problems() const noexcept { return problems_; }

 private:
  ErrorCode code_;
  std::vector<Problem> problems_;
};

/// Runs `check` and collects the problems that its Error tells of; an Error of another kind passes.
template <typename Check>
void collect_problems(std::vector<Problem>& problems, const Check& check) {
  try {
    check();
  } catch (const Error& error) {
    if (error.problems().empty()) {
      throw;
    }
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
  }
}

/// For catch (...): the exception in flight as an Error. Ours stay as they are; of the standard
/// library's, bad_alloc becomes OutOfMemory, a file system's failure Io or NotFound, all others
/// Internal. `operation` says what was being done: "drawing".
Error error_in_flight(std::string_view operation);

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
