// Every mode and genesis on the default model, as a user runs them: pictures, video, log, plan.

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "media/image_file.h"
#include "tests/cli/run_program.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

const std::string kModel = PTRAVEL_DEFAULT_MODEL;
const std::string kPrompts =
    "--prompt '1girl, blue hair, blue eyes, smile, witch hat, night sky' "
    "--prompt '1boy, red hair, short hair, grin, beach' --seed 5 ";

struct VideoCase {
  const char* name;
  const char* words;
  int frames;  // in the video, at 10 per second
};

void PrintTo(const VideoCase& c, std::ostream* out) { *out << c.name; }

class EveryMode : public testing::TestWithParam<VideoCase> {};

/// What ffprobe says of a video's picture stream.
json probed(const TemporaryFolder& folder, const std::string& video) {
  const Outcome outcome =
      run_command(folder,
                  "ffprobe -v error -count_frames -select_streams v:0 -show_entries "
                  "stream=nb_read_frames,width,height,duration -of json " +
                      video);
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  return json::parse(outcome.output).at("streams").at(0);
}

TEST_P(EveryMode, DrawsTheDefaultModelsTravel) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run(folder, "render " + kPrompts + "--steps 4 " + GetParam().words, kModel);
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  const json stream = probed(folder, kFirstRun + "/travel-00000.mp4");
  EXPECT_EQ(std::stoi(stream.at("nb_read_frames").get<std::string>()), GetParam().frames);
  EXPECT_EQ(stream.at("width"), 128);
  EXPECT_EQ(stream.at("height"), 128);
  EXPECT_NEAR(std::stod(stream.at("duration").get<std::string>()), GetParam().frames / 10.0, 0.01);
}

INSTANTIATE_TEST_SUITE_P(
    OfTheOriginal,
    EveryMode,
    testing::Values(
        VideoCase{"linear", "--travel-steps 4", 6},
        VideoCase{"slerp_eased", "--travel-steps 4 --interpolation slerp --easing ease-in-out", 6},
        VideoCase{"successive", "--travel-steps 4 --genesis successive --denoise-strength 0.6", 6},
        VideoCase{"embryo", "--travel-steps 4 --genesis embryo", 6},
        VideoCase{"replace", "--travel-steps 4 --mode replace", 6},
        VideoCase{"replace_grad_max", "--travel-steps 3 --mode replace --replace-order grad_max",
                  5},
        VideoCase{"replace_channel", "--travel-steps 3 --mode replace --replace-dim channel", 5},
        VideoCase{"grad", "--travel-steps 4 --mode grad", 6},
        VideoCase{"grad_embryo", "--travel-steps 3 --mode grad --genesis embryo", 5},
        VideoCase{"v3", "--travel-steps 4 --compat v3", 5},
        VideoCase{"seeds_and_scales", "--travel-steps 3 --seed 1,2 --cfg-scale 3,7", 5},
        VideoCase{"loop_hold_ping_pong", "--travel-steps 2 --loop --hold 1 --ping-pong", 8 + 5}),
    [](const auto& info) { return std::string(info.param.name); });

/// Column `name` of losses.csv.
std::vector<double> losses(const TemporaryFolder& folder, const std::string& name) {
  const std::string csv = read_file(folder / (kFirstRun + "/losses.csv"));
  const auto lines = split(trimmed(csv), '\n');
  const auto header = split(lines.front(), ',');
  const auto column =
      static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  std::vector<double> values;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    values.push_back(parse_number(split(lines[i], ',').at(column)).value_or(std::nan("")));
  }
  return values;
}

/// The original's experiment where its outcome is certain: with the distance alone the walk goes
/// straight to the target, or straight away from it.
TEST(Grad, WalksToTheTargetOrAwayFromIt) {
  for (const char* sign : {"1", "-1"}) {
    const TemporaryFolder folder;
    const std::string words = "render " + kPrompts +
                              "--steps 1 --mode grad --travel-steps 20 --fps 0 "
                              "--grad-w-latent 0 --grad-w-cond " +
                              sign;
    const Outcome outcome = run(folder, words, kModel);
    ASSERT_EQ(outcome.status, 0) << outcome.errors;
    const std::vector<double> distance = losses(folder, "l1_to");
    ASSERT_EQ(distance.size(), 20u);
    const double direction = std::stod(sign);
    const double first_move = (distance[0] - distance[1]) * direction;
    EXPECT_GT(first_move, 0);
    for (std::size_t i = 1; i < distance.size(); ++i) {
      const double move = (distance[i - 1] - distance[i]) * direction;
      EXPECT_GT(move, 0) << sign << " at " << i;
      EXPECT_NEAR(move, first_move, 0.5 * first_move) << "nearly linear, " << sign << " at " << i;
    }
  }
}

TEST(DryRun, TellsThePlanAndDrawsNothing) {
  const TemporaryFolder folder;
  const std::string words =
      "render --prompt 'a cat AND [red:blue:0.5]' --prompt 'a dog' --travel-steps 3 --hold 2 "
      "--cfg-scale 7,5 --easing ease-in --dry-run ";
  const Outcome text = run(folder, words, kModel);
  ASSERT_EQ(text.status, 0) << text.errors;
  EXPECT_THAT(text.output, HasSubstr("stage 1: a cat AND [red:blue:0.5]"));
  EXPECT_THAT(text.output, HasSubstr("5 frames of 128x128"));
  EXPECT_THAT(text.output, HasSubstr("video: 9 frames, 0.90 s"));
  EXPECT_FALSE(fs::exists(folder / "outputs"));
  const std::string lines = run(folder, words + "--json", kModel).output;
  const json plan = json::parse(split(trimmed(lines), '\n').back());
  ASSERT_EQ(plan.at("frames").size(), 5u);
  EXPECT_DOUBLE_EQ(plan["frames"][2]["share"], 0.5);
  EXPECT_DOUBLE_EQ(plan["frames"][2]["alpha"], 0.25);
  EXPECT_DOUBLE_EQ(plan["frames"][2]["cfg_scale"], 6.5);
  // Two parts and the negative prompt; the last stage has one part.
  EXPECT_EQ(plan.at("network_calls"), (4 * 3 + 2) * 20);
  const std::string attending = run(folder,
                                    "render --prompt 'a cat' --prompt 'a dog' --travel-steps 3 "
                                    "--attention-interpolation outer --batch 2 --dry-run --json",
                                    kModel)
                                    .output;
  // Both stages are drawn along in two batches, for half of the steps.
  EXPECT_EQ(json::parse(split(trimmed(attending), '\n').back()).at("network_calls"),
            5 * 2 * 20 + 2 * 2 * 2 * 10);
  const Outcome grad = run(folder,
                           "render --prompt 'a [cat:dog:0.5]' --prompt 'a girl' --travel-steps 3 "
                           "--mode grad --grad-iter 2 --dry-run",
                           kModel);
  EXPECT_THAT(grad.output, HasSubstr(", 12 for gradients")) << "two pairs, twice, three times";
  EXPECT_EQ(run(folder, "render --from x.png --dry-run", kModel).status, 2);
}

TEST(Debug, PrintsWhatTheOriginalPrinted) {
  const TemporaryFolder folder;
  const Outcome quiet =
      run(folder, "render " + kPrompts + "--steps 1 --mode replace --travel-steps 1", kModel);
  EXPECT_THAT(quiet.errors, testing::Not(HasSubstr("[stage 1/2]")));
  const Outcome outcome = run(
      folder, "render " + kPrompts + "--steps 1 --mode replace --travel-steps 1 --debug", kModel);
  EXPECT_THAT(outcome.errors, HasSubstr("[stage 1/2] 1girl, blue hair"));
  EXPECT_THAT(outcome.errors, HasSubstr(">> embed L1-distance ascend: "));
}

TEST(Modes, WrongCombinationsAreOneClearLine) {
  const TemporaryFolder folder;
  const std::pair<const char*, const char*> cases[] = {
      {"--mode grad --compat v3",
       "--mode: \"grad\", expected linear or replace: compat v3 has no other"},
      {"--cfg-scale 7,8,9,10 --travel-steps 1 --seed 1,2", "--seed: has 2 values for 4 stages"},
      {"--mode replace --replace-dim token --replace-order grad_min",
       "--replace-order: \"grad_min\" orders prompt tokens"},
      {"--genesis embryo --embryo-step 40", "--embryo-step: \"40\", expected 1 to 19"},
      {"--genesis embryo --seed 1,2", "--seed: has several values"},
      {"--mode sideways", "--mode: \"sideways\", expected one of linear, replace, grad"}};
  for (const auto& [words, message] : cases) {
    const Outcome outcome =
        run(folder, "render --prompt a --prompt b " + std::string(words), kModel);
    EXPECT_EQ(outcome.status, 2) << words;
    EXPECT_THAT(outcome.errors, HasSubstr(message));
    EXPECT_FALSE(fs::exists(folder / "outputs")) << words;
  }
}

}  // namespace
}  // namespace ptravel
