// Runs the program's command lines from a process that has loaded it already: loading LibTorch
// takes half a second of a processor, which tests would pay hundreds of times.
//
// warm_program --serve LIBRARY: takes connections on descriptor 3 and runs each in a fork, until
// descriptor 4 is closed at its other end. warm_program WORDS...: has the server whose socket is in
// PTRAVEL_WARM_SOCKET run the program with these words, here and with these descriptors and
// environment, and exits with its status (128 + N when signal N ended it). What the environment
// says to libraries while they are loaded, and signals to this process, do not reach the program.

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Main = int (*)(int, char**);

constexpr int kConnections = 3;
constexpr int kLifeline = 4;
constexpr int kHandedOver = 3;  ///< Standard input, output and errors.

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(125);
}

void write_all(int socket, const void* data, std::size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(socket, next, size);
    if (written <= 0) {
      fail("warm_program: write");
    }
    next += written;
    size -= static_cast<std::size_t>(written);
  }
}

bool read_all(int socket, void* data, std::size_t size) {
  char* next = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::read(socket, next, size);
    if (got <= 0) {
      return false;
    }
    next += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

/// Room for one message with descriptors.
struct Descriptors {
  alignas(cmsghdr) char control[CMSG_SPACE(kHandedOver * sizeof(int))] = {};
  char byte = 0;
  iovec part = {&byte, 1};
  msghdr message = {};
  Descriptors() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
};

void send_descriptors(int socket) {
  Descriptors sent;
  cmsghdr* const header = CMSG_FIRSTHDR(&sent.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(kHandedOver * sizeof(int));
  const int own[kHandedOver] = {0, 1, 2};
  std::memcpy(CMSG_DATA(header), own, sizeof own);
  if (::sendmsg(socket, &sent.message, 0) != 1) {
    fail("warm_program: sendmsg");
  }
}

/// Makes the sender's standard descriptors this process's.
void take_descriptors(int socket) {
  Descriptors taken;
  if (::recvmsg(socket, &taken.message, 0) != 1) {
    fail("warm_program: recvmsg");
  }
  int others[kHandedOver];
  std::memcpy(others, CMSG_DATA(CMSG_FIRSTHDR(&taken.message)), sizeof others);
  for (int i = 0; i < kHandedOver; ++i) {
    ::dup2(others[i], i);
    ::close(others[i]);
  }
}

/// The working folder, the words and the environment: texts that each end with a zero byte.
struct Call {
  std::uint32_t words = 0;
  std::uint32_t size = 0;
};

int ask(const char* address, char** argv, int argc) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un where = {AF_UNIX, {}};
  std::strncpy(where.sun_path, address, sizeof where.sun_path - 1);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
    fail("warm_program: connect");
  }
  char* const folder = ::getcwd(nullptr, 0);
  std::string texts = std::string(folder) + '\0';
  std::free(folder);
  for (int i = 0; i < argc; ++i) {
    texts += std::string(argv[i]) + '\0';
  }
  for (char** variable = ::environ; *variable != nullptr; ++variable) {
    texts += std::string(*variable) + '\0';
  }
  const Call call = {static_cast<std::uint32_t>(argc), static_cast<std::uint32_t>(texts.size())};
  send_descriptors(socket);
  write_all(socket, &call, sizeof call);
  write_all(socket, texts.data(), texts.size());
  int status = 0;
  return read_all(socket, &status, sizeof status) ? status : 125;
}

/// Reads a call from `socket`, runs it in a fork of its own and sends its status back.
void answer(int socket, Main run) {
  ::signal(SIGCHLD, SIG_DFL);
  take_descriptors(socket);
  Call call;
  if (!read_all(socket, &call, sizeof call)) {
    return;
  }
  std::string texts(call.size, '\0');
  if (!read_all(socket, texts.data(), texts.size())) {
    return;
  }
  const pid_t program = ::fork();
  if (program == 0) {
    ::close(socket);
    std::vector<char*> split;
    for (char* next = texts.data(); next < texts.data() + texts.size();
         next += std::strlen(next) + 1) {
      split.push_back(next);
    }
    split.push_back(nullptr);
    if (::chdir(split.front()) != 0) {
      fail("warm_program: chdir");
    }
    ::environ = split.data() + 1 + call.words;
    std::vector<char*> words(split.begin() + 1, split.begin() + 1 + call.words);
    words.push_back(nullptr);
    const int status = run(static_cast<int>(call.words), words.data());
#ifdef PTRAVEL_COVERAGE
    std::exit(status);
#else
    std::fflush(nullptr);
    ::_exit(status);  // as the program ends
#endif
  }
  int status = 0;
  ::waitpid(program, &status, 0);
  status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  write_all(socket, &status, sizeof status);
}

int serve(const char* library) {
  void* const program = ::dlopen(library, RTLD_LAZY | RTLD_GLOBAL);
  const auto run =
      reinterpret_cast<Main>(program == nullptr ? nullptr : ::dlsym(program, "prompt_travel_main"));
  if (run == nullptr) {
    std::fprintf(stderr, "warm_program: %s\n", ::dlerror());
    return 125;
  }
  ::signal(SIGCHLD, SIG_IGN);
  pollfd watched[] = {{kConnections, POLLIN, 0}, {kLifeline, POLLIN, 0}};
  while (true) {
    if (::poll(watched, 2, -1) < 0 && errno != EINTR) {
      fail("warm_program: poll");
    }
    if (watched[1].revents != 0) {
      return 0;
    }
    if (watched[0].revents == 0) {
      continue;
    }
    const int socket = ::accept4(kConnections, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0 && ::fork() == 0) {
      ::close(kConnections);
      ::close(kLifeline);
      answer(socket, run);
      ::_exit(0);
    }
    ::close(socket);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--serve") == 0) {
    return serve(argv[2]);
  }
  const char* const address = std::getenv("PTRAVEL_WARM_SOCKET");
  if (address == nullptr) {
    std::fputs("warm_program: PTRAVEL_WARM_SOCKET: is not set, expected a server's socket\n",
               stderr);
    return 125;
  }
  return ask(address, argv, argc);
}
