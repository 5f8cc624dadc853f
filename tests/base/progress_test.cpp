#include "ptravel/progress.h"

#include <vector>

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

TEST(Progress, ReportsEachStepToTheObserver) {
  std::vector<ProgressSnapshot> seen;
  Progress progress([&](const ProgressSnapshot& snapshot) { seen.push_back(snapshot); });
  progress.begin("drawing", "frames", 4);
  progress.set_initial(1);
  progress.update(2);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].done, 0);
  EXPECT_LT(seen[0].seconds_left, 0);
  EXPECT_EQ(seen[1].done, 2);
  EXPECT_GT(seen[1].units_per_second, 0);
  // One unit was worked, two are left: twice the time so far.
  EXPECT_NEAR(seen[1].seconds_left, 2 * seen[1].seconds_elapsed, 1e-6);
}

TEST(Progress, WhatFollowsCountsTowardsTheTimeLeft) {
  Progress progress;
  progress.set_following(10);
  progress.begin("looking", "pictures", 4);
  progress.update(1);
  const ProgressSnapshot now = progress.snapshot();
  EXPECT_NEAR(now.seconds_left * now.units_per_second, 3 + 10, 1e-6);
  progress.set_following(0);
  progress.update(2);
  const ProgressSnapshot later = progress.snapshot();
  EXPECT_NEAR(later.seconds_left * later.units_per_second, 2, 1e-6);
}

TEST(Progress, AnInterludeLeavesTheActivityAsItWas) {
  std::vector<std::string> told;
  Progress progress([&](const ProgressSnapshot& now) {
    told.push_back(now.activity + " " + std::to_string(static_cast<int>(now.done)));
  });
  progress.begin("drawing", "frames", 8);
  progress.set_initial(2);
  progress.set_following(3);
  progress.update(4, {4, 1, 20});
  {
    Progress::Interlude reading(progress, "Reading the UNet", "tensors", 700);
    progress.update(350);
    EXPECT_EQ(progress.snapshot().unit, "tensors");
  }
  const ProgressSnapshot now = progress.snapshot();
  EXPECT_EQ(now.activity, "drawing");
  EXPECT_EQ(now.unit, "frames");
  EXPECT_EQ(now.done, 4);
  EXPECT_EQ(now.total, 8);
  EXPECT_EQ(now.sampling.frame, 4);
  EXPECT_NEAR(now.seconds_left * now.units_per_second, 4 + 3, 1e-9);
  EXPECT_EQ(told, (std::vector<std::string>{"drawing 0", "drawing 4", "Reading the UNet 0",
                                            "Reading the UNet 350"}));
}

TEST(Progress, CancelThrowsAtTheNextCheck) {
  Progress progress;
  progress.check_cancelled();
  progress.cancel();
  EXPECT_THROW(progress.check_cancelled(), Error);
}

TEST(Progress, TellsProgramsThePhaseAndTheSamplersPlace) {
  Progress progress;
  EXPECT_EQ(progress.snapshot().phase, WorkPhase::Other);
  progress.enter(WorkPhase::Drawing);
  progress.begin("drawing", "frames", 4);
  progress.update(1.5, {1, 3, 6});
  EXPECT_EQ(progress.snapshot().phase, WorkPhase::Drawing);
  EXPECT_EQ(progress.snapshot().sampling, (SamplingPlace{1, 3, 6}));
  progress.update(2);  // says nothing of the sampler
  EXPECT_EQ(progress.snapshot().sampling, (SamplingPlace{1, 3, 6}));
  progress.begin("something else", "", 0);
  EXPECT_EQ(progress.snapshot().sampling, SamplingPlace{});
  EXPECT_EQ(progress.snapshot().phase, WorkPhase::Drawing);
}

}  // namespace
}  // namespace ptravel
