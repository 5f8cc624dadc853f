#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace ptravel {

/// A process of a program whose standard output is read line by line. It does not hear the
/// terminal's signals, and is interrupted when the thread that started it ends. One thread.
class ChildProcess {
 public:
  /// What becomes of its standard error.
  enum class Errors { Lost, WithOutput };
  /// Starts `words`, the first of which is the program's path, with this process's environment;
  /// `variables` ("NAME=value") are added to it or take the place of those of the same name. Throws
  /// Io.
  explicit ChildProcess(const std::vector<std::string>& words,
                        Errors errors = Errors::Lost,
                        const std::vector<std::string>& variables = {});
  /// Interrupts and waits for one that still runs.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// What can be waited for by poll(2); -1 once the output has ended.
  int output() const { return output_; }
  /// The whole lines that came since, without waiting longer than for something to come.
  std::vector<std::string> read_lines();
  /// What came behind the last whole line.
  const std::string& rest() const { return begun_; }
  /// Asks it to stop, as Ctrl-C does.
  void interrupt() const;
  /// Waits for its end: its exit status, or 128 and the signal that ended it.
  int wait();

 private:
  pid_t process_ = -1;
  int output_ = -1;
  std::string begun_;  // of a line
};

}  // namespace ptravel
