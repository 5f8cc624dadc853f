// How often the frames of a run are read to see whether they are whole.

#include "jobs/run_frames.h"

#include <filesystem>
#include <functional>

#include <gtest/gtest.h>

#include "ptravel/run_parts.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// How many times `work` looks at all frames.
int looks(const std::function<void(Progress& progress)>& work) {
  int count = 0;
  Progress progress([&](const ProgressSnapshot& snapshot) {
    count += snapshot.activity == "looking at the frames" && snapshot.done == 1 ? 1 : 0;
  });
  work(progress);
  return count;
}

TEST(RunFrames, AreNotReadTwiceToSeeWhatToDo) {
  const TemporaryFolder out;
  ResumeOptions options;
  options.store = &shared_store();
  RunOptions with_store;
  with_store.store = options.store;
  Progress progress;
  const fs::path folder = plan_run(tiny_request(out), progress, kNoEvents, with_store).folder;
  const auto draw = [&](Progress& told) { draw_frames(folder, {}, options, told, kNoEvents); };
  const auto finish = [&](Progress& told) { finish_run(folder, options, told, kNoEvents); };
  EXPECT_EQ(looks(draw), 0) << "files are missing";
  EXPECT_EQ(looks(draw), 1) << "all are there: are they whole?";
  EXPECT_EQ(looks(finish), 1);
  EXPECT_EQ(looks(finish), 1) << "of a finished run";
}

}  // namespace
}  // namespace ptravel
