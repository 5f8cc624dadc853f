#include "travel/assemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/image_file.h"
#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

std::vector<std::int64_t> film(const std::string& pick,
                               int pad,
                               const std::vector<int>& hold,
                               bool ping_pong) {
  FilmPlan plan;
  plan.frame_count = 5;
  plan.stage_frames = {0, 4};
  plan.pick = pick;
  plan.pad = pad;
  plan.hold = hold;
  plan.ping_pong = ping_pong;
  return film_frames(plan);
}

TEST(Film, HoldsAtStagesGoesBackAndPads) {
  EXPECT_THAT(film("", 0, {0}, false), testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(film("", 0, {2}, false), testing::ElementsAre(0, 0, 0, 1, 2, 3, 4, 4, 4));
  EXPECT_THAT(film("1:", 0, {1}, false), testing::ElementsAre(1, 2, 3, 4, 4));
  EXPECT_THAT(film("", 0, {0}, true), testing::ElementsAre(0, 1, 2, 3, 4, 3, 2, 1));
  EXPECT_THAT(film("", 0, {1}, true), testing::ElementsAre(0, 0, 1, 2, 3, 4, 4, 3, 2, 1));
  EXPECT_THAT(film("::2", 1, {0}, true), testing::ElementsAre(0, 0, 2, 4, 2, 2));
  EXPECT_THAT(film("3:", 0, {0}, true), testing::ElementsAre(3, 4));
  EXPECT_THAT(film("", 0, {0, 2}, false), testing::ElementsAre(0, 1, 2, 3, 4, 4, 4));
  EXPECT_THAT(film("", 0, {1, 0}, true), testing::ElementsAre(0, 0, 1, 2, 3, 4, 3, 2, 1));
  EXPECT_THAT(film("1:", 0, {1, 2}, false), testing::ElementsAre(1, 2, 3, 4, 4, 4));
  EXPECT_THROW(film("9:", 0, {0}, false), Error);
}

/// Makes a contact sheet of small frames; returns which ones were asked for.
std::vector<std::int64_t> frames_of_sheet(std::int64_t frame_count, const std::string& pick) {
  const TemporaryFolder folder;
  FilmPlan plan;
  plan.frame_count = frame_count;
  plan.pick = pick;
  plan.pad = 3;
  std::vector<std::int64_t> asked;
  const auto frame = [&](std::int64_t index) {
    asked.push_back(index);
    return Image(8, 8);
  };
  Progress progress;
  assemble_contact_sheet(plan, frame, folder / "sheet.png", progress);
  EXPECT_GT(read_image(folder / "sheet.png").image.width, 8);
  EXPECT_EQ(folder.names().size(), 1u);
  return asked;
}

TEST(ContactSheetOfAFilm, HasThePickedFramesWithoutCopies) {
  EXPECT_THAT(frames_of_sheet(5, ""), testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(frames_of_sheet(5, "::-2"), testing::ElementsAre(4, 2, 0));
  EXPECT_THAT(frames_of_sheet(1, ""), testing::ElementsAre(0));
}

TEST(ContactSheetOfAFilm, TakesAtMost64AtEvenDistances) {
  EXPECT_EQ(frames_of_sheet(64, "").size(), 64u);
  const auto frames = frames_of_sheet(1000, "");
  ASSERT_EQ(frames.size(), 64u);
  EXPECT_EQ(frames.front(), 0);
  EXPECT_EQ(frames.back(), 999);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    EXPECT_THAT(frames[i] - frames[i - 1], testing::AnyOf(15, 16));
  }
}

TEST(ContactSheetOfAFilm, CanBeCancelledAndThenLeavesNothing) {
  const TemporaryFolder folder;
  FilmPlan plan;
  plan.frame_count = 3;
  Progress progress;
  const auto frame = [&](std::int64_t) {
    progress.cancel();
    return Image(8, 8);
  };
  EXPECT_THROW(assemble_contact_sheet(plan, frame, folder / "sheet.png", progress), Error);
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace ptravel
