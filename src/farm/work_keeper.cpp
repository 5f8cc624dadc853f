#include "farm/work_keeper.h"

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLook{100};
constexpr milliseconds kLookAtRun{2000};
/// The longest that a step of a picture, or reading a tensor, is thought to take.
constexpr std::chrono::minutes kPatience{10};

WorkLease::Time now() {
  return std::chrono::duration_cast<WorkLease::Time>(Clock::now().time_since_epoch());
}

}  // namespace

WorkKeeper::WorkKeeper(NatsClient& client,
                       const Announcement& run,
                       NatsMessage& message,
                       Progress& outer)
    : client_(client),
      run_(run),
      message_(message),
      outer_(outer),
      lease_(milliseconds(run.lease_ms), kPatience, now()),
      work_([this](const ProgressSnapshot& snapshot) {
        progressed_.store(now().count());
        show(snapshot);
      }),
      thread_([this] { keep(); }) {}

void WorkKeeper::stop() {
  stopped_.store(true);
  if (thread_.joinable()) {
    thread_.join();
  }
}

/// Of drawing the frames of a film, of which a piece has few, the user hears when they are done.
void WorkKeeper::show(const ProgressSnapshot& snapshot) {
  if (snapshot.phase == WorkPhase::Drawing) {
    return;
  }
  if (snapshot.activity != shown_) {
    shown_ = snapshot.activity;
    outer_.enter(snapshot.phase);
    outer_.begin(snapshot.activity, snapshot.unit, snapshot.total);
  }
  outer_.update(snapshot.done);
}

void WorkKeeper::keep() {
  auto next_look = Clock::now() + kLookAtRun;
  while (!stopped_.load()) {
    std::this_thread::sleep_for(kLook);
    if (outer_.cancelled()) {
      work_.cancel();
    }
    if (const auto count = progressed_.exchange(0); count != 0) {
      lease_.progressed(WorkLease::Time(count));
    }
    if (lease_.keep(now())) {
      message_.keep();
    }
    if (Clock::now() >= next_look) {
      next_look = Clock::now() + kLookAtRun;
      look_at_run();
    }
  }
}

void WorkKeeper::look_at_run() {
  try {
    if (!client_.has_stream(RunNames(run_.run).work_stream())) {
      gone_.store(true);
      work_.cancel();
    }
  } catch (const Error&) {
    // The server is away; the lease says whose the work is when it is back.
  }
}

}  // namespace ptravel
