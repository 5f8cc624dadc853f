// A server that is killed at any moment: after a restart its jobs go on in their folders, and end
// with the bytes of a run that nobody killed.

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file_system.h"
#include "jobs/manifest.h"
#include "ptravel/error.h"
#include "queue/job_store.h"
#include "tests/queue/queue_testing.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kChildOut = "PTRAVEL_QUEUE_TEST_OUT";
constexpr const char* kChildMoment = "PTRAVEL_QUEUE_TEST_MOMENT";

/// Moments at which the child kills itself.
enum class Moment { Submitted, Reserved, FolderMade, FirstFrame, ThirdFrame, Assembling, Done };

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  std::abort();
}

/// Kills the process at the n-th change of a kind that the moment asks for.
class DeadlyFiles : public FileSystem {
 public:
  explicit DeadlyFiles(Moment moment) : moment_(moment) {}
  int make_folder(const fs::path& path) override {
    const bool run = path.parent_path().filename() == "prompt_travel";
    if (run && moment_ == Moment::Reserved) {
      die();
    }
    const int result = FileSystem::make_folder(path);
    if (run && moment_ == Moment::FolderMade) {
      die();
    }
    return result;
  }

 private:
  Moment moment_;
};

/// The server that is killed: only of use as a process of its own.
TEST(RestartChild, DrawsUntilItIsKilled) {
  if (std::getenv(kChildOut) == nullptr) {
    GTEST_SKIP() << "started by the tests of Restart";
  }
  const auto moment = static_cast<Moment>(std::atoi(std::getenv(kChildMoment)));
  DeadlyFiles files(moment);
  const FileSystemScope scope(files);
  JobQueueOptions options;
  options.out = std::getenv(kChildOut);
  options.model_memory = std::uint64_t{1} << 30;
  QueueWatcher watcher;
  watcher.frame = [&](const std::string&, std::int64_t index) {
    if ((moment == Moment::FirstFrame && index == 0) ||
        (moment == Moment::ThirdFrame && index == 2)) {
      die();
    }
  };
  watcher.job = [&](const JobRecord& job) {
    if ((moment == Moment::Submitted && job.state == QueueState::Queued) ||
        (moment == Moment::Assembling && job.state == QueueState::Assembling) ||
        (moment == Moment::Done && job.state == QueueState::Done)) {
      die();
    }
  };
  JobQueue queue(options, watcher);
  TravelRequest request = small_request_in(options.out);
  queue.submit(request, "job-0001", "", false);
  queue.start();
  queue.wait("job-0001");
  FAIL() << "it lived";
}

/// Runs the child until it is dead.
void run_child(const fs::path& out, Moment moment) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(kChildOut, out.c_str(), 1);
    ::setenv(kChildMoment, std::to_string(static_cast<int>(moment)).c_str(), 1);
    ::execl("/proc/self/exe", "test_queue", "--gtest_filter=RestartChild.*", "--gtest_brief=1",
            nullptr);
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

class Restart : public testing::TestWithParam<Moment> {};

TEST_P(Restart, TheJobGoesOnAndEndsWithTheSameBytes) {
  const TemporaryFolder out;
  run_child(out.path(), GetParam());

  JobQueue queue(queue_options(out), {});
  const auto left = queue.find("job-0001");
  ASSERT_TRUE(left.has_value());
  const bool was_done = GetParam() == Moment::Done;
  EXPECT_EQ(left->state, was_done                          ? QueueState::Done
                         : GetParam() == Moment::Submitted ? QueueState::Queued
                                                           : QueueState::Interrupted);
  if (GetParam() == Moment::ThirdFrame) {
    EXPECT_EQ(left->folder, "00000");
    EXPECT_GE(left->frames_done, 3);
  }
  std::map<std::string, fs::file_time_type> kept;
  if (!left->folder.empty()) {
    for (const auto& entry : fs::directory_iterator(queue.run_folder(*left))) {
      if (entry.path().extension() == ".png") {
        kept[entry.path().filename().string()] = entry.last_write_time();
      }
    }
  }
  queue.start();
  const JobRecord job = queue.wait("job-0001");
  EXPECT_EQ(job.state, QueueState::Done) << (job.error ? job.error->what() : "");
  EXPECT_EQ(job.frames_done, 4);
  EXPECT_EQ(job.request.seed, left->request.seed);  // drawn when it was submitted, once
  for (const auto& [name, time] : kept) {
    EXPECT_EQ(fs::last_write_time(queue.run_folder(job) / name), time) << name;
  }
  queue.stop();

  const TemporaryFolder whole_out;
  TravelRequest request = job.request;
  request.out = whole_out.path().string();
  Progress progress;
  const RunResult whole = run_travel(request, progress, kNoEvents, &shared_store());
  EXPECT_TRUE(contents(queue.run_folder(job)) == contents(whole.folder));
  std::set<std::string> folders;
  for (const auto& entry : fs::directory_iterator(out / "prompt_travel")) {
    folders.insert(entry.path().filename().string());
  }
  EXPECT_EQ(folders, std::set<std::string>{"00000"});  // nothing drawn twice, nothing left behind
}

std::string moment_name(const testing::TestParamInfo<Moment>& info) {
  constexpr const char* kNames[] = {"Submitted",  "Reserved",   "FolderMade", "FirstFrame",
                                    "ThirdFrame", "Assembling", "Done"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Moments,
                         Restart,
                         testing::Values(Moment::Submitted,
                                         Moment::Reserved,
                                         Moment::FolderMade,
                                         Moment::FirstFrame,
                                         Moment::ThirdFrame,
                                         Moment::Assembling,
                                         Moment::Done),
                         moment_name);

TEST(RestartFolder, AReservedPlaceThatAnotherProgramTookIsLeftAlone) {
  const TemporaryFolder out;
  run_child(out.path(), Moment::Reserved);
  TravelRequest others = small_request(out);
  others.prompt = "the sea\na hill";
  Progress progress;
  const RunResult other = run_travel(others, progress, kNoEvents, &shared_store());
  ASSERT_EQ(other.folder.filename(), "00000");
  const auto before = contents(other.folder);
  JobQueue queue(queue_options(out), {});
  queue.start();
  const JobRecord job = queue.wait("job-0001");
  EXPECT_EQ(job.state, QueueState::Done);
  EXPECT_EQ(job.folder, "00001");
  EXPECT_TRUE(contents(other.folder) == before);
}

TEST(RestartStop, StoppingSavesAndTheNextQueueGoesOn) {
  const TemporaryFolder out;
  TravelRequest request = small_request(out);
  request.travel_steps = "20";
  std::atomic<int> frames{0};
  {
    QueueWatcher watcher;
    watcher.frame = [&](const std::string&, std::int64_t) { ++frames; };
    JobQueue queue(queue_options(out), watcher);
    queue.start();
    queue.submit(request, "job-0001", "", false);
    queue.submit(request, "job-0002", "", false);
    wait_until([&] { return frames > 2; });
    const auto begun = std::chrono::steady_clock::now();
    queue.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
    EXPECT_EQ(queue.find("job-0001")->state, QueueState::Interrupted);
    EXPECT_EQ(queue.find("job-0002")->state, QueueState::Queued);
    EXPECT_EQ(queue.waiting_ids(), (std::vector<std::string>{"job-0001", "job-0002"}));
    EXPECT_EQ(read_manifest(out / "prompt_travel/00000/travel.json").state, RunState::Stopped);
  }
  const int before = frames;
  JobQueue queue(queue_options(out), {});
  EXPECT_GE(queue.find("job-0001")->frames_done, before);
  queue.start();
  EXPECT_EQ(queue.wait("job-0001").state, QueueState::Done);
  EXPECT_EQ(queue.wait("job-0001").folder, "00000");
}

TEST(RestartOrder, WhatWasInWorkIsTheFirstToGoOn) {
  const TemporaryFolder out;
  {
    JobQueue queue(queue_options(out), {});
    for (const char* id : {"job-0001", "job-0002", "job-0003"}) {
      queue.submit(small_request(out), id, "", false);
    }
  }
  JobStore(out / "queue.sqlite", Database::Access::Write).change("job-0003", [](JobRecord& job) {
    job.state = QueueState::Drawing;
  });
  const JobQueue queue(queue_options(out), {});
  EXPECT_EQ(queue.waiting_ids(), (std::vector<std::string>{"job-0003", "job-0001", "job-0002"}));
  EXPECT_EQ(queue.find("job-0003")->state, QueueState::Interrupted);
}

TEST(RestartLock, ASecondProcessIsRefused) {
  const TemporaryFolder out;
  const JobQueue queue(queue_options(out), {});
  expect_error(ErrorCode::Io, "another process has its queue open",
               [&] { JobQueue second(queue_options(out), {}); });
}

}  // namespace
}  // namespace ptravel
