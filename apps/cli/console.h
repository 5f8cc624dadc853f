#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/progress.h"

namespace ptravel::cli {

/// How the program talks: a live line on a terminal, plain lines elsewhere, or JSON events (one
/// object per line on standard output) for programs. Everything but results goes to standard error.
class Console {
 public:
  /// `debug`: also show the events of kind Debug.
  explicit Console(bool json, bool debug = false);

  /// Shows progress: redrawn in place on a terminal, at most every few seconds elsewhere.
  void progress(const ProgressSnapshot& snapshot);
  /// Shows an event of a run.
  void event(const RunEvent& event);
  /// A closing result: its texts line by line, or one JSON event of this name with these fields.
  void result(const std::string& event,
              const std::vector<std::pair<std::string, std::string>>& fields);
  /// A closing result as it is: text for people, or one JSON object.
  void output(const std::string& text);
  /// A line that is meant for people only (hints).
  void hint(const std::string& text);
  /// Prints a failure: "prompt-travel: ...", one line per problem, and before that a JSON event for
  /// programs, in which the problems are data.
  void failure(const Error& error);
  bool json() const { return json_; }

 private:
  using Clock = std::chrono::steady_clock;
  void clear_line();

  bool json_;
  bool debug_;
  bool terminal_;
  std::mutex mutex_;  // guards everything below and the output streams
  std::size_t line_width_ = 0;
  std::string last_activity_;
  Clock::time_point last_print_{};
};

/// "1:02:03" or "2:03" or "0:03".
std::string duration_text(double seconds);

}  // namespace ptravel::cli
