#include "motion/wanted_middles.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Pictures that are numbers.
FilmChoice choice_of(const std::vector<double>& pictures, std::size_t steps) {
  FilmChoice choice;
  choice.pictures = pictures.size();
  choice.distance = [pictures](std::size_t i, std::size_t j) {
    return std::abs(pictures[j] - pictures[i]);
  };
  choice.weights.assign(steps, 1.0);
  return choice;
}

TEST(WantedMiddles, AreThoseThatAnEvenFilmLacks) {
  // Of the film 0 1 2 3 4 the picture 2 is not there.
  const FilmChoice drawn = choice_of({0, 1, 3, 4}, 4);
  EXPECT_THAT(wanted_middles(drawn, {true, true, true}), ElementsAre(1));
  EXPECT_THAT(wanted_middles(drawn, {true, false, true}), testing::Not(testing::Contains(1)));
}

TEST(WantedMiddles, AreNoneWhereTheFilmIsEven) {
  const FilmChoice drawn = choice_of({0, 1, 2, 3, 4}, 4);
  EXPECT_THAT(wanted_middles(drawn, {true, true, true, true}), IsEmpty());
}

TEST(WantedMiddles, ShiftFramesThatFollowALargeStep) {
  // In three steps of 4 the film would show 4 and 8, both middles of what is there.
  const FilmChoice drawn = choice_of({0, 3.2, 4.8, 7.2, 8.8, 12}, 3);
  EXPECT_THAT(wanted_middles(drawn, {true, true, true, true, true}), ElementsAre(1, 3));
}

TEST(WantedMiddles, KeepWhatMustBeShown) {
  FilmChoice drawn = choice_of({0, 1.8, 3, 6}, 4);
  drawn.required = {1};
  for (const std::size_t step : wanted_middles(drawn, {true, true, true})) {
    EXPECT_NE(step, 0u);  // 0, 1.8, 3, 4.5, 6: nothing before what must be shown
  }
}

TEST(WantedMiddles, AreNoneWhereNoFilmCanBeChosen) {
  EXPECT_THAT(wanted_middles(choice_of({0, 1}, 4), {true}), IsEmpty());
}

}  // namespace
}  // namespace ptravel
