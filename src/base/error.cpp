#include "ptravel/error.h"

#include <filesystem>
#include <new>

#include "base/error_codes.h"

namespace ptravel {
namespace {

std::string lines_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    text += (text.empty() ? "" : "\n") + problem.field + ": " + problem.message;
  }
  return text;
}

}  // namespace

Error::Error(ErrorCode code, std::vector<Problem> problems)
    : std::runtime_error(lines_of(problems)), code_(code), problems_(std::move(problems)) {}

Error::Error(ErrorCode code, Problem problem)
    : Error(code, std::vector<Problem>{std::move(problem)}) {}

Error error_in_flight(std::string_view operation) {
  const std::string where = "[" + std::string(operation) + "] ";
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorCode::OutOfMemory, where + "not enough memory"};
  } catch (const std::filesystem::filesystem_error& error) {
    const bool missing = error.code() == std::errc::no_such_file_or_directory;
    return {missing ? ErrorCode::NotFound : ErrorCode::Io,
            where + error.path1().string() + ": " + error.code().message()};
  } catch (const std::exception& error) {
    return {ErrorCode::Internal, where + error.what()};
  } catch (...) {
    return {ErrorCode::Internal, where + "an unknown failure"};
  }
}

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

ErrorCode error_code_of(std::string_view name) {
  for (const ErrorCode code :
       {ErrorCode::InvalidArgument, ErrorCode::NotFound, ErrorCode::Corrupt, ErrorCode::Unsupported,
        ErrorCode::Io, ErrorCode::OutOfMemory, ErrorCode::Cancelled}) {
    if (error_code_name(code) == name) {
      return code;
    }
  }
  return ErrorCode::Internal;
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
