#include "apps/cli/interrupt.h"

#include <atomic>
#include <string_view>

#include <signal.h>
#include <unistd.h>

namespace ptravel::cli {
namespace {

std::atomic<Progress*> interrupted_progress{nullptr};

void on_interrupt(int) {
  Progress* progress = interrupted_progress.load();
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
}

}  // namespace

InterruptGuard::InterruptGuard(Progress& progress) {
  interrupted_progress.store(&progress);
  set_handler(on_interrupt);
}

InterruptGuard::~InterruptGuard() {
  set_handler(SIG_DFL);
  interrupted_progress.store(nullptr);
}

}  // namespace ptravel::cli
