// Whole runs on a disk that fails, fills up or dies at each single call that changes it.

#include <cerrno>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/file_system.h"
#include "jobs/manifest.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/run_parts.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// How a call fails. Once: this one alone. Full: it and all later ones that need room (half of a
/// write still goes through). Dead: it is done, then nothing changes any more, as after a kill.
enum class Fault { Once, Full, Dead };

/// Counts the calls that change the disk and lets the n-th one fail (from 1; 0: none).
class FaultyFiles : public FileSystem {
 public:
  FaultyFiles(Fault fault, int n) : fault_(fault), n_(n) {}
  int calls() const { return calls_; }

  int open(const fs::path& path, int flags) override {
    const bool creates = (flags & O_CREAT) != 0;
    return changes(creates, creates, [&] { return FileSystem::open(path, flags); });
  }
  std::int64_t write(int file, const void* bytes, std::size_t count) override {
    if (fault_ == Fault::Full && calls_ + 1 == n_ && count > 1) {
      ++calls_;
      return FileSystem::write(file, bytes, count / 2);
    }
    return changes(true, true, [&] { return FileSystem::write(file, bytes, count); });
  }
  int sync(int file) override {
    return changes(true, false, [&] { return FileSystem::sync(file); });
  }
  int rename(const fs::path& from, const fs::path& to) override {
    return changes(true, false, [&] { return FileSystem::rename(from, to); });
  }
  int remove(const fs::path& path) override {
    return changes(true, false, [&] { return FileSystem::remove(path); });
  }
  int make_folder(const fs::path& path) override {
    return changes(true, true, [&] { return FileSystem::make_folder(path); });
  }
  int remove_folder(const fs::path& path) override {
    return changes(true, false, [&] { return FileSystem::remove_folder(path); });
  }

 private:
  template <typename Call>
  auto changes(bool counts, bool needs_room, const Call& call) -> decltype(call()) {
    if (!counts) {
      return call();
    }
    ++calls_;
    const bool fails = n_ > 0 && ((fault_ == Fault::Once && calls_ == n_) ||
                                  (fault_ == Fault::Full && calls_ >= n_ && needs_room) ||
                                  (fault_ == Fault::Dead && calls_ > n_));
    if (fails) {
      errno = fault_ == Fault::Full ? ENOSPC : EIO;
      return -1;
    }
    return call();
  }

  Fault fault_;
  int n_;
  int calls_ = 0;
};

/// The smallest run that has frames, a video, a log and a contact sheet.
TravelRequest small_request(const TemporaryFolder& out) {
  TravelRequest request = tiny_request(out);
  request.prompt = "a cat\na dog";
  request.mode = TravelMode::Replace;
  request.travel_steps = "1";
  request.steps = 1;
  request.width = 16;
  request.height = 16;
  request.fps = 8;
  request.format = VideoFormat::Gif;
  request.contact_sheet = true;
  request.threads = 1;
  return request;
}

RunResult run(const TemporaryFolder& out) {
  Progress progress;
  return run_travel(small_request(out), progress, kNoEvents, &shared_store());
}

int calls_of_a_whole_run() {
  const TemporaryFolder out;
  FaultyFiles files(Fault::Once, 0);
  const FileSystemScope scope(files);
  run(out);
  return files.calls();
}

class Faults : public testing::TestWithParam<Fault> {};

TEST_P(Faults, WhateverFailsResumeEndsWithTheSameBytes) {
  const TemporaryFolder whole_out;
  const auto whole = contents(run(whole_out).folder);
  const int calls = calls_of_a_whole_run();
  EXPECT_GT(calls, 40);
  int resumed = 0;
  for (int n = 1; n <= calls; ++n) {
    const TemporaryFolder out;
    try {
      FaultyFiles files(GetParam(), n);
      const FileSystemScope scope(files);
      run(out);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Io) << n << ": " << error.what();
    }
    const fs::path folder = out / "prompt_travel/00000";
    if (!fs::exists(folder / "travel.json")) {
      continue;  // It had not begun: nothing to go on with.
    }
    const RunState state = read_manifest(folder / "travel.json").state;
    EXPECT_TRUE(state != RunState::Finished || fs::exists(folder / "travel-00000.gif")) << n;
    ++resumed;
    Progress progress;
    ResumeOptions options;
    options.store = &shared_store();
    resume_travel(folder, options, progress, kNoEvents);
    ASSERT_TRUE(contents(folder) == whole) << "call " << n << " of " << calls;
  }
  EXPECT_GT(resumed, 30);
}

/// A disk that is full from some moment on.
class FillingFiles : public FileSystem {
 public:
  std::int64_t write(int file, const void* bytes, std::size_t count) override {
    if (full) {
      errno = ENOSPC;
      return -1;
    }
    return FileSystem::write(file, bytes, count);
  }
  bool full = false;
};

/// Fills the disk after the first frame, so that neither the next one nor the run's state can be
/// written; what `draw` throws.
Error failure_on_a_full_disk(const std::function<void(Progress&, const RunEventSink&)>& draw,
                             bool cancel) {
  FillingFiles files;
  const FileSystemScope scope(files);
  Progress progress;
  try {
    draw(progress, [&](const RunEvent& event) {
      if (event.kind == RunEvent::Kind::Frame) {
        files.full = true;
        if (cancel) {
          progress.cancel();
        }
      }
    });
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::Internal, "nothing was thrown"};
}

/// That the state cannot be written either only follows from the first failure.
TEST(FullDisk, TheFirstFailureIsTheOneThatIsTold) {
  for (const bool alone : {false, true}) {
    for (const bool cancel : {false, true}) {
      const TemporaryFolder out;
      fs::path folder = out / "prompt_travel/00000";
      if (alone) {
        folder = stopped_run(small_request(out), 1);
      }
      const Error error = failure_on_a_full_disk(
          [&](Progress& progress, const RunEventSink& events) {
            if (alone) {
              draw_frames(folder, {}, {.store = &shared_store()}, progress, events);
            } else {
              run_travel(small_request(out), progress, events, &shared_store());
            }
          },
          cancel);
      EXPECT_EQ(error.code(), cancel ? ErrorCode::Cancelled : ErrorCode::Io) << error.what();
      EXPECT_EQ(std::string(error.what()).find("travel.json"), std::string::npos) << error.what();
      EXPECT_EQ(read_manifest(folder / "travel.json").state,
                alone ? RunState::Stopped : RunState::Running);
      Progress progress;
      resume_travel(folder, {.store = &shared_store()}, progress, kNoEvents);
      EXPECT_EQ(read_manifest(folder / "travel.json").state, RunState::Finished);
    }
  }
}

std::string fault_name(const testing::TestParamInfo<Fault>& info) {
  constexpr const char* kNames[] = {"Once", "Full", "Dead"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(All,
                         Faults,
                         testing::Values(Fault::Once, Fault::Full, Fault::Dead),
                         fault_name);

}  // namespace
}  // namespace ptravel
