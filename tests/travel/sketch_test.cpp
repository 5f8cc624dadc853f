// Looks at frames in work: what they show, what they cost, and that they change nothing.

#include <chrono>
#include <cmath>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/resize.h"
#include "ptravel/frame_sketch.h"
#include "ptravel/travel.h"
#include "tests/travel/tiny_travel.h"

namespace ptravel {
namespace {

using Clock = std::chrono::steady_clock;

TravelRequest sketched_request() {
  TravelRequest request = tiny_request(32, 3);
  request.negative_prompt.clear();
  return request;
}

ModelStore& small_store() {
  static ModelStore kept(std::uint64_t{1} << 30);
  return kept;
}

/// Every step is shown.
SketchOptions all_to(std::vector<FrameSketch>& seen) {
  return {[&seen](const FrameSketch& sketch) { seen.push_back(sketch); }, 0, 1e9};
}

/// The correlation of two pictures' values, all channels together.
double correlation(const Image& a, const Image& b) {
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  const auto count = static_cast<double>(a.pixels.size());
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const double x = a.pixels[i], y = b.pixels[i];
    sum_a += x, sum_b += y, aa += x * x, bb += y * y, ab += x * y;
  }
  return (ab - sum_a * sum_b / count) /
         std::sqrt((aa - sum_a * sum_a / count) * (bb - sum_b * sum_b / count));
}

double psnr(const Image& a, const Image& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = static_cast<double>(a.pixels[i]) - b.pixels[i];
    squares += difference * difference;
  }
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.pixels.size()) / squares);
}

TEST(Sketch, OfTheLastStepLooksLikeThePicture) {
  TravelRequest request = sketched_request();
  request.model = PTRAVEL_DEFAULT_MODEL;
  request.prompt = "a red circle on blue\na green square on yellow\na house\nblack night";
  request.travel_steps = "0";
  request.width = 128;
  request.height = 128;
  request.steps = 8;
  std::vector<FrameSketch> seen;
  const auto frames = draw(request, small_store(), all_to(seen));
  ASSERT_EQ(frames.size(), 4U);
  int compared = 0;
  for (const FrameSketch& sketch : seen) {
    if (sketch.place.step < sketch.place.steps) {
      continue;
    }
    const Image& frame = frames.at(static_cast<std::size_t>(sketch.place.frame)).image;
    const Image small =
        resize(frame, sketch.image.width, sketch.image.height, ResizeFilter::Bilinear);
    EXPECT_EQ(sketch.image.width * 4, frame.width);
    EXPECT_GT(correlation(sketch.image, small), 0.85) << sketch.place.frame;
    EXPECT_GT(psnr(sketch.image, small), 18) << sketch.place.frame;
    ++compared;
  }
  EXPECT_EQ(compared, 4);
}

TEST(Sketch, ChangesNoByteOfAnyFrame) {
  for (const char* sampler : {"Euler a", "UniPC", "DPM adaptive"}) {
    TravelRequest request = sketched_request();
    request.sampler = sampler;
    request.travel_steps = "1";
    request.batch = 2;
    std::vector<FrameSketch> seen;
    const auto with = draw(request, small_store(), all_to(seen));
    const auto without = draw(request, small_store());
    ASSERT_EQ(with.size(), without.size());
    for (std::size_t i = 0; i < with.size(); ++i) {
      EXPECT_TRUE(with[i].image.pixels == without[i].image.pixels) << sampler << i;
      EXPECT_EQ(with[i].parameters, without[i].parameters);
    }
    EXPECT_GE(seen.size(), 3U) << sampler;
    for (const FrameSketch& sketch : seen) {
      EXPECT_THAT(sketch.place.frame, testing::AllOf(testing::Ge(0), testing::Lt(3)));
      EXPECT_THAT(sketch.place.step,
                  testing::AllOf(testing::Ge(1), testing::Le(sketch.place.steps)));
      EXPECT_THAT(sketch.place.steps, testing::AnyOf(3, 4));  // UniPC reports one more
    }
  }
}

TEST(Sketch, TakesNoMoreThanItsShareOfTheTime) {
  TravelRequest request = sketched_request();
  request.travel_steps = "0";
  request.steps = 100;
  std::chrono::duration<double> spent{0};
  const auto begun = Clock::now();
  SketchOptions options;
  options.seconds = 0;
  options.show = [&](const FrameSketch&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    spent += std::chrono::milliseconds(5);
  };
  draw(request, small_store(), options);
  const std::chrono::duration<double> whole = Clock::now() - begun;
  EXPECT_GT(spent.count(), 0);
  EXPECT_LE(spent.count(), 0.05 * whole.count() + 0.006);  // the first one comes at once
}

TEST(Sketch, KeepsItsDistance) {
  TravelRequest request = sketched_request();
  request.travel_steps = "0";
  request.steps = 50;
  std::vector<Clock::time_point> times;
  SketchOptions options;
  options.seconds = 0.05;
  options.share = 1e9;
  options.show = [&](const FrameSketch&) { times.push_back(Clock::now()); };
  draw(request, small_store(), options);
  ASSERT_GE(times.size(), 2U);
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 1], std::chrono::milliseconds(50));
  }
}

TEST(TravelProgress, TellsPhasesAndSteps) {
  std::vector<WorkPhase> phases;
  std::vector<SamplingPlace> places;
  Progress progress([&](const ProgressSnapshot& snapshot) {
    if (phases.empty() || phases.back() != snapshot.phase) {
      phases.push_back(snapshot.phase);
    }
    if (snapshot.sampling.frame >= 0 && (places.empty() || !(places.back() == snapshot.sampling))) {
      places.push_back(snapshot.sampling);
    }
  });
  TravelRequest request = sketched_request();
  request.steps = 2;
  KeepingSink sink;
  const auto travel = Travel::open(request, progress, {.store = &small_store()});
  travel->render({}, sink, progress);
  EXPECT_THAT(phases, testing::ElementsAre(WorkPhase::Loading, WorkPhase::Drawing));
  std::vector<SamplingPlace> expected;
  for (std::int64_t frame = 0; frame < 4; ++frame) {
    expected.push_back({frame, 1, 2});
    expected.push_back({frame, 2, 2});
  }
  EXPECT_EQ(places, expected);
}

}  // namespace
}  // namespace ptravel
