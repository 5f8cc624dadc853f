// Films of other programs as requests.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "notation/written_film.h"
#include "ptravel/error.h"
#include "ptravel/notation.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ScheduleFile : public ::testing::Test {
 protected:
  PreparedRequest prepared(const std::string& text) {
    write_file_atomic(folder_ / "film.txt", text);
    request_.schedule_file = (folder_ / "film.txt").string();
    return prepare_request(request_);
  }
  std::string problem(const std::string& text) {
    try {
      prepared(text);
    } catch (const Error& error) {
      return error.problems().at(0).field + ": " + error.problems().at(0).message;
    }
    return "";
  }

  TemporaryFolder folder_;
  TravelRequest request_;
};

constexpr const char* kDeforum = R"json({
  "W": 384, "H": 256, "seed": 77, "sampler": "Euler", "steps": 12, "seed_behavior": "iter",
  "animation_mode": "2D", "max_frames": 40, "fps": 12.0, "use_init": false,
  "angle": "0: (0)",
                     "zoom" : "0: (1.0025+0.002*sin(1.25*3.14*t/30))",
                     "cfg_scale_schedule" : "0: (7), 20: (9)",
                     "strength_schedule" : "0: (0.65), 20: (0.4)",
                     "diffusion_cadence" : 2,
                     "color_coherence" : "LAB",
                     "tiling" : true,
                     "enable_clipskip_scheduling" : true,
                     "clipskip_schedule" : "0: (2)",
                     "animation_prompts_positive" : "best",
                     "animation_prompts_negative" : "ugly --neg bad",
                     "prompts" : {
  "4" : "a (cat:`0.5+t/8`)", "20" : "a dog --neg\n blur", "99" : "never"
}
})json";

TEST_F(ScheduleFile, DeforumsSettingsBecomeATravel) {
  const PreparedRequest film = prepared(kDeforum);
  const TravelRequest& r = film.request;
  EXPECT_EQ(r.prompt, "best a (cat:1.0)\nbest a dog");
  EXPECT_EQ(r.negative_prompt, "ugly bad\nblur ugly bad");
  EXPECT_EQ(r.travel_steps, "15");
  EXPECT_THAT(r.hold, ElementsAre(4, 19));  // 5 + 15 + 20 = 40 frames
  EXPECT_THAT(r.cfg_scale, ElementsAre(7.4, 9));
  EXPECT_EQ(r.seed.at(0), Seed(77));
  EXPECT_EQ(r.width, 384);
  EXPECT_EQ(r.height, 256);
  EXPECT_EQ(r.steps, 12);
  EXPECT_EQ(r.sampler, "Euler");
  EXPECT_EQ(r.clip_skip, 2);
  EXPECT_EQ(r.fps, 12);
  EXPECT_EQ(r.tiling, Tiling::Both);
  EXPECT_EQ(r.denoise_strength, TravelRequest{}.denoise_strength);
  EXPECT_EQ(r.schedule_file, "");
  ASSERT_EQ(film.notes.size(), 2U);
  for (const char* name : {"zoom", "diffusion_cadence", "color_coherence", "seed_behavior iter",
                           "strength (", "prompts held"}) {
    EXPECT_THAT(film.notes[1], HasSubstr(name));
  }
  EXPECT_THAT(film.notes[1], Not(HasSubstr("angle")));
}

TEST_F(ScheduleFile, GivenSettingsWinAndStrengthNeedsPictures) {
  request_.steps = 30;
  request_.genesis = Genesis::Successive;
  const PreparedRequest film = prepared(kDeforum);
  EXPECT_EQ(film.request.steps, 30);
  ASSERT_EQ(film.request.denoise_strength.size(), 2U);
  EXPECT_NEAR(film.request.denoise_strength[0], 0.4, 1e-12);  // 1 - (0.65 - 4/20 * 0.25)
  EXPECT_NEAR(film.request.denoise_strength[1], 0.6, 1e-12);
  EXPECT_THAT(film.notes[1], Not(HasSubstr("strength (")));
}

TEST_F(ScheduleFile, FizzNodesLinesBecomeATravel) {
  const PreparedRequest film =
      prepared("\"0\" :\"a cat\",\n\"12\" :\"a dog --neg blurry\",\n\"max_f+20\": \"\",\n");
  EXPECT_EQ(film.request.prompt, "a cat\na dog\n\"\"");
  EXPECT_EQ(film.request.negative_prompt, "\"\"\nblurry\n\"\"");
  EXPECT_EQ(film.request.travel_steps, "11,7");
  EXPECT_THAT(film.request.hold, ElementsAre(0));
  EXPECT_EQ(film.notes.size(), 1U);
}

TEST_F(ScheduleFile, ParseqsKeyframesBecomeStages) {
  const PreparedRequest film = prepared(R"json({
    "options": {"output_fps": 24},
    "keyframes": [{"frame": 0}, {"frame": 2}, {"frame": 77}],
    "rendered_frames": [
      {"frame": 0, "deforum_prompt": "a --neg x", "seed": 5.5, "scale": 7, "strength": 0.5, "angle": 1},
      {"frame": 1, "deforum_prompt": "b", "seed": 6, "scale": 8},
      {"frame": 2, "deforum_prompt": "c --neg x", "seed": 9, "scale": 8, "strength": NaN},
      {"frame": 3, "deforum_prompt": "d --neg x", "seed": 5, "scale": 7, "strength": 0.5}]})json");
  EXPECT_EQ(film.request.prompt, "a\nc\nd");
  EXPECT_EQ(film.request.travel_steps, "1,0");
  EXPECT_THAT(film.request.cfg_scale, ElementsAre(7, 8, 7));
  EXPECT_THAT(film.request.seed, ElementsAre(Seed(5), Seed(9), Seed(5)));
  EXPECT_EQ(film.request.fps, 24);
  EXPECT_THAT(film.notes.at(1), HasSubstr("angle"));
}

TEST_F(ScheduleFile, WithoutKeyframesPromptsSayWhereStagesAre) {
  const PreparedRequest film = prepared(R"json({"rendered_frames": [
      {"frame": 0, "deforum_prompt": "a"}, {"frame": 1, "deforum_prompt": "a"},
      {"frame": 2, "deforum_prompt": "b"}, {"frame": 5, "deforum_prompt": "b"}]})json");
  EXPECT_EQ(film.request.prompt, "a\nb\nb");
  EXPECT_EQ(film.request.travel_steps, "1,2");
}

TEST_F(ScheduleFile, WhatCannotBeReadIsNamed) {
  EXPECT_THAT(problem("no film"), HasSubstr("film.txt\" is no JSON object"));
  EXPECT_THAT(problem("{\"a\": 1}"), HasSubstr("has neither \"rendered_frames\""));
  EXPECT_THAT(problem("{\"a\": \"b\"}"), HasSubstr("\"a\" is not understood"));
  EXPECT_THAT(problem(R"json({"prompts": {"0": 5}, "max_frames": 3})json"), HasSubstr("no text"));
  EXPECT_THAT(problem(R"json({"prompts": {"0": "a"}, "max_frames": 1e30})json"),
              HasSubstr("max_frames"));
  EXPECT_THAT(problem(R"json({"prompts": {"9": "a"}, "max_frames": 3})json"),
              HasSubstr("none of them"));
  EXPECT_THAT(problem(R"json({"prompts": {"0": "a"}, "max_frames": 3, "cfg_scale_schedule": "5:(1)"
})json"),
              HasSubstr("cfg_scale_schedule: \"5:(1)\" has no key at frame 0"));
  EXPECT_THAT(problem(R"json({"rendered_frames": []})json"), HasSubstr("rendered_frames"));
  EXPECT_THAT(problem(R"json({"rendered_frames": [{"frame": -1}]})json"),
              HasSubstr("without a frame"));
  EXPECT_THAT(problem(R"json({"rendered_frames": [{"frame": 0}]})json"),
              HasSubstr("deforum_prompt"));
  request_.prompt = "a";
  EXPECT_THAT(problem("\"0\": \"a\""), HasSubstr("prompt: is given, and so is schedule_file"));
}

}  // namespace
}  // namespace ptravel
