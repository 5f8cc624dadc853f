// Travels on a loaded model: shared between threads, and what is left after one call.

#include "ptravel/travel.h"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "ptravel/processors.h"
#include "request/frame_settings.h"
#include "request/stages.h"
#include "tensor/thread_scope.h"
#include "tests/travel/tiny_travel.h"
#include "travel/frame_units.h"

namespace ptravel {
namespace {

TEST(Travel, TwoAtATimeOnOneModelDrawWhatEachDrawsAlone) {
  ModelStore store(std::uint64_t{1} << 40);
  TravelRequest requests[2] = {tiny_request(), tiny_request()};
  requests[0].threads = 1;
  requests[1].threads = 2;
  requests[1].mode = TravelMode::Grad;
  requests[1].prompt = "the sea\na [cat|dog] BREAK a house";
  const std::vector<RenderedFrame> alone[2] = {draw(requests[0], store), draw(requests[1], store)};
  std::vector<RenderedFrame> together[2];
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 3; ++round) {
        together[i] = draw(requests[i], store);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(store.models(), 1u);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(together[i].size(), alone[i].size());
    for (std::size_t frame = 0; frame < alone[i].size(); ++frame) {
      EXPECT_TRUE(together[i][frame].image.pixels == alone[i][frame].image.pixels) << i << frame;
      EXPECT_EQ(together[i][frame].parameters, alone[i][frame].parameters);
    }
  }
}

TEST(Travel, ASinkHearsNothingAfterItsCall) {
  TravelRequest request = tiny_request();
  request.mode = TravelMode::Replace;
  Progress progress;
  const auto travel = Travel::open(request, progress);
  KeepingSink sink;
  travel->render({}, sink, progress);
  const int heard = sink.lines;
  FrameSpot spot;
  spot.index = 1;
  spot.frame_count = 4;
  spot.stage_count = 2;
  spot.alpha = 1.0 / 3;
  spot.step = 1;
  spot.steps = 2;
  travel->render_spot(spot, {}, progress);
  EXPECT_EQ(sink.lines, heard);
}

TEST(Travel, TakesNoMoreThreadsThanThereAreProcessors) {
  class Sink : public KeepingSink {
   public:
    void add(const RenderedFrame&) override { threads.push_back(threads_here()); }
    std::vector<int> threads;
  };
  TravelRequest request = tiny_request();
  request.threads = 1024;
  Progress progress;
  const auto travel = Travel::open(request, progress);
  EXPECT_EQ(travel->request().threads, usable_processors());
  EXPECT_THAT(travel->notes(),
              testing::Contains("threads 1024 is more than there are processors; using " +
                                std::to_string(usable_processors())));
  Sink sink;
  travel->render({}, sink, progress);
  EXPECT_THAT(sink.threads, testing::AllOf(testing::SizeIs(4), testing::Each(usable_processors())));
  request.threads = usable_processors();
  EXPECT_THAT(Travel::open(request, progress)->notes(), testing::IsEmpty());
}

TEST(Travel, AModelCanBeRefusedBeforeItsWeightsAreRead) {
  std::vector<std::string> activities;
  Progress progress(
      [&](const ProgressSnapshot& snapshot) { activities.push_back(snapshot.activity); });
  const auto refuse = [](const ModelIdentity& identity) {
    EXPECT_EQ(identity.files.at(0).role, "model");
    EXPECT_EQ(identity.files.at(0).sha256, identity.sha256);
    EXPECT_FALSE(identity.kernels.empty());
    throw Error(ErrorCode::InvalidArgument, "not this one");
  };
  EXPECT_THROW(Travel::open(tiny_request(), progress, {.check_model = refuse}), Error);
  EXPECT_THAT(activities, testing::Not(testing::Contains("Loading the model")));
}

TEST(Travel, AUnitThatIsNotClaimedIsLeftOut) {
  Progress progress;
  const auto travel = Travel::open(tiny_request(), progress);
  ASSERT_EQ(travel->units().size(), 4u);
  FrameSelection selection;
  std::vector<std::int64_t> released;
  selection.claim = [](const FrameUnit& unit) { return unit.frames.front() % 2 == 1; };
  selection.release = [&](const FrameUnit& unit) { released.push_back(unit.frames.front()); };
  KeepingSink sink;
  travel->render(selection, sink, progress);
  EXPECT_EQ(sink.frames.size(), 2u);
  EXPECT_THAT(released, testing::ElementsAre(1, 3));
}

std::vector<std::size_t> unit_sizes(const TravelRequest& request) {
  StagePlan plan = plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                               stage_rules(request));
  const std::vector<FramePlace> places = frame_places(plan, request);
  std::vector<std::size_t> sizes;
  std::vector<std::int64_t> frames;
  const int at_once = frames_at_once(request, false);
  for (const FrameUnit& unit :
       frame_units(places, film_order(places, plan, request), request, at_once)) {
    sizes.push_back(unit.frames.size());
    frames.insert(frames.end(), unit.frames.begin(), unit.frames.end());
  }
  std::sort(frames.begin(), frames.end());
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(frames.at(i), static_cast<std::int64_t>(i)) << "every frame once";
  }
  return sizes;
}

TEST(FramesAtOnce, GoByTheDeviceAndThePicturesSize) {
  TravelRequest request = tiny_request(512);
  EXPECT_EQ(request.batch, 0);
  EXPECT_EQ(frames_at_once(request, false), 1);
  EXPECT_EQ(frames_at_once(request, true), 8);
  for (const auto& [size, frames] :
       {std::pair{64, 16}, {256, 16}, {768, 3}, {1024, 2}, {4096, 1}}) {
    EXPECT_EQ(frames_at_once(tiny_request(size), true), frames) << size;
  }
  request.hires = true;
  request.hires_scale = 2;
  EXPECT_EQ(frames_at_once(request, true), 2);
  request.batch = 5;
  EXPECT_EQ(frames_at_once(request, true), 5);
  EXPECT_EQ(frames_at_once(request, false), 5);
}

TEST(FrameUnits, AreGapsChainsOrWhatIsDrawnAtOnce) {
  TravelRequest request = tiny_request();
  request.prompt = "a\nb\nc";
  request.batch = 3;
  EXPECT_THAT(unit_sizes(request), testing::ElementsAre(3, 3, 1));
  request.genesis = Genesis::Embryo;
  EXPECT_THAT(unit_sizes(request), testing::ElementsAre(4, 3));
  request.genesis = Genesis::Successive;
  EXPECT_THAT(unit_sizes(request), testing::ElementsAre(7));
  request.genesis = Genesis::Fixed;
  request.mode = TravelMode::Grad;
  EXPECT_THAT(unit_sizes(request), testing::ElementsAre(4, 3));
  request.loop = true;
  EXPECT_THAT(unit_sizes(request), testing::ElementsAre(4, 3, 2));
}

}  // namespace
}  // namespace ptravel
