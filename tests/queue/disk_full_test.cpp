// A full disk pauses the queue; nothing is lost, and it goes on when there is room again.

#include <atomic>
#include <cerrno>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_system.h"
#include "ptravel/error.h"
#include "queue/job_drawing.h"
#include "tests/queue/queue_testing.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

/// A disk that is full, or broken, while a switch is on.
class SwitchedFiles : public FileSystem {
 public:
  std::atomic<bool> full{false};
  std::atomic<int> broken{0};  ///< As many writes fail for another reason.

  std::int64_t write(int file, const void* bytes, std::size_t count) override {
    if (full) {
      errno = ENOSPC;
      return -1;
    }
    if (broken > 0) {
      --broken;
      errno = EIO;
      return -1;
    }
    return FileSystem::write(file, bytes, count);
  }
};

TEST(DiskFull, PausesTheQueueAndLosesNothing) {
  const TemporaryFolder out, whole_out;
  SwitchedFiles files;
  const FileSystemScope scope(files);
  std::mutex mutex;
  std::vector<std::string> reasons;
  QueueWatcher watcher;
  // Once only: the second job begins while this test looks at the first one's end.
  watcher.frame = [&](const std::string& id, std::int64_t index) {
    if (id == "job-0001" && index == 1) files.full = true;
  };
  watcher.paused = [&](const std::string& reason) {
    const std::lock_guard lock(mutex);
    reasons.push_back(reason);
  };
  JobQueue queue(queue_options(out), watcher);
  queue.submit(small_request(out), "job-0001", "", false);
  queue.submit(small_request(out), "job-0002", "", false);
  queue.start();
  wait_until([&] { return !queue.paused().empty(); });
  EXPECT_THAT(queue.paused(), testing::HasSubstr("the disk is full: " + out.path().string() +
                                                 " needs more than 64 MiB free"));
  const JobRecord waiting = *queue.find("job-0001");
  EXPECT_EQ(waiting.state, QueueState::Queued);
  EXPECT_EQ(waiting.frames_done, 2);
  EXPECT_EQ(waiting.folder, "00000");
  EXPECT_THAT(queue.waiting_ids(), testing::ElementsAre("job-0001", "job-0002"));
  bool ran = false;
  queue.run_task("something that needs no disk", [&](ModelStore&, Progress&) { ran = true; });
  EXPECT_TRUE(ran);

  queue.resume();  // Still full: it pauses again.
  wait_until([&] {
    const std::lock_guard lock(mutex);
    return reasons.size() >= 3;
  });
  EXPECT_EQ(queue.find("job-0001")->state, QueueState::Queued);
  files.full = false;
  queue.resume();
  const JobRecord done = queue.wait("job-0001");
  EXPECT_EQ(done.state, QueueState::Done) << (done.error ? done.error->what() : "");
  queue.stop();
  EXPECT_EQ(queue.paused(), "");
  Progress progress;
  const RunResult whole =
      run_travel(small_request(whole_out), progress, kNoEvents, &shared_store());
  EXPECT_TRUE(contents(queue.run_folder(done)) == contents(whole.folder));
}

TEST(DiskFull, TheQueueGoesOnByItselfHoweverOftenItIsWoken) {
  const TemporaryFolder out;
  SwitchedFiles files;
  const FileSystemScope scope(files);
  QueueWatcher watcher;
  watcher.frame = [&](const std::string& id, std::int64_t index) {
    if (id == "job-0001" && index == 1) files.full = true;
  };
  JobQueue queue(queue_options(out), watcher);
  queue.submit(small_request(out), "job-0001", "", false);
  queue.start();
  wait_until([&] { return !queue.paused().empty(); });
  files.full = false;
  wait_until([&] {
    queue.submit(small_request(out), "job-0001", "", false);  // known, but it wakes the queue
    return queue.paused().empty();
  });
  EXPECT_EQ(queue.wait("job-0001").state, QueueState::Done);
}

TEST(DiskFull, AnotherFailureOfTheDiskFailsTheJobAlone) {
  const TemporaryFolder out;
  SwitchedFiles files;
  const FileSystemScope scope(files);
  QueueWatcher watcher;
  watcher.frame = [&](const std::string& id, std::int64_t index) {
    files.broken = id == "job-0001" && index == 1 ? 1 : 0;
  };
  JobQueue queue(queue_options(out), watcher);
  queue.submit(small_request(out), "job-0001", "", false);
  queue.submit(small_request(out), "job-0002", "", false);
  queue.start();
  const JobRecord failed = queue.wait("job-0001");
  EXPECT_EQ(failed.state, QueueState::Failed);
  EXPECT_EQ(failed.error->code(), ErrorCode::Io);
  EXPECT_EQ(queue.wait("job-0002").state, QueueState::Done);
  EXPECT_EQ(queue.paused(), "");
  queue.continue_job("job-0001");
  EXPECT_EQ(queue.wait("job-0001").state, QueueState::Done);
}

TEST(DiskFull, IsSeenByWriting) {
  const TemporaryFolder out;
  SwitchedFiles files;
  const FileSystemScope scope(files);
  EXPECT_FALSE(is_disk_full(out.path()));
  files.full = true;
  EXPECT_TRUE(is_disk_full(out.path()));
  files.full = false;
  EXPECT_TRUE(out.names().empty());
}

}  // namespace
}  // namespace ptravel
