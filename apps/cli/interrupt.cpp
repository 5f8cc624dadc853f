#include "apps/cli/interrupt.h"

#include <atomic>
#include <string_view>

#include <signal.h>
#include <unistd.h>

namespace ptravel::cli {
namespace {

std::atomic<Progress*> interrupted_progress{nullptr};

void on_interrupt(int signal) {
  Progress* progress = interrupted_progress.load();
  if (signal == SIGHUP) {
    // The terminal is gone: nobody reads a message, and more of the same may come.
    if (progress != nullptr) {
      progress->cancel();
    }
    return;
  }
  if (progress == nullptr || progress->cancelled()) {
    ::_exit(130);
  }
  progress->cancel();
  constexpr std::string_view kMessage = "\nstopping after this step (again to stop at once)\n";
  static_cast<void>(!::write(STDERR_FILENO, kMessage.data(), kMessage.size()));
}

void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction before {};
  ::sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) {  // nohup
    ::sigaction(SIGHUP, &action, nullptr);
  }
}

}  // namespace

void turn_signals_into_errors() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

InterruptGuard::InterruptGuard(Progress& progress) {
  interrupted_progress.store(&progress);
  set_handler(on_interrupt);
}

InterruptGuard::~InterruptGuard() {
  set_handler(SIG_DFL);
  interrupted_progress.store(nullptr);
}

}  // namespace ptravel::cli
