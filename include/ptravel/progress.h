#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace ptravel {

/// What kind of work is being done, for programs; the activity says the same for people. Loading:
/// of the model and of what else is needed before the first frame. Assembling: of video and contact
/// sheet.
enum class WorkPhase { Other, Loading, Drawing, Assembling };

/// Where the sampler is.
struct SamplingPlace {
  std::int64_t frame = -1;  ///< The frame in work (the first of those drawn together); -1: none.
  int step = 0;             ///< Steps that are done.
  int steps = 0;            ///< Steps of one frame.
  bool operator==(const SamplingPlace&) const = default;
};

/// What an observer sees: a sentence, how much is done of how much, the rate and the time left.
struct ProgressSnapshot {
  std::string activity;         ///< What is being done, one sentence without a full stop.
  std::string unit;             ///< What is counted: "frames", "steps", "tensors".
  double done = 0;              ///< In units; fractions are allowed.
  double total = 0;             ///< 0 when unknown.
  double units_per_second = 0;  ///< 0 until it can be measured.
  double seconds_left = -1;     ///< Negative when unknown.
  double seconds_elapsed = 0;   ///< Since the activity began.
  WorkPhase phase = WorkPhase::Other;
  SamplingPlace sampling = {};  ///< While frames are drawn.
};

/// One thread-safe object between work code and interfaces: work code reports and polls for
/// cancellation, interfaces observe and cancel.
class Progress {
 public:
  using Observer = std::function<void(const ProgressSnapshot&)>;

  Progress() = default;
  /// `observer` is called from the working thread at every report.
  explicit Progress(Observer observer) : observer_(std::move(observer)) {}

  /// Starts a new activity with its count at zero.
  void begin(std::string activity, std::string unit, double total);
  /// Sets how much is done, in units.
  void update(double done);
  /// The same, and where the sampler is.
  void update(double done, const SamplingPlace& sampling);
  /// The activities that begin from now on are of this kind.
  void enter(WorkPhase phase);
  /// Units that were there before this run began: they count as done, but not towards the rate.
  void set_initial(double done);
  /// What comes after the activities from now on, in units of theirs: it counts towards the time
  /// left. 0: nothing that takes time.
  void set_following(double units);

  /// An activity in the middle of another one, which goes on where it was when the object goes. The
  /// time that it took does not count towards the other's rate.
  class Interlude {
   public:
    Interlude(Progress& progress, std::string activity, std::string unit, double total);
    ~Interlude();
    Interlude(const Interlude&) = delete;
    Interlude& operator=(const Interlude&) = delete;

   private:
    Progress& progress_;
    ProgressSnapshot before_;
    double initial_ = 0;
    double following_ = 0;
  };

  /// Asks the work to stop at its next check. Safe to call from a signal handler.
  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }
  /// Throws Error(Cancelled) when cancel() was called. Work code calls it between sampler steps.
  void check_cancelled() const;

  ProgressSnapshot snapshot() const;

 private:
  using Clock = std::chrono::steady_clock;
  ProgressSnapshot snapshot_locked() const;

  Observer observer_;
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;  // guards everything below
  std::string activity_;
  std::string unit_;
  WorkPhase phase_ = WorkPhase::Other;
  SamplingPlace sampling_;
  double initial_ = 0;
  double following_ = 0;
  double done_ = 0;
  double total_ = 0;
  Clock::time_point start_ = Clock::now();
};

}  // namespace ptravel
