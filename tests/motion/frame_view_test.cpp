#include "motion/frame_view.h"

#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/motion/pictures.h"

namespace ptravel {
namespace {

/// The expected numbers were computed with NumPy and SciPy from the definitions.
TEST(FrameView, DistancesOfNeighbours) {
  const double colour[] = {71.68162309116587, 76.0335668024191, 78.51753051239376};
  const double structure[] = {0.42743420655509257, 0.4935571000645217, 0.4512352067199923};
  for (int k = 0; k < 3; ++k) {
    const FrameView one(stripes(37, 26, k));
    const FrameView next(stripes(37, 26, k + 1));
    EXPECT_NEAR(colour_distance(one, next), colour[k], 1e-5);
    EXPECT_NEAR(structure_distance(one, next), structure[k], 1e-9);
  }
}

TEST(FrameView, ScalesBelowTheFilterAreMirroredMoreThanOnce) {
  const FrameView one(stripes(5, 9, 0));
  const FrameView next(stripes(5, 9, 1));
  EXPECT_NEAR(colour_distance(one, next), 63.17068196163871, 1e-5);
  EXPECT_NEAR(structure_distance(one, next), 0.427124326618073, 1e-9);
}

TEST(FrameView, EqualFramesAreNotApart) {
  const FrameView one(stripes(16, 16, 3));
  EXPECT_EQ(colour_distance(one, one), 0);
  EXPECT_NEAR(structure_distance(one, one), 0, 1e-12);
  EXPECT_NEAR(colour_distance(FrameView(grey(3, 1, 0)), FrameView(grey(3, 1, 255))), 100, 0.01);
}

TEST(FrameView, DifferentSizesAreRefused) {
  const FrameView one(stripes(16, 16, 0));
  const FrameView other(stripes(16, 17, 0));
  EXPECT_THROW(colour_distance(one, other), Error);
  EXPECT_THROW(structure_distance(one, other), Error);
}

}  // namespace
}  // namespace ptravel
