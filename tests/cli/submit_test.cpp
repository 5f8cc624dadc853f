// What `submit` says to Slurm's commands and makes of their answers, with commands that only answer
// as Slurm's do. tests/farm/test_slurm tries the real ones.

#include <algorithm>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/cli/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A planned run of five frames, and a Slurm without jobs.
class Submit : public testing::Test {
 protected:
  void SetUp() override {
    create_folders(slurm());
    const Outcome planned =
        run(folder_, "plan --model '" PTRAVEL_TEST_DATA
                     "/tiny_sd1/model.safetensors' --prompt 'a cat' --prompt 'a dog' "
                     "--travel-steps 3 --steps 2 --width 64 --height 64 --seed 3 --format gif "
                     "--out 'half%j'");
    ASSERT_EQ(planned.status, 0) << planned.errors;
  }

  fs::path slurm() const { return folder_ / "slurm"; }
  fs::path run_folder() const { return folder_ / "half%j/prompt_travel/00000"; }
  void put(const std::string& name, const std::string& text) const {
    write_file_atomic(slurm() / name, text);
  }
  /// What the program said to a command, or a file of the queue; empty for nothing.
  std::string told(const std::string& name) const {
    return fs::exists(slurm() / name) ? read_file(slurm() / name) : "";
  }

  Outcome submit(const std::string& words, const std::string& before = "") const {
    return run_command(folder_, "FAKE_SLURM='" + slurm().string() +
                                    "' PATH='" PTRAVEL_FAKE_SLURM ":'\"$PATH\" " + before +
                                    " " PTRAVEL_PROGRAM " submit 'half%j/prompt_travel/00000' " +
                                    "--engine slurm " + words);
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(Submit, DrawsAndFinishesInTasksThatAreWaitedFor) {
  put("draws", "");
  put("away", "2\n");
  const Outcome outcome = submit("--chunk 2 --partition fast --threads 1 --wait");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_EQ(told("away"), "0\n");
  EXPECT_TRUE(fs::exists(run_folder() / "travel-00000.gif"));
  EXPECT_THAT(told("sbatch"), AllOf(HasSubstr("--array=0-2 "), HasSubstr("--partition=fast"),
                                    HasSubstr("--dependency=afterok:101 ")));
  for (const char* log : {"frames-0.log", "frames-2.log", "finish.log"}) {
    EXPECT_TRUE(fs::exists(run_folder().string() + ".slurm/" + log)) << log;
  }
}

TEST_F(Submit, NumbersAreFoundAmongASitesOwnLines) {
  put("around", "sbatch: you have 3 hours left\n");
  const Outcome outcome = submit("");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("in job 101, then job 102"));
}

TEST_F(Submit, IsRefusedWhileTheJobsAreThere) {
  ASSERT_EQ(submit("").status, 0);
  const Outcome second = submit("");
  EXPECT_EQ(second.status, 2);
  EXPECT_THAT(second.errors, HasSubstr("is in Slurm already as 101,102"));
  EXPECT_EQ(told("queue"), "101\n102\n");
}

TEST_F(Submit, TakesTheTasksOutWhereTheirEndIsRefused) {
  put("refuse-2", "sbatch: error: Batch job submission failed: Job dependency problem\n");
  const Outcome refused = submit("");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors,
              AllOf(HasSubstr("Job dependency problem"), Not(HasSubstr("left in"))));
  EXPECT_EQ(told("scancel"), "scancel 101\n");
  EXPECT_EQ(told("queue"), "");
  EXPECT_EQ(submit("").status, 0);
  EXPECT_EQ(told("queue"), "103\n104\n");
}

TEST_F(Submit, TellsAndKeepsWhatCouldNotBeTakenOut) {
  put("refuse-2", "sbatch: error: Socket timed out on send/recv operation\n");
  put("refuse", "scancel: error: Socket timed out on send/recv operation\n");
  const Outcome refused = submit("");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, AllOf(HasSubstr("sbatch: error: Socket timed out"),
                                    HasSubstr("101 is left in Slurm: [slurm] scancel:")));
  EXPECT_THAT(submit("").errors, HasSubstr("is in Slurm already as 101"));
  fs::remove(slurm() / "refuse");
  EXPECT_EQ(submit("--cancel").status, 0);
  EXPECT_EQ(told("queue"), "");
}

TEST_F(Submit, CancelTakesOutWhatIsLeft) {
  ASSERT_EQ(submit("").status, 0);
  put("queue", "7\n102\n");
  EXPECT_EQ(submit("--cancel").status, 0);
  EXPECT_EQ(told("scancel"), "scancel 102\n");
  EXPECT_EQ(told("queue"), "7\n");
  const Outcome again = submit("--cancel");
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.errors, HasSubstr("has no job in Slurm, expected a run that was submitted"));
}

TEST_F(Submit, WaitingAsksSeldomAndIsAllThatAnInterruptEnds) {
  const Outcome outcome = submit("--wait", "timeout --preserve-status -s INT 3");
  EXPECT_EQ(outcome.status, 130) << outcome.errors;
  const std::string calls = told("squeue");
  EXPECT_EQ(std::ranges::count(calls, '\n'), 1);
  EXPECT_EQ(told("queue"), "101\n102\n");
  EXPECT_EQ(told("scancel"), "");
}

TEST_F(Submit, WaitingEndsWhereTheJobsAreGoneAndTheRunIsNotFinished) {
  put("loses", "");
  const Outcome outcome = submit("--wait");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors,
              HasSubstr("the jobs have ended, and the run is stopped with 0 of 5 frames"));
}

}  // namespace
}  // namespace ptravel
