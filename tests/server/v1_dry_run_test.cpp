#include "tests/server/api_world.h"

namespace ptravel {
namespace {

Json dry_run(const ApiWorld& world, const Json& change) {
  Json request = quick_request();
  request.update(change);
  return world.post("/api/v1/dry-run", {{"request", request}});
}

TEST(V1DryRun, CountsFramesAndTokens) {
  const ApiWorld world;
  const Json answer = dry_run(world, {{"travel_steps", 3}, {"hold", 2}, {"fps", 10}});
  EXPECT_EQ(answer.at("frame_count"), 5);
  EXPECT_EQ(answer.at("video_frames"), 9);
  EXPECT_DOUBLE_EQ(answer.at("seconds"), 0.9);
  ASSERT_EQ(answer.at("stages").size(), 2U);
  EXPECT_EQ(answer.at("stages").at(0).at("words"), "girl , red hair");
  EXPECT_EQ(answer.at("stages").at(0).at("tokens"), 4);
  EXPECT_EQ(answer.at("stages").at(0).at("chunks"), 1);
  EXPECT_EQ(answer.at("stages").at(1).at("frame"), 4);
  EXPECT_EQ(answer.at("frames").at(2).at("alpha"), 0.5);
  EXPECT_EQ(answer.at("estimate_seconds"), nullptr);
  EXPECT_EQ(answer.at("problems"), Json::array());
}

TEST(V1DryRun, ProblemsArePartOfTheAnswer) {
  const ApiWorld world;
  const Json wrong = dry_run(world, {{"steps", 0}, {"travel_steps", 3}});
  EXPECT_NE(problem_of(wrong, "steps"), "");
  EXPECT_EQ(wrong.at("frame_count"), 5);  // what can be counted is
  EXPECT_EQ(wrong.at("frames"), nullptr);
  const Json misfit = dry_run(world, {{"travel_steps", "1,2,3"}});
  EXPECT_NE(problem_of(misfit, "travel_steps"), "");
  EXPECT_EQ(misfit.at("frame_count"), nullptr);
  // A size that only the opened model knows to be wrong.
  EXPECT_NE(dry_run(world, {{"width", 36}}).at("problems"), Json::array());
}

TEST(V1DryRun, LongFilmsAreCountedNotListed) {
  const ApiWorld world;
  const Json long_one = dry_run(world, {{"travel_steps", 6000}});
  EXPECT_EQ(long_one.at("frame_count"), 6002);
  EXPECT_EQ(long_one.at("frames"), nullptr);
  const Json too_long = dry_run(world, {{"travel_steps", 900'000}});
  EXPECT_NE(problem_of(too_long, "travel_steps"), "");
  EXPECT_EQ(too_long.at("frame_count"), 900'002);
}

TEST(V1DryRun, LongPromptsTakeMoreChunks) {
  const ApiWorld world;
  std::string words;
  for (int i = 0; i < 80; ++i) {
    words += "girl ";
  }
  EXPECT_EQ(dry_run(world, {{"prompt", words + "\ncat"}}).at("stages").at(0).at("chunks"), 2);
}

}  // namespace
}  // namespace ptravel
