#include "notation/time_marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TravelRequest marked(const std::string& prompt, double fps = 10) {
  TravelRequest request;
  request.prompt = prompt;
  request.travel_steps = "4";
  request.fps = fps;
  return request;
}

std::string problem_of(TravelRequest request) {
  try {
    apply_time_marks(request);
  } catch (const Error& error) {
    return error.problems().at(0).field + ": " + error.problems().at(0).message;
  }
  return "";
}

struct Line {
  const char* text;
  const char* mark;  ///< "at hold way", "-" for none.
  const char* prompt;
};

std::string told(const std::optional<FilmTime>& time) {
  return time ? std::to_string(time->amount).substr(0, 4) + (time->seconds ? "s" : "f") : "-";
}

class MarkedLines : public ::testing::TestWithParam<Line> {};

TEST_P(MarkedLines, AreReadFromTheFront) {
  const MarkedLine read = read_time_marks(GetParam().text);
  EXPECT_EQ(told(read.mark.at) + " " + told(read.mark.hold) + " " + told(read.mark.way),
            GetParam().mark);
  EXPECT_EQ(read.prompt, GetParam().prompt);
}

INSTANTIATE_TEST_SUITE_P(All,
                         MarkedLines,
                         ::testing::Values(Line{"[2s] a cat", "- - 2.00s", "a cat"},
                                           Line{"[2s-5s]a cat", "- 2.00s 5.00s", "a cat"},
                                           Line{"[0.5-1.5s] a", "- 0.50s 1.50s", "a"},
                                           Line{"[12f-3s] a", "- 12.0f 3.00s", "a"},
                                           Line{"@12 a cat", "12.0f - -", "a cat"},
                                           Line{"@2.5s [1s] a", "2.50s - 1.00s", "a"},
                                           Line{"[2] a cat", "- - -", "[2] a cat"},
                                           Line{"[2x] a", "- - -", "[2x] a"},
                                           Line{"[2s:a] b", "- - -", "[2s:a] b"},
                                           Line{"[1.2.3s] a", "- - -", "[1.2.3s] a"},
                                           Line{"[2s-] a", "- 2.00s -", "a"},
                                           Line{"[2-] a", "- - -", "[2-] a"},
                                           Line{"@home", "- - -", "@home"},
                                           Line{"@12th night", "- - -", "@12th night"},
                                           Line{"[cat:dog:0.5]", "- - -", "[cat:dog:0.5]"}));

TEST(TimeMarks, HoldsAndWaysAddUpToPlaces) {
  TravelRequest request = marked("[1s-2s] a\n[3f-5f] b\nc");
  const auto note = apply_time_marks(request);
  EXPECT_EQ(request.prompt, "a\nb\nc");
  // a at 0, held for 10 frames, b 20 frames later at 30, held for 3, c at 38.
  EXPECT_EQ(request.travel_steps, "19,4");
  EXPECT_THAT(request.hold, ElementsAre(10, 3, 0));
  ASSERT_TRUE(note);
  EXPECT_THAT(*note, HasSubstr("0.0 s, 3.0 s, 3.8 s"));
}

TEST(TimeMarks, PlacesAreReachedWhateverIsHeld) {
  TravelRequest request = marked("[4f-6f] a\n@20 b\n@2.5s c");
  request.prompt = "a\n@20 b\n@2.5s c";
  request.hold = {3};
  apply_time_marks(request);
  EXPECT_EQ(request.travel_steps, "16,1");  // 0 + 3 held + 17 = 20; 20 + 3 + 2 = 25
  EXPECT_THAT(request.hold, ElementsAre(3));
}

TEST(TimeMarks, UnmarkedWaysHaveTheUsualSteps) {
  TravelRequest request = marked("[2s] a\nb\nc");
  apply_time_marks(request);
  EXPECT_EQ(request.travel_steps, "19,4");
}

TEST(TimeMarks, PlacesAreRoundedNotLengths) {
  TravelRequest request = marked("[0.25s] a\n[0.25s] b\n[0.25s] c\n[0.25s] d\ne");
  apply_time_marks(request);
  EXPECT_EQ(request.travel_steps, "2,1,2,1");  // 2.5 frames each: at 0, 3, 5, 8, 10
}

TEST(TimeMarks, ALoopGoesBackInItsLastWay) {
  TravelRequest request = marked("[1s] a\n[2s] b");
  request.loop = true;
  EXPECT_THAT(*apply_time_marks(request), ::testing::Not(HasSubstr("no meaning")));
  EXPECT_EQ(request.travel_steps, "9,19");
  request = marked("[1s] a\n[2s] b");
  EXPECT_THAT(*apply_time_marks(request), HasSubstr("no meaning"));
}

TEST(TimeMarks, RequestsWithoutMarksStayAsTheyAre) {
  TravelRequest request = marked("a # [2s]\n\n [b:c:0.5]");
  const TravelRequest before = request;
  EXPECT_FALSE(apply_time_marks(request));
  EXPECT_EQ(request, before);
}

TEST(TimeMarks, WhatCannotBeIsRefusedByStage) {
  EXPECT_THAT(problem_of(marked("a\n@0 b")),
              HasSubstr("prompt: stage 2: comes 1 frames too early"));
  EXPECT_THAT(problem_of(marked("@5 a\nb")), HasSubstr("stage 1: begins at @5f"));
  EXPECT_THAT(problem_of(marked("[2s] a\n@9 b")), HasSubstr("stage 2: has a place"));
  EXPECT_THAT(problem_of(marked("[2s] a\nb", 0)), HasSubstr("expected fps above 0"));
  TravelRequest listed = marked("[2s] a\nb\nc");
  listed.travel_steps = "3,4";
  EXPECT_THAT(problem_of(listed), HasSubstr("travel_steps to be one number"));
  TravelRequest old = marked("[2s] a\nb");
  old.compat = Compat::First;
  EXPECT_THAT(problem_of(old), HasSubstr("compat"));
}

}  // namespace
}  // namespace ptravel
