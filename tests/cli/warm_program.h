#pragma once

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"

namespace ptravel {

/// The server of warm_program.cpp, which ends with this object. One of a test program.
class WarmProgram {
 public:
  /// Starts it the first time.
  static const WarmProgram& get() {
    static const WarmProgram program;
    return program;
  }

  WarmProgram(const WarmProgram&) = delete;
  WarmProgram& operator=(const WarmProgram&) = delete;

  /// The shell words that run the program in it, up to the program's own words.
  std::string command() const {
    return "PTRAVEL_WARM_SOCKET='" + socket_ + "' " PTRAVEL_WARM_PROGRAM;
  }

 private:
  WarmProgram() : socket_((folder_ / "socket").string()) {
    const int connections = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un where = {AF_UNIX, {}};
    std::strncpy(where.sun_path, socket_.c_str(), sizeof where.sun_path - 1);
    int lifeline[2];
    if (::bind(connections, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
        ::listen(connections, 16) != 0 || ::pipe2(lifeline, O_CLOEXEC) != 0) {
      throw std::runtime_error("cannot listen at " + socket_);
    }
    server_ = ::fork();
    if (server_ == 0) {
      // Out of the way of the two places first; copies are not closed by exec.
      const int from = ::fcntl(connections, F_DUPFD, 10);
      const int end = ::fcntl(lifeline[0], F_DUPFD, 10);
      ::dup2(from, 3);
      ::dup2(end, 4);
      ::close(from);
      ::close(end);
      ::setenv("OMP_WAIT_POLICY", "passive", /*replace=*/0);  // as the program does
      ::execl(PTRAVEL_WARM_PROGRAM, PTRAVEL_WARM_PROGRAM, "--serve", PTRAVEL_PROGRAM_LIBRARY,
              nullptr);
      ::_exit(125);
    }
    ::close(connections);
    ::close(lifeline[0]);
    lifeline_ = lifeline[1];
  }

  ~WarmProgram() {
    ::close(lifeline_);
    ::waitpid(server_, nullptr, 0);
  }

  TemporaryFolder folder_;
  std::string socket_;
  pid_t server_ = -1;
  int lifeline_ = -1;
};

}  // namespace ptravel
