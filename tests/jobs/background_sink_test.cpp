#include "jobs/background_sink.h"

#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "jobs/run_drawing.h"
#include "ptravel/error.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

RenderedFrame frame_of(std::int64_t index) {
  RenderedFrame frame;
  frame.index = index;
  return frame;
}

/// Takes its time for a frame, and fails at one of them.
class SlowSink : public EncodingSink {
 public:
  explicit SlowSink(std::int64_t fails_at = -1) : fails_at_(fails_at) {}
  void begin(std::int64_t) override {}
  /// Later frames are ready first.
  std::string encoded(const RenderedFrame& frame) const override {
    std::this_thread::sleep_for(std::chrono::milliseconds(10 - frame.index));
    if (frame.index == fails_at_) {
      throw Error(ErrorCode::Io, "[test] the disk is full");
    }
    return "frame " + std::to_string(frame.index);
  }
  void add_encoded(const RenderedFrame& frame, const std::string& bytes) override {
    EXPECT_EQ(bytes, "frame " + std::to_string(frame.index));
    taken.push_back(bytes);
  }
  void add_file(const TravelFile& file) override { taken.push_back(file.name); }
  void finish() override { taken.push_back("end"); }

  std::vector<std::string> taken;

 private:
  std::int64_t fails_at_;
};

/// Holds everything up until it is opened.
class GatedSink : public EncodingSink {
 public:
  void begin(std::int64_t) override {}
  std::string encoded(const RenderedFrame&) const override { return ""; }
  void add_encoded(const RenderedFrame&, const std::string&) override { open_.wait(); }
  void finish() override {}
  void open() { gate_.set_value(); }

 private:
  std::promise<void> gate_;
  std::shared_future<void> open_ = gate_.get_future().share();
};

TEST(BackgroundSink, TakesFramesInOrderAndFilesBehindThem) {
  SlowSink sink;
  BackgroundSink background(sink, 2);
  for (const std::int64_t index : {3, 1, 2, 0}) {
    background.add(frame_of(index));
  }
  background.add_file({"log.txt", "", {}});
  background.add(frame_of(4));
  background.finish();
  const std::vector<std::string> expected = {"frame 3", "frame 1", "frame 2", "frame 0",
                                             "log.txt", "frame 4", "end"};
  EXPECT_EQ(sink.taken, expected);
}

TEST(BackgroundSink, AddsAtOnceWhereNothingMayWait) {
  SlowSink sink(1);
  BackgroundSink background(sink, 0);
  background.add(frame_of(0));
  EXPECT_EQ(sink.taken.size(), 1u);
  EXPECT_THROW(background.add(frame_of(1)), Error);
  background.add(frame_of(2));
  background.finish();
  EXPECT_EQ(sink.taken.size(), 3u);
}

TEST(BackgroundSink, OnlySoManyWait) {
  GatedSink sink;
  BackgroundSink background(sink, 2);
  background.add(frame_of(0));
  background.add(frame_of(1));
  auto third = std::async(std::launch::async, [&] { background.add(frame_of(2)); });
  EXPECT_EQ(third.wait_for(50ms), std::future_status::timeout);
  sink.open();
  third.get();
  background.finish();
}

TEST(BackgroundSink, AFailureIsToldToWhoeverComesNextAndDropsTheRest) {
  SlowSink sink(1);
  BackgroundSink background(sink, 8);
  for (std::int64_t index = 0; index < 4; ++index) {
    try {
      background.add(frame_of(index));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Io);
    }
  }
  EXPECT_THROW(background.wait(), Error);
  EXPECT_THROW(background.add(frame_of(4)), Error);
  EXPECT_THROW(background.add_file({"log.txt", "", {}}), Error);
  EXPECT_THROW(background.finish(), Error);
  EXPECT_EQ(sink.taken, std::vector<std::string>{"frame 0"});
}

TEST(BackgroundSink, WhatWaitsIsHandedOverWhenItGoes) {
  SlowSink sink;
  {
    BackgroundSink background(sink, 8);
    for (std::int64_t index = 0; index < 5; ++index) {
      background.add(frame_of(index));
    }
  }
  EXPECT_EQ(sink.taken.size(), 5u);
}

TEST(BackgroundSink, FramesHoldWhatTheyWereGivenUntilTheyAreTaken) {
  GatedSink sink;
  BackgroundSink background(sink, 4);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = held;
  background.hold(std::move(held));
  background.add(frame_of(0));
  background.hold(nullptr);
  EXPECT_FALSE(seen.expired());
  sink.open();
  background.wait();
  EXPECT_TRUE(seen.expired());
}

/// Encodes a frame only while others are encoded, too.
class TogetherSink : public EncodingSink {
 public:
  void begin(std::int64_t) override {}
  std::string encoded(const RenderedFrame&) const override {
    all_.count_down();
    const auto late = std::chrono::steady_clock::now() + 10s;
    while (!all_.try_wait() && std::chrono::steady_clock::now() < late) {
      std::this_thread::sleep_for(1ms);
    }
    EXPECT_TRUE(all_.try_wait());
    return "";
  }
  void add_encoded(const RenderedFrame&, const std::string&) override { ++taken; }
  void finish() override {}

  int taken = 0;

 private:
  mutable std::latch all_{4};
};

/// One by one they would wait for each other in vain.
TEST(BackgroundSink, FramesThatWaitAreEncodedAtOnce) {
  TogetherSink sink;
  BackgroundSink background(sink, 4);
  for (std::int64_t index = 0; index < 4; ++index) {
    background.add(frame_of(index));
  }
  background.finish();
  EXPECT_EQ(sink.taken, 4);
}

/// A travel that is to be drawn into a folder, as run_travel begins it.
struct BegunRun {
  explicit BegunRun(const TemporaryFolder& out, int frames)
      : request([&] {
          TravelRequest made = tiny_request(out);
          made.travel_steps = std::to_string(frames - 2);
          return made;
        }()),
        folder(RunFolder::open(stopped_run(request, 0))),
        manifest(read_manifest(folder.manifest_path())) {
    TravelOptions options;
    options.store = &shared_store();
    travel = Travel::open(manifest.request, progress, options);
  }
  TravelRequest request;
  RunFolder folder;
  Manifest manifest;
  Progress progress;
  std::unique_ptr<Travel> travel;
};

std::map<std::string, std::string> pictures_in(const fs::path& folder) {
  auto files = contents(folder);
  std::erase_if(files, [](const auto& file) { return !file.first.ends_with(".png"); });
  return files;
}

TEST(BackgroundSink, ARunHasTheSameBytesAndLetsGoOfItsLocks) {
  const TemporaryFolder at_once_out, behind_out;
  BegunRun at_once(at_once_out, 6);
  BegunRun behind(behind_out, 6);
  RunDrawing(at_once.folder, at_once.manifest, *at_once.travel, at_once.progress, kNoEvents, 0)
      .draw();
  std::vector<std::int64_t> told;
  const RunEventSink events = [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Frame) {
      EXPECT_TRUE(LockFile::is_held(behind.folder.unit_lock(event.index))) << event.index;
      EXPECT_TRUE(fs::exists(event.path));
      told.push_back(event.index);
    }
  };
  RunDrawing(behind.folder, behind.manifest, *behind.travel, behind.progress, events, 3).draw();
  EXPECT_EQ(told.size(), 6u);
  EXPECT_EQ(pictures_in(behind.folder.path()), pictures_in(at_once.folder.path()));
  EXPECT_EQ(pictures_in(behind.folder.path()).size(), 6u);
  for (std::int64_t index = 0; index < 6; ++index) {
    EXPECT_FALSE(LockFile::is_held(behind.folder.unit_lock(index))) << index;
  }
}

TEST(BackgroundSink, AStoppedRunKeepsWhatWasDrawn) {
  const TemporaryFolder out;
  BegunRun run(out, 6);
  std::vector<std::int64_t> told;
  const RunEventSink events = [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Frame) {
      std::this_thread::sleep_for(20ms);
      told.push_back(event.index);
      run.progress.cancel();
    }
  };
  EXPECT_THROW(RunDrawing(run.folder, run.manifest, *run.travel, run.progress, events, 6).draw(),
               Error);
  EXPECT_FALSE(told.empty());
  EXPECT_LT(told.size(), 6u);
  EXPECT_EQ(pictures_in(run.folder.path()).size(), told.size());
}

TEST(BackgroundSink, ARunEndsWithWhatWentWrongInTheThread) {
  const TemporaryFolder out;
  BegunRun run(out, 6);
  const RunEventSink events = [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Frame) {
      throw Error(ErrorCode::Io, "[test] nobody listens");
    }
  };
  try {
    RunDrawing(run.folder, run.manifest, *run.travel, run.progress, events, 2).draw();
    FAIL() << "was drawn";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Io);
    EXPECT_STREQ(error.what(), "[test] nobody listens");
  }
}

}  // namespace
}  // namespace ptravel
