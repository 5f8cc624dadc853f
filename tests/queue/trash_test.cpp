// Deleting with undo: nothing goes before its time, and never anything that is not the job's.

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/lock_file.h"
#include "ptravel/error.h"
#include "tests/queue/queue_testing.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

JobQueueOptions with_trash(const TemporaryFolder& out, double seconds) {
  JobQueueOptions options = queue_options(out);
  options.trash_seconds = seconds;
  return options;
}

/// Draws a job to its end.
JobRecord drawn(JobQueue& queue, const TemporaryFolder& out, const std::string& id) {
  queue.submit(small_request(out), id, "", false);
  return queue.wait(id);
}

bool is_gone(const JobQueue& queue, const std::string& id) { return !queue.find(id); }

TEST(Trash, AJobCanBeHadBackUntilItsTimeIsOver) {
  const TemporaryFolder out;
  JobQueue queue(with_trash(out, 600), {});
  queue.start();
  const JobRecord job = drawn(queue, out, "job-0001");
  queue.remove("job-0001");
  EXPECT_GT(queue.find("job-0001")->trashed, 0);
  EXPECT_TRUE(queue.list({}).empty());
  JobFilter trash;
  trash.trashed = true;
  EXPECT_EQ(queue.list(trash).size(), 1U);
  EXPECT_TRUE(fs::exists(queue.run_folder(job)));
  queue.restore("job-0001");
  EXPECT_EQ(queue.list({}).size(), 1U);
  EXPECT_EQ(queue.find("job-0001")->state, QueueState::Done);
}

TEST(Trash, ThenItIsGoneForGoodWithItsFolderAlone) {
  const TemporaryFolder out;
  std::atomic<int> removed{0};
  QueueWatcher watcher;
  watcher.removed = [&](const std::string&) { ++removed; };
  {
    JobQueue queue(with_trash(out, 0.1), watcher);
    queue.start();
    drawn(queue, out, "job-0001");
    const JobRecord kept = drawn(queue, out, "job-0002");
    queue.remove("job-0001");
    wait_until([&] { return is_gone(queue, "job-0001"); });
    wait_until([&] {
      return !fs::exists(out / "prompt_travel/00000") &&
             !fs::exists(out / "prompt_travel/.trash-job-0001");
    });
    EXPECT_TRUE(fs::exists(queue.run_folder(kept)));
    wait_until([&] { return removed == 2; });
    expect_error(ErrorCode::InvalidArgument, "is that of a job that was deleted",
                 [&] { queue.submit(small_request(out), "job-0001", "", false); });
  }
  JobQueue queue(with_trash(out, 0.1), {});
  EXPECT_TRUE(is_gone(queue, "job-0001"));
  EXPECT_EQ(queue.find("job-0002")->state, QueueState::Done);
}

TEST(Trash, AFolderThatIsALinkGoesWithoutWhatItLeadsTo) {
  const TemporaryFolder out, elsewhere;
  JobQueue queue(with_trash(out, 0.1), {});
  queue.start();
  const JobRecord job = drawn(queue, out, "job-0001");
  const fs::path folder = queue.run_folder(job);
  std::ofstream(elsewhere / "precious.txt") << "keep me";
  fs::create_directory_symlink(elsewhere.path(), folder / "link");
  fs::create_symlink(elsewhere / "precious.txt", folder / "file-link");
  queue.remove("job-0001");
  wait_until(
      [&] { return !fs::exists(folder) && !fs::exists(out / "prompt_travel/.trash-job-0001"); });
  EXPECT_TRUE(fs::exists(elsewhere / "precious.txt"));
}

TEST(Trash, ARunThatAnotherProcessWorksOnStays) {
  const TemporaryFolder out;
  JobQueue queue(with_trash(out, 0.05), {});
  queue.start();
  const JobRecord job = drawn(queue, out, "job-0001");
  auto other = LockFile::try_take(queue.run_folder(job) / ".workers.lock", LockFile::Kind::Shared);
  ASSERT_TRUE(other);
  queue.remove("job-0001");
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_FALSE(is_gone(queue, "job-0001"));
  EXPECT_TRUE(fs::exists(queue.run_folder(job)));
  other->release();
  wait_until([&] { return is_gone(queue, "job-0001"); });
}

TEST(Trash, WhatAKilledProcessPutAwayIsRemovedAndNothingElse) {
  const TemporaryFolder out;
  {
    JobQueue queue(with_trash(out, 600), {});
    queue.start();
    drawn(queue, out, "job-0001");
    queue.remove("job-0001");
  }
  // Killed after the folder was put away and before the job was forgotten; then somebody else took
  // the number.
  fs::rename(out / "prompt_travel/00000", out / "prompt_travel/.trash-job-0001");
  fs::create_directory(out / "prompt_travel/00000");
  std::ofstream(out / "prompt_travel/00000/theirs.txt") << "theirs";
  JobQueue queue(with_trash(out, 0.05), {});
  queue.start();
  wait_until([&] {
    return is_gone(queue, "job-0001") && !fs::exists(out / "prompt_travel/.trash-job-0001");
  });
  EXPECT_TRUE(fs::exists(out / "prompt_travel/00000/theirs.txt"));
}

TEST(Trash, AJobThatWaitsWaitsAgainAndOneInWorkIsCancelled) {
  const TemporaryFolder out;
  JobQueue* running = nullptr;
  QueueWatcher watcher;
  watcher.frame = [&](const std::string& id, std::int64_t index) {
    if (index == 1) {
      running->remove(id);
    }
  };
  JobQueue queue(with_trash(out, 600), watcher);
  running = &queue;
  queue.submit(small_request(out), "job-0001", "", false);
  queue.submit(small_request(out), "job-0002", "", false);
  queue.remove("job-0002");
  EXPECT_THAT(queue.waiting_ids(), testing::ElementsAre("job-0001"));
  queue.start();
  const JobRecord cancelled = queue.wait("job-0001");
  EXPECT_EQ(cancelled.state, QueueState::Cancelled);
  EXPECT_GT(cancelled.trashed, 0);
  queue.restore("job-0001");
  running->restore("job-0002");
  wait_until([&] { return queue.find("job-0002")->trashed > 0; });  // drawn, and removed again
}

}  // namespace
}  // namespace ptravel
