#include "base/atomic_file.h"

#include <cerrno>
#include <cstring>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/files.h"
#include "base/lock_file.h"
#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Notes the calls that change the disk, and lets one of them fail.
class WatchedFiles : public FileSystem {
 public:
  std::string calls;
  std::string failing;
  int error = EIO;

  std::int64_t write(int file, const void* bytes, std::size_t count) override {
    return fails("write ") ? -1 : FileSystem::write(file, bytes, count);
  }
  int sync(int file) override { return fails("sync ") ? -1 : FileSystem::sync(file); }
  int rename(const fs::path& from, const fs::path& to) override {
    return fails("rename ") ? -1 : FileSystem::rename(from, to);
  }
  int lock(int file, int operation) override {
    return fails("lock ") ? -1 : FileSystem::lock(file, operation);
  }

 private:
  bool fails(const std::string& call) {
    calls += call;
    errno = error;
    return call == failing;
  }
};

TEST(AtomicFile, FlushesTheBytesBeforeTheRenameAndTheNameAfterIt) {
  const TemporaryFolder folder;
  WatchedFiles files;
  const FileSystemScope scope(files);
  write_file_atomic(folder / "a", "content");
  EXPECT_EQ(files.calls, "lock write sync rename sync ");
}

TEST(AtomicFile, EveryFailureIsToldWithItsReasonAndLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a", "old");
  for (const char* call : {"write ", "sync ", "rename "}) {
    for (const int error : {EIO, ENOSPC, EFBIG}) {
      WatchedFiles files;
      files.failing = call;
      files.error = error;
      const FileSystemScope scope(files);
      const std::string message = message_of([&] { write_file_atomic(folder / "a", "new"); });
      EXPECT_THAT(message, testing::HasSubstr((folder / "a").string())) << call;
      EXPECT_THAT(message, testing::HasSubstr(std::strerror(error))) << call;
      EXPECT_EQ(read_file(folder / "a"), "old") << call;
      EXPECT_EQ(folder.names().size(), 1u) << call;
    }
  }
}

TEST(AtomicFile, WorksWhereTheSystemHasNoLocks) {
  const TemporaryFolder folder;
  WatchedFiles files;
  files.failing = "lock ";
  files.error = ENOLCK;
  const FileSystemScope scope(files);
  write_file_atomic(folder / "a", "content");
  EXPECT_EQ(read_file(folder / "a"), "content");
}

TEST(AtomicFile, TwoWritersOfOneFileDoNotMeet) {
  const TemporaryFolder folder;
  AtomicFile one(folder / "a"), two(folder / "a");
  EXPECT_NE(one.temporary(), two.temporary());
  one.write("one");
  two.write("two");
  two.commit();
  one.commit();
  EXPECT_EQ(read_file(folder / "a"), "one");
}

TEST(AtomicFile, OnlyWhatTheDeadLeftIsCleanedUp) {
  const TemporaryFolder folder;
  AtomicFile living(folder / "living");
  living.write("half");
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile killed(folder / "killed");
    killed.write("half");
    const auto lock = LockFile::try_take(folder / ".killed.lock");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  write_file_atomic(folder / "kept", "x");
  write_file_atomic(folder / ".00001.png.part", "as earlier versions left it");
  EXPECT_EQ(folder.names().size(), 5u);
  remove_dead_files(folder.path());
  EXPECT_THAT(folder.names(),
              testing::UnorderedElementsAre(living.temporary().filename().string(), "kept"));
  living.commit();
  EXPECT_EQ(read_file(folder / "living"), "half");
}

TEST(LockFile, OneHolderAtATimeAndNothingIsLeft) {
  const TemporaryFolder folder;
  const fs::path path = folder / ".a.lock";
  EXPECT_FALSE(LockFile::is_held(path));
  {
    const auto lock = LockFile::try_take(path);
    ASSERT_TRUE(lock);
    EXPECT_FALSE(LockFile::try_take(path));
    EXPECT_TRUE(LockFile::is_held(path));
  }
  EXPECT_TRUE(folder.names().empty());
  EXPECT_TRUE(LockFile::try_take(path));
}

TEST(LockFile, TheLastOfTheSharedHoldersIsTold) {
  const TemporaryFolder folder;
  const fs::path path = folder / ".a.lock";
  LockFile one = LockFile::take(path, LockFile::Kind::Shared);
  LockFile two = LockFile::take(path, LockFile::Kind::Shared);
  EXPECT_FALSE(LockFile::try_take(path));
  EXPECT_FALSE(one.release());
  EXPECT_TRUE(two.release());
  EXPECT_TRUE(folder.names().empty());
}

TEST(LockFile, HandsOnWhileManyThreadsWait) {
  const TemporaryFolder folder;
  int inside = 0, most = 0, turns = 0;  // guarded by the lock under test
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 50; ++turn) {
        const LockFile lock = LockFile::take(folder / ".a.lock");
        most = std::max(most, ++inside);
        ++turns;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(most, 1);
  EXPECT_EQ(turns, 200);
}

TEST(LockFile, OtherFailuresAreNotTakenForAnotherHolder) {
  const TemporaryFolder folder;
  for (const int error : {ENOLCK, ENOSYS, EOPNOTSUPP}) {
    WatchedFiles files;
    files.failing = "lock ";
    files.error = error;
    const FileSystemScope scope(files);
    EXPECT_THAT(message_of([&] { LockFile::try_take(folder / ".a.lock"); }),
                testing::HasSubstr(std::strerror(error)));
  }
  EXPECT_THROW(LockFile::try_take(folder / "missing/.a.lock"), Error);
}

}  // namespace
}  // namespace ptravel
