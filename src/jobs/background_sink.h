#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ptravel/travel.h"

namespace ptravel {

/// A sink that makes a file's bytes of a frame, which takes most of its time and may be done in any
/// thread, and then takes the frame.
class EncodingSink : public FrameSink {
 public:
  /// May be called for several frames at the same time.
  virtual std::string encoded(const RenderedFrame& frame) const = 0;
  /// Takes a frame with its bytes.
  virtual void add_encoded(const RenderedFrame& frame, const std::string& bytes) = 0;
  void add(const RenderedFrame& frame) final { add_encoded(frame, encoded(frame)); }
};

/// Hands frames to a sink from a thread of its own, in their order, so that drawing goes on while
/// they are written; those that wait are encoded meanwhile, all at once. Made for one thread, which
/// draws. The first thing that the sink throws for a frame ends it: frames behind that one are
/// dropped, and whoever comes next is told.
class BackgroundSink : public FrameSink {
 public:
  /// At most `most` frames wait: whoever adds another one waits for room. 0: the sink takes each
  /// one at once, in the thread that adds it. `sink` outlives it; while it takes a frame in the
  /// thread it may be given a debug line in the other one, and nothing else.
  BackgroundSink(EncodingSink& sink, std::size_t most);
  /// Frames that wait are still handed over. What goes wrong then is not told.
  ~BackgroundSink() override;
  BackgroundSink(const BackgroundSink&) = delete;
  BackgroundSink& operator=(const BackgroundSink&) = delete;

  void begin(std::int64_t frame_count) override { sink_.begin(frame_count); }
  /// Throws what the sink threw for this frame or an earlier one.
  void add(const RenderedFrame& frame) override;
  /// Behind the frames that wait. Throws like wait().
  void add_file(const TravelFile& file) override;
  void debug(const std::string& text) override { sink_.debug(text); }
  /// Throws like wait().
  void finish() override;

  /// Until the sink has taken every frame. Throws what it threw.
  void wait();
  /// Frames that are added from now on hold this until the sink has taken them.
  void hold(std::shared_ptr<const void> held) { held_ = std::move(held); }

 private:
  struct Waiting {
    RenderedFrame frame;
    std::shared_ptr<const void> held;
    std::future<std::string> bytes;  // of the frame, which it must not outlive
  };
  void run();
  void take(Waiting& waiting) noexcept;

  EncodingSink& sink_;
  const std::size_t most_;
  std::shared_ptr<const void> held_;
  std::mutex mutex_;  // guards everything below but the thread
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;  // the first one is being taken
  std::exception_ptr failure_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace ptravel
