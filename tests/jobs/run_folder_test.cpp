#include "jobs/run_folder.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

TEST(RunFolder, NumbersGoOnAfterTheLargest) {
  const TemporaryFolder out;
  fs::create_directories(out / "prompt_travel/00007");
  fs::create_directories(out / "prompt_travel/notes");
  const RunFolder first = RunFolder::create(out.path());
  const RunFolder second = RunFolder::create(out.path());
  EXPECT_EQ(first.path().filename(), "00008");
  EXPECT_EQ(second.path().filename(), "00009");
  EXPECT_EQ(first.frame_path(12).filename(), "00012.png");
  EXPECT_EQ(first.video_path("mp4").filename(), "travel-00008.mp4");
}

TEST(RunFolder, TellsWhetherSomebodyWorksOnIt) {
  const TemporaryFolder out;
  const RunFolder folder = RunFolder::create(out.path());
  EXPECT_FALSE(folder.is_worked_on());
  {
    const LockFile worker = LockFile::take(folder.workers_lock(), LockFile::Kind::Shared);
    EXPECT_TRUE(RunFolder::open(folder.path()).is_worked_on());
  }
  EXPECT_FALSE(folder.is_worked_on());
}

TEST(RunFolder, OpenNeedsAFolder) {
  const TemporaryFolder out;
  EXPECT_THROW(RunFolder::open(out / "missing"), Error);
  write_file_atomic(out / "file", "x");
  EXPECT_THROW(RunFolder::open(out / "file"), Error);
  EXPECT_THROW(RunFolder::create(out / "file"), Error);
}

TEST(RunFolder, LeftoversGoAndFramesStay) {
  const TemporaryFolder out;
  const RunFolder folder = RunFolder::create(out.path());
  write_file_atomic(folder.frame_path(0), "frame");
  write_file_atomic(folder.path() / ".00001.png.part", "half");
  folder.remove_leftovers();
  EXPECT_TRUE(fs::exists(folder.frame_path(0)));
  EXPECT_FALSE(fs::exists(folder.path() / ".00001.png.part"));
  folder.discard_if_empty();
  EXPECT_TRUE(fs::exists(folder.path()));
}

}  // namespace
}  // namespace ptravel
