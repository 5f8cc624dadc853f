#include "progress_lines.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "ptravel/error.h"

namespace ptravel::train {
namespace {

Progress* running = nullptr;

void stop(int) {
  if (running != nullptr) {
    running->cancel();
  }
}

/// A line for each new activity, and one now and then.
class Reporter {
 public:
  void operator()(const ProgressSnapshot& now) {
    const auto clock = std::chrono::steady_clock::now();
    const bool is_new = now.activity != activity_;
    if (!is_new && clock - last_ < std::chrono::seconds(10)) {
      return;
    }
    activity_ = now.activity;
    last_ = clock;
    std::fprintf(stderr, "%s: %.0f of %.0f %s, %.2f/s, %.0f s\n", now.activity.c_str(), now.done,
                 now.total, now.unit.c_str(), now.units_per_second, now.seconds_elapsed);
  }

 private:
  std::string activity_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace

int run_with_progress(const std::function<void(Progress&)>& work) {
  Reporter reporter;
  Progress progress([&](const ProgressSnapshot& now) { reporter(now); });
  running = &progress;
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  int status = 0;
  try {
    work(progress);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    status = exit_status(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    status = 1;
  }
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  running = nullptr;
  return status;
}

}  // namespace ptravel::train
