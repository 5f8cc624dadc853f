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

TEST(Progress, CancelThrowsAtTheNextCheck) {
  Progress progress;
  progress.check_cancelled();
  progress.cancel();
  EXPECT_THROW(progress.check_cancelled(), Error);
}

}  // namespace
}  // namespace ptravel
