#include <algorithm>
#include <random>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "postprocess/flow_interpolator.h"
#include "postprocess/frame_gap.h"
#include "postprocess/optical_flow.h"
#include "postprocess/picture_tensor.h"
#include "tests/postprocess/pictures.h"
#include "tests/support/errors.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

Image noise(int width, int height, unsigned seed) {
  Image image(width, height);
  std::mt19937 random(seed);
  for (std::uint8_t& value : image.pixels) {
    value = static_cast<std::uint8_t>(random());
  }
  return image;
}

Image faded(const Image& first, const Image& second, double t) {
  return image_of(unit_tensor(first) * (1.0 - t) + unit_tensor(second) * t, "test");
}

TEST(OpticalFlow, FindsAShiftBothWays) {
  const Image first = textured(96, 80), second = textured(96, 80, 3, -2);
  const FlowPair flow = optical_flows(first, second);
  const auto inner = [](const at::Tensor& x) { return x.narrow(2, 12, 56).narrow(3, 12, 72); };
  const at::Tensor shift = at::tensor({3.0F, -2.0F}).reshape({1, 2, 1, 1});
  EXPECT_LT((inner(flow.forward) - shift).abs().mean().item<double>(), 0.2);
  EXPECT_LT((inner(flow.backward) + shift).abs().mean().item<double>(), 0.2);
  EXPECT_LT(inner(round_trip_error(flow.forward, flow.backward)).mean().item<double>(), 0.2);
  EXPECT_TRUE(at::equal(optical_flow(first, second), flow.forward));
}

TEST(FlowInterpolator, MovesWhatAFadeWouldDouble) {
  const Image first = textured(96, 80), second = textured(96, 80, 6, 4);
  const auto pictures = make_flow_interpolator()->between(first, second, 3);
  ASSERT_EQ(pictures.size(), 3U);
  for (int i = 1; i <= 3; ++i) {
    const double t = i / 4.0;
    const Image truth = textured(96, 80, 6 * t, 4 * t);
    const double moved = mean_distance(pictures[static_cast<std::size_t>(i - 1)], truth, 10);
    EXPECT_LT(moved, 2.0) << t;
    EXPECT_LT(moved, mean_distance(faded(first, second, t), truth, 10) / 4) << t;
  }
}

/// A square that passes over a ground at rest: what it uncovers is seen in one picture only.
TEST(FlowInterpolator, TakesWhatIsHiddenFromTheOtherPicture) {
  const auto scene = [](int left) {
    Image image = textured(96, 80);
    const Image square = textured(96, 80, left + 50, 31);
    for (int y = 28; y < 52; ++y) {
      for (int x = left; x < left + 24; ++x) {
        for (int c = 0; c < 3; ++c) {
          image.row(y)[3 * x + c] = static_cast<std::uint8_t>(255 - square.row(y)[3 * x + c] / 3);
        }
      }
    }
    return image;
  };
  const Image first = scene(30), second = scene(38), truth = scene(34);
  const auto pictures = make_flow_interpolator()->between(first, second, 1);
  EXPECT_LT(mean_distance(pictures[0], truth), mean_distance(faded(first, second, 0.5), truth) / 2);
}

TEST(FlowInterpolator, FadesWhatItDoesNotBelieve) {
  const auto interpolator = make_flow_interpolator();
  const Image first = noise(64, 64, 1), second = noise(64, 64, 2);
  EXPECT_EQ(interpolator->between(first, second, 1)[0], faded(first, second, 0.5));
  const Image small = textured(31, 64), moved = textured(31, 64, 2);
  EXPECT_EQ(interpolator->between(small, moved, 2)[1], faded(small, moved, 2 / 3.0));
}

TEST(FrameGap, TellsStillsCutsAndMotion) {
  const Image first = textured(80, 60), second = textured(80, 60, 4), other = noise(80, 60, 3);
  EXPECT_EQ(gap_between(first, first), GapKind::Still);
  EXPECT_EQ(gap_between(first, second), GapKind::Motion);
  EXPECT_EQ(gap_between(first, other), GapKind::Cut);
  const auto flow = make_flow_interpolator();
  const std::vector<Image> cut = fill_gap(GapKind::Cut, first, other, 3, *flow);
  EXPECT_EQ(cut, (std::vector<Image>{first, other, other}));
  EXPECT_EQ(fill_gap(GapKind::Still, first, first, 2, *flow), (std::vector<Image>{first, first}));
  EXPECT_EQ(fill_gap(GapKind::Motion, first, second, 1, *flow), flow->between(first, second, 1));
  expect_error(ErrorCode::InvalidArgument, "80x60 and 80x61",
               [&] { gap_between(first, textured(80, 61)); });
}

}  // namespace
}  // namespace ptravel
