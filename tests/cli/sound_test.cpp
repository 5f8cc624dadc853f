// Sound and pictures as stages, as a user gives them to the program; ffprobe looks at the video.

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "tests/cli/run_program.h"
#include "tests/support/sounds.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

const std::string kModel = PTRAVEL_DEFAULT_MODEL;
const std::string kQuick = "render --steps 1 --width 64 --height 64 --precision fp32 ";
const std::string kRun = "outputs/prompt_travel/0000";

json last_line(const Outcome& outcome) {
  return json::parse(split(trimmed(outcome.output), '\n').back());
}

TEST(Soundtrack, IsInTheVideoAsFfprobeSeesIt) {
  const TemporaryFolder folder;
  sounds::write_wav(folder / "song.wav", {sounds::tone(440, 2, 44100)}, 44100);
  const Outcome drawn = run(folder,
                            kQuick +
                                "--prompt cat --prompt dog --travel-steps 8 --seed 1 "
                                "--soundtrack song.wav",
                            kModel);
  ASSERT_EQ(drawn.status, 0) << drawn.errors;
  const Outcome probed = run_command(folder,
                                     "ffprobe -v error -show_entries "
                                     "stream=codec_name,codec_type,duration -of json " +
                                         kRun + "0/travel-00000.mp4");
  const json streams = json::parse(probed.output).at("streams");
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(streams[1].at("codec_name"), "aac");
  EXPECT_NEAR(std::stod(streams[1].at("duration").get<std::string>()), 1.0, 0.03);
  EXPECT_EQ(run(folder, "video " + kRun + "0 --out a.gif --soundtrack song.wav").errors,
            "prompt-travel: --soundtrack: \"song.wav\" with format gif, which has no sound; "
            "expected mp4 or webm\n");
}

TEST(Beats, MakeTheTableOfFramesThatTravelStepsMake) {
  const TemporaryFolder folder;
  sounds::write_wav(folder / "beat.wav", {sounds::clicks(120, 0.3, 8, 44100)}, 44100);
  const std::string words = "render --prompt cat --prompt dog --prompt owl --dry-run --json ";
  const Outcome by_beat = run(folder, words + "--travel-steps 9 --beats beat.wav", kModel);
  ASSERT_EQ(by_beat.status, 0) << by_beat.errors;
  EXPECT_THAT(by_beat.output, HasSubstr("--travel-steps 7,9"));
  const Outcome by_steps = run(folder, words + "--travel-steps 7,9", kModel);
  EXPECT_EQ(last_line(by_beat), last_line(by_steps));
  EXPECT_EQ(last_line(by_beat).at("frames").size(), 19u);
}

TEST(DryRun, SaysWhetherAlphasAreThoseOfTheFilm) {
  const TemporaryFolder folder;
  const std::string words = "render --prompt cat --prompt dog --dry-run --json ";
  EXPECT_EQ(last_line(run(folder, words, kModel)).at("provisional_alphas"), false);
  EXPECT_EQ(last_line(run(folder, words + "--pace even", kModel)).at("provisional_alphas"), true);
}

TEST(FromImages, TravelsBetweenThem) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kQuick + "--prompt cat --seed 1 --cfg-scale 3", kModel).status, 0);
  ASSERT_EQ(run(folder, kQuick + "--prompt dog --seed 2 --sampler DDIM", kModel).status, 0);
  const std::string images =
      "render --from-images " + kRun + "0/00000.png " + kRun + "1/00000.png ";
  std::ofstream(folder / "more.toml") << "travel_steps = 1\nfps = 0\n";
  const Outcome outcome = run(folder, images + "--config more.toml", kModel);
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("note: sampler differs: Euler a ("));
  EXPECT_THAT(outcome.errors, HasSubstr("0/00000.png again, pixel by pixel"));
  EXPECT_THAT(outcome.errors, HasSubstr("note: frame 2 differs from "));
  const json manifest = json::parse(read_file(folder / (kRun + "2/travel.json")));
  EXPECT_EQ(manifest.at("frames"), 3);
  EXPECT_EQ(manifest.at("request").at("seed"), json({1, 2}));
  EXPECT_EQ(manifest.at("request").at("fps"), 0);
  // What is given is not asked about.
  const Outcome given =
      run(folder, images + "--sampler DDIM --scheduler Automatic --dry-run", kModel);
  EXPECT_THAT(given.errors, testing::Not(HasSubstr("differs")));
}

TEST(FromImages, RefusesWhatMakesNoSense) {
  const TemporaryFolder folder;
  const Outcome alone = run(folder, "render --from-images a.png");
  EXPECT_EQ(alone.status, 2);
  EXPECT_EQ(alone.errors,
            "prompt-travel: --from-images: \"a.png\" alone, expected at least two pictures\n");
  const Outcome both = run(folder, "render --from-images a.png b.png --prompt cat --from c.png");
  EXPECT_EQ(both.status, 2);
  EXPECT_THAT(both.errors, HasSubstr("--prompt: the stages are in the pictures"));
  EXPECT_THAT(both.errors, HasSubstr("--from: draws one frame"));
  EXPECT_THAT(run(folder, "render --from-images a.png b.png").errors, HasSubstr("a.png"));
}

}  // namespace
}  // namespace ptravel
