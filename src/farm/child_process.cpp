#include "farm/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

[[noreturn]] void fail(const std::string& program) {
  throw Error(ErrorCode::Io, "[workers] start " + program + ": " + std::strerror(errno));
}

/// As exec takes them; they point into `texts`.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) {
    result.push_back(const_cast<char*>(text.c_str()));
  }
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  std::vector<std::string> texts = variables;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('=') + 1);
    if (std::ranges::none_of(variables, [&](const auto& own) { return own.starts_with(name); })) {
      texts.push_back(text);
    }
  }
  return texts;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& words,
                           Errors errors,
                           const std::vector<std::string>& variables) {
  // Made before the fork, behind which memory may not be asked for.
  const std::vector<char*> arguments = pointers(words);
  const std::vector<std::string> texts = environment_with(variables);
  const std::vector<char*> environment = pointers(texts);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    fail(words.front());
  }
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ == 0) {
    // The terminal's Ctrl-C is the parent's, who passes it on: a second one would end it in the
    // middle of a file.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGINT);
    if (::getppid() != parent) {
      ::_exit(130);
    }
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(errors == Errors::WithOutput ? ends[1] : nothing, STDERR_FILENO);
    ::execve(arguments.front(), arguments.data(), environment.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ends[0];
  if (process_ < 0) {
    ::close(output_);
    fail(words.front());
  }
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      output_(std::exchange(other.output_, -1)),
      begun_(std::move(other.begun_)) {}

ChildProcess::~ChildProcess() {
  if (process_ > 0) {
    interrupt();
    wait();
  }
  if (output_ >= 0) {
    ::close(output_);
  }
}

std::vector<std::string> ChildProcess::read_lines() {
  std::array<char, 65536> bytes;
  const ssize_t count = ::read(output_, bytes.data(), bytes.size());
  if (count < 0 && errno == EINTR) {
    return {};
  }
  if (count <= 0) {
    ::close(std::exchange(output_, -1));
    return {};
  }
  begun_.append(bytes.data(), static_cast<std::size_t>(count));
  std::vector<std::string> lines;
  for (std::size_t end = begun_.find('\n'); end != std::string::npos; end = begun_.find('\n')) {
    lines.push_back(begun_.substr(0, end));
    begun_.erase(0, end + 1);
  }
  return lines;
}

void ChildProcess::interrupt() const {
  if (process_ > 0) {
    ::kill(process_, SIGINT);
  }
}

int ChildProcess::wait() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace ptravel
