#include "request/sound_stages.h"

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "request/frame_settings.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

using testing::ElementsAre;

TravelRequest request_of(int stages, const std::string& travel_steps, double fps = 10) {
  TravelRequest request;
  for (int stage = 0; stage < stages; ++stage) {
    request.prompt += std::string(stage == 0 ? "" : "\n") + "stage";
  }
  request.travel_steps = travel_steps;
  request.fps = fps;
  request.beats = "song.wav";
  return request;
}

StagePlan plan_of(const TravelRequest& request) {
  return plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                     stage_rules(request));
}

/// Beats at these times of a sound that lasts `seconds`.
SoundPulse beats_at(std::vector<double> times, double seconds) {
  SoundPulse pulse;
  pulse.seconds = seconds;
  pulse.beats = std::move(times);
  return pulse;
}

std::vector<std::int64_t> on_beats(const TravelRequest& request, const SoundPulse& pulse) {
  return steps_on_beats(plan_of(request), request, pulse);
}

TEST(StepsOnBeats, TakeTheNearestBeat) {
  // Planned at frames 10, 20, 30; beats fall on 9, 16, 23, 31.
  const SoundPulse pulse = beats_at({0.2, 0.9, 1.6, 2.3, 3.1}, 4);
  EXPECT_THAT(on_beats(request_of(4, "9"), pulse), ElementsAre(8, 13, 7));
}

TEST(StepsOnBeats, PutEachStageOnALaterFrame) {
  // Planned at frames 1, 2, 3, with a beat every half second.
  const SoundPulse pulse = beats_at({0, 0.5, 1, 1.5}, 2);
  EXPECT_THAT(on_beats(request_of(4, "0"), pulse), ElementsAre(4, 4, 4));
}

TEST(StepsOnBeats, BeginAgainWithTheSound) {
  const SoundPulse pulse = beats_at({0.5}, 2);  // then 2.5, 4.5, 6.5 s
  EXPECT_THAT(on_beats(request_of(4, "19"), pulse), ElementsAre(24, 19, 19));
}

TEST(StepsOnBeats, CountPaddingAndHeldStages) {
  TravelRequest request = request_of(3, "9");
  request.pad = 3;
  request.hold = {2};
  // Stages appear at video frames 3, then 3 + 2 + f, then 3 + 4 + f.
  const SoundPulse pulse = beats_at({1.6, 2.7}, 10);
  EXPECT_THAT(on_beats(request, pulse), ElementsAre(10, 8));  // f = 11 and 20
}

TEST(StepsOnBeats, PutTheReturnOfALoopOnABeat) {
  TravelRequest request = request_of(2, "9");
  request.loop = true;
  EXPECT_THAT(on_beats(request, beats_at({1.2, 2.4}, 5)), ElementsAre(11, 11));
}

TEST(StepsOnBeats, KeepFractionsOfASecondFromAddingUp) {
  std::vector<double> times;
  for (int i = 0; i < 400; ++i) {
    times.push_back(i * 60 / 137.0);
  }
  const TravelRequest request = request_of(40, "25", 24);
  std::int64_t frame = 0;
  for (const std::int64_t steps : on_beats(request, beats_at(times, 400 * 60 / 137.0))) {
    frame += steps + 1;
    const double off = std::remainder(static_cast<double>(frame) / 24, 60 / 137.0);
    EXPECT_LE(std::abs(off), 0.5 / 24 + 1e-9) << frame;
  }
}

/// One value for each tenth of a second.
SoundPulse percussion(const std::vector<double>& values) {
  SoundPulse pulse;
  pulse.percussion = values;
  pulse.interval = 0.1;
  pulse.seconds = static_cast<double>(values.size()) * 0.1;
  return pulse;
}

TEST(StepsByPercussion, GiveEveryGapItsShare) {
  // Nothing for two seconds, then the same in every tenth.
  std::vector<double> values(20, 0.0);
  values.resize(40, 1.0);
  const TravelRequest request = request_of(3, "19");
  // Half of what is heard in four seconds has been heard after three.
  EXPECT_THAT(steps_by_percussion(plan_of(request), request, percussion(values)),
              ElementsAre(28, 10));
}

TEST(StepsByPercussion, FollowThePlansShares) {
  const TravelRequest request = request_of(3, "9,29");
  EXPECT_THAT(
      steps_by_percussion(plan_of(request), request, percussion(std::vector<double>(60, 1.0))),
      ElementsAre(8, 30));
}

TEST(StepsByPercussion, KeepTheNumberOfFrames) {
  std::vector<double> values(12, 0.0);
  values[8] = 5;  // all at once
  const TravelRequest request = request_of(5, "2");
  const auto steps = steps_by_percussion(plan_of(request), request, percussion(values));
  EXPECT_EQ(std::accumulate(steps.begin(), steps.end(), std::int64_t{0}), 8);
  for (const std::int64_t each : steps) {
    EXPECT_GE(each, 0);
  }
}

TEST(StepsByPercussion, RefuseSilence) {
  const TravelRequest request = request_of(3, "9");
  expect_error(ErrorCode::InvalidArgument,
               "beats: \"song.wav\": nothing is struck in the film's 2.0 s", [&] {
                 steps_by_percussion(plan_of(request), request,
                                     percussion(std::vector<double>(60, 1e-9)));
               });
}

std::string problems_of(const TravelRequest& request) {
  std::vector<Problem> problems;
  check_sounds(request, problems);
  std::string text;
  for (const Problem& problem : problems) {
    text += problem.field + ": " + problem.message + "\n";
  }
  return text;
}

TEST(CheckSounds, SayWhatDoesNotFit) {
  const std::string here = __FILE__;  // A file that exists.
  TravelRequest request = request_of(2, "9");
  request.beats.clear();
  EXPECT_EQ(problems_of(request), "");
  request.soundtrack = here;
  EXPECT_EQ(problems_of(request), "");
  request.format = VideoFormat::Gif;
  EXPECT_EQ(problems_of(request), "soundtrack: \"" + here +
                                      "\" with format gif, which has no sound; expected mp4 or "
                                      "webm\n");
  request.format = VideoFormat::Webm;
  request.fps = 0;
  EXPECT_EQ(problems_of(request),
            "soundtrack: \"" + here + "\" with fps 0, expected a video with it\n");
  request = request_of(2, "9");
  request.beats = "nowhere/song.wav";
  EXPECT_EQ(problems_of(request),
            "beats: \"nowhere/song.wav\", expected a sound file that exists\n");
  request.beats = here;
  request.pick = "::2";
  EXPECT_EQ(problems_of(request),
            "pick: \"::2\" would move stages off their beats, expected none\n");
  request.pick.clear();
  request.compat = Compat::Newest;
  EXPECT_NE(problems_of(request).find("compat: "), std::string::npos);
  request = request_of(2, "9");
  request.beats.clear();
  request.beats_by = BeatsBy::Energy;
  EXPECT_EQ(problems_of(request),
            "beats_by: \"energy\" without beats, expected a sound file there\n");
}

TEST(CheckSounds, NeedTwoStages) {
  TravelRequest request = request_of(1, "9");
  request.model = "model.safetensors";
  request.beats = __FILE__;
  std::string found;
  for (const Problem& problem : validate_request(request)) {
    found += problem.field + ": " + problem.message + "\n";
  }
  EXPECT_EQ(found, "beats: places stages, expected at least two of them in prompt\n");
}

}  // namespace
}  // namespace ptravel
