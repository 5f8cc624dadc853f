// What users type and what their files hold: encodings, empty values, switches, limits, names.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/cli/words.h"
#include "base/files.h"
#include "base/text.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "ptravel/request.h"
#include "ptravel/video.h"
#include "tests/cli/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kPlan = "render " + kTinyModel + "--steps 2 --dry-run --json ";

/// The plan that a dry run prints.
json plan_of(const TemporaryFolder& folder, const std::string& words) {
  const Outcome outcome = run(folder, kPlan + words);
  EXPECT_EQ(outcome.status, 0) << words << "\n" << outcome.errors;
  return outcome.status == 0 ? json::parse(split(trimmed(outcome.output), '\n').back()) : json();
}

std::vector<std::string> texts(const json& plan, const char* key) {
  std::vector<std::string> result;
  for (const json& stage : plan.at("stages")) {
    result.push_back(stage.at(key));
  }
  return result;
}

std::string refusal(const TemporaryFolder& folder, const std::string& words) {
  const Outcome outcome = run(folder, words);
  EXPECT_EQ(outcome.status, 2) << words << "\n" << outcome.errors;
  EXPECT_FALSE(fs::exists(folder / "outputs")) << words;
  return outcome.errors;
}

std::vector<std::string> words_of(std::vector<std::string> typed) {
  typed.insert(typed.begin(), "prompt-travel");
  std::vector<char*> argv;
  for (std::string& word : typed) {
    argv.push_back(word.data());
  }
  return cli::command_words(static_cast<int>(argv.size()), argv.data());
}

TEST(Words, AnEmptyValueIsAValueForEveryOption) {
  for (const RequestField& field : request_fields()) {
    std::string option = "--" + std::string(field.name);
    std::replace(option.begin(), option.end(), '_', '-');
    EXPECT_THAT(words_of({"render", option + "=", "--loop"}),
                ElementsAre("render", option, "", "--loop=true"));
  }
  EXPECT_THAT(words_of({"--config=", "--prompt=a=", "--x="}),
              ElementsAre("--config", "", "--prompt=a=", "--x="));
  EXPECT_THAT(words_of({"--prompt", "", "--prompt", "b="}),
              ElementsAre("--prompt", "", "--prompt", "b="));
}

TEST(Words, SwitchesHaveThreeForms) {
  EXPECT_THAT(words_of({"--loop", "--no-ping-pong", "--contact-sheet=false", "--json"}),
              ElementsAre("--loop=true", "--ping-pong=false", "--contact-sheet=false", "--json"));
}

TEST(Words, AnOptionIsNoValueAndBytesAreNoText) {
  EXPECT_THROW(words_of({"--negative-prompt", "--loop"}), Error);
  EXPECT_THAT(words_of({"--negative-prompt=--loop", "--prompt", "-- a"}),
              ElementsAre("--negative-prompt=--loop", "--prompt", "-- a"));
  for (const std::vector<std::string>& typed :
       {std::vector<std::string>{"--prompt", "caf\xE9"}, {"--prompt=caf\xE9"}}) {
    try {
      words_of(typed);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.problems().at(0).field, "--prompt");
      EXPECT_THAT(error.problems().at(0).message, HasSubstr("(e9) is not UTF-8"));
    }
  }
}

TEST(Input, PromptFilesInEveryEncoding) {
  const TemporaryFolder folder;
  const std::string utf8 = "girl, smile\r\nboy, smile\r\n";
  std::string little = "\xFF\xFE", big = "\xFE\xFF";
  for (const char c : utf8) {
    little += c + "\0"s;
    big += "\0"s + c;
  }
  for (const std::string& bytes : {utf8, "\xEF\xBB\xBF" + utf8, little, big, little.substr(2)}) {
    write_file_atomic(folder / "stages.txt", bytes);
    EXPECT_THAT(texts(plan_of(folder, "--prompt-file stages.txt"), "prompt"),
                ElementsAre("girl, smile", "boy, smile"));
  }
  write_file_atomic(folder / "stages.txt", "caf\xE9\n");
  EXPECT_THAT(refusal(folder, kPlan + "--prompt-file stages.txt"),
              AllOf(HasSubstr("--prompt-file: stages.txt: byte 3 (e9)"), HasSubstr("UTF-8"),
                    Not(HasSubstr("--prompt: "))));
}

TEST(Input, ConfigFilesInUtf16) {
  const TemporaryFolder folder;
  std::string bytes = "\xFF\xFE";
  for (const char c : "prompt = \"girl\"\n"s) {
    bytes += c + "\0"s;
  }
  write_file_atomic(folder / "a.toml", bytes);
  EXPECT_THAT(texts(plan_of(folder, "--config a.toml"), "prompt"), ElementsAre("girl"));
}

TEST(Input, SmoothIsAPresetThatOtherOptionsWinOver) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a.toml", "prompt = \"girl\\nboy\"\npace = \"alpha\"\n");
  const auto decoded = [&](const std::string& words) {
    return plan_of(folder, "--config a.toml " + words).at("decoded").get<int>();
  };
  EXPECT_EQ(decoded(""), 32);
  EXPECT_EQ(decoded("--smooth"), 80);
  EXPECT_EQ(decoded("--smooth --pace-budget 2"), 64);
  EXPECT_EQ(decoded("--smooth --pace preview --bridge off"),
            decoded("--pace preview --bridge off"));
  EXPECT_THAT(refusal(folder, kPlan + "--config a.toml --smooth --pace preview"),
              HasSubstr("--bridge: \"latents\" with pace preview"));
}

TEST(Input, APresetFillsWhatIsNotGivenAndSaysSo) {
  const TemporaryFolder folder;
  const auto note = [&](const std::string& words) {
    const Outcome outcome =
        run(folder, "render " + kTinyModel + "--dry-run --prompt girl " + words);
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    return outcome.output + outcome.errors;
  };
  EXPECT_THAT(note("--preset turbo"),
              HasSubstr("Preset turbo: --sampler \"Euler a\" --scheduler Trailing --steps 1 "
                        "--cfg-scale 1 --width 512 --height 512."));
  EXPECT_THAT(note("--preset Lightning-4 --steps 6"),
              HasSubstr("Preset lightning-4: --sampler Euler --scheduler Trailing --cfg-scale 1; "
                        "kept as given: --steps 6."));
  write_file_atomic(folder / "a.toml", "steps = 7\n");
  EXPECT_THAT(note("--preset lcm --config a.toml"), HasSubstr("kept as given: --steps 7."));
  EXPECT_THAT(refusal(folder, kPlan + "--prompt girl --preset lightning"),
              HasSubstr("--preset: \"lightning\", expected one of lcm, tcd, turbo, "));
  EXPECT_THAT(refusal(folder, "render --from a.png --preset lcm"),
              HasSubstr("--preset: is for a whole travel, expected no --from"));
}

TEST(Input, EmptyValuesAreValues) {
  const TemporaryFolder folder;
  const json plan = plan_of(folder, "--prompt girl --prompt boy --negative-prompt= --loop");
  EXPECT_EQ(plan.at("frames").size(), 62u);
  EXPECT_THAT(texts(plan, "negative_prompt"), testing::Each(""));
  EXPECT_EQ(plan_of(folder, "--prompt girl --negative-prompt= --vae= --pick= --init-image=")
                .at("frames")
                .size(),
            1u);
  EXPECT_THAT(refusal(folder, kPlan + "--prompt girl --width= --sampler= --loop= --seed="),
              AllOf(HasSubstr("--width: \"\", expected a whole number from 0 to 8192"),
                    HasSubstr("--sampler: \"\", expected one of "),
                    HasSubstr("--loop: \"\", expected true or false"),
                    HasSubstr("--seed: \"\", expected a whole number from -1")));
}

TEST(Input, EmptyEntriesAreEntries) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      texts(plan_of(folder, "--prompt a --prompt b --negative-prompt '' --negative-prompt bad"),
            "negative_prompt"),
      ElementsAre("", "bad"));
  write_file_atomic(folder / "a.toml", "prompt = ['a', '']\nnegative_prompt = ['', 'bad']\n");
  const json plan = plan_of(folder, "--config a.toml");
  EXPECT_THAT(texts(plan, "prompt"), ElementsAre("a", ""));
  EXPECT_THAT(texts(plan, "negative_prompt"), ElementsAre("", "bad"));
}

TEST(Input, CommentLinesAreNoStages) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "stages.txt", "# my stages\ngirl, smile\n\n  \nboy, smile\n");
  const json plan = plan_of(folder, "--prompt-file stages.txt --travel-steps 1");
  EXPECT_THAT(texts(plan, "prompt"), ElementsAre("girl, smile", "boy, smile"));
  EXPECT_EQ(plan.at("frames").size(), 3u);
}

TEST(Input, MessagesOfFilesNameThemAndNothingThatFollows) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "d");
  write_file_atomic(folder / "wrong.toml", "prompt = 'a'\nsteps = \"4\"\nloop = \"yes\"\n");
  write_file_atomic(folder / "broken.toml", "prompt = 'a'\nout = \"C:\\users\\me\"\n");
  const std::string dry = "render " + kTinyModel + "--dry-run ";
  EXPECT_EQ(refusal(folder, dry + "--config d"),
            "prompt-travel: --config: d: is a folder, expected a TOML (text) file\n");
  EXPECT_EQ(refusal(folder, dry + "--prompt-file d"),
            "prompt-travel: --prompt-file: d: is a folder, expected a text file\n");
  EXPECT_THAT(
      refusal(folder, dry + "--config wrong.toml"),
      AllOf(HasSubstr("--steps: \"4\", expected a whole number from 1 to 1000 (in wrong.toml)"),
            HasSubstr("--loop: \"yes\", expected true or false (in wrong.toml)")));
  EXPECT_THAT(refusal(folder, dry + "--config broken.toml"),
              AllOf(HasSubstr("--config: broken.toml line 2: "), Not(HasSubstr("--prompt"))));
  EXPECT_THAT(refusal(folder, dry + "--prompt a --prompt b --travel-steps 2000000"),
              HasSubstr("at most 1000000 frames"));
}

TEST(Input, FilmsHaveABound) {
  const TemporaryFolder folder;
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    lines += "stage " + std::to_string(i) + "\n";
  }
  write_file_atomic(folder / "stages.txt", lines);
  EXPECT_THAT(refusal(folder, "render " + kTinyModel +
                                  "--prompt-file stages.txt --travel-steps 1000000 --dry-run"),
              HasSubstr("--travel-steps: \"1000000\" makes 1999002000 frames, expected at most "
                        "1000000"));
}

TEST(Input, SwitchesOfTheCommandLineWinOverFiles) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a.toml", "prompt = ['a', 'b']\nloop = true\ntravel_steps = 1\n");
  EXPECT_EQ(plan_of(folder, "--config a.toml").at("frames").size(), 4u);
  EXPECT_EQ(plan_of(folder, "--config a.toml --loop=false").at("frames").size(), 3u);
  EXPECT_EQ(plan_of(folder, "--config a.toml --no-loop").at("frames").size(), 3u);
  EXPECT_EQ(plan_of(folder, "--config a.toml --no-loop --loop").at("frames").size(), 4u);
}

TEST(Input, SeedsOf64BitsDrawAndComeBack) {
  const TemporaryFolder folder;
  const std::string seed = "10788741199826055000";
  ASSERT_EQ(run(folder, kTinyTravel + "--fps 0 --seed " + seed).status, 0);
  const std::string frame = "outputs/prompt_travel/00000/00001.png";
  EXPECT_THAT(run(folder, "info " + frame).output, HasSubstr("Seed: " + seed));
  const json manifest = json::parse(read_file(folder / "outputs/prompt_travel/00000/travel.json"));
  EXPECT_EQ(manifest.at("request").at("seed").dump(), seed);
  fs::rename(folder / frame, folder / "alone.png");
  const Outcome again = run(folder, "render " + kTinyModel + "--from alone.png");
  ASSERT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(read_file(folder / "alone-again.png"), read_file(folder / "alone.png"));
}

TEST(Input, AFrameIsDrawnAgainWithASeedThatIsDrawn) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kTinyTravel + "--fps 0").status, 0);
  const Outcome again =
      run(folder, "render " + kTinyModel +
                      "--from outputs/prompt_travel/00000/00000.png --seed -1 --frame-out x.png");
  ASSERT_EQ(again.status, 0) << again.errors;
  EXPECT_THAT(run(folder, "info x.png").output, Not(HasSubstr("Seed: -1")));
}

TEST(Input, FramesTellTheirPredictionAndResizeMode) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kTinyTravel + "--fps 0 --prediction v --width 96").status, 0);
  const std::string run_folder = "outputs/prompt_travel/00000/";
  fs::copy(folder / (run_folder + "00000.png"), folder / "start.png");
  ASSERT_EQ(run(folder, kTinyTravel + "--fps 0 --prediction v --init-image start.png --resize-mode "
                                      "crop-and-resize --out second")
                .status,
            0);
  fs::copy(folder / "second/prompt_travel/00000/00001.png", folder / "alone.png");
  const Outcome again =
      run(folder, "render " + kTinyModel + "--from alone.png --init-image start.png");
  ASSERT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(read_image(folder / "alone-again.png").image.pixels,
            read_image(folder / "alone.png").image.pixels);
  EXPECT_THAT(run(folder, "info alone.png").output,
              AllOf(HasSubstr("Travel prediction: v"), HasSubstr("Travel init image: start.png")));
}

TEST(Input, TheNameOfAVideoDecidesItsFormat) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kTinyTravel).status, 0);
  const std::string video = "video outputs/prompt_travel/00000 ";
  ASSERT_EQ(run(folder, video + "--out film.WEBM").status, 0);
  EXPECT_EQ(read_file(folder / "film.WEBM").substr(0, 4), "\x1A\x45\xDF\xA3");
  ASSERT_EQ(run(folder, video + "--out film.dat --format gif").status, 0);
  EXPECT_EQ(read_file(folder / "film.dat").substr(0, 3), "GIF");
  const auto refused = [&](const std::string& words) {
    const Outcome outcome = run(folder, video + words);
    EXPECT_EQ(outcome.status, 2) << words;
    return outcome.errors;
  };
  EXPECT_THAT(refused("--out film.webm --format mp4"),
              HasSubstr("--format: \"mp4\" contradicts --out film.webm, expected webm"));
  EXPECT_THAT(refused("--out film.avi"), HasSubstr("--out: \"film.avi\", expected a name that "
                                                   "ends in one of mp4, gif, webm"));
  EXPECT_THAT(refused("--out outputs"), HasSubstr("is a folder"));
  const Outcome frame =
      run(folder, "render --from outputs/prompt_travel/00000/00000.png --frame-out a.jpg");
  EXPECT_EQ(frame.status, 2);
  EXPECT_THAT(frame.errors, HasSubstr("--frame-out: \"a.jpg\", expected a name in .png"));
}

TEST(Input, ThreadsAreNoMoreThanProcessors) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kTinyTravel + "--fps 0 --threads 1024");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.errors, HasSubstr("note: threads 1024 is more than there are processors"));
  const std::string frame = "render --from outputs/prompt_travel/00000/00000.png --threads 1024";
  EXPECT_THAT(run(folder, frame).errors,
              HasSubstr("note: threads 1024 is more than there are processors"));
  EXPECT_THAT(run(folder, kTinyTravel + "--threads 1025").errors,
              HasSubstr("--threads: \"1025\", expected a whole number from 0 to 1024"));
  EXPECT_THAT(run(folder, kTinyTravel + "--threads -1").errors, HasSubstr("--threads: \"-1\""));
}

TEST(Input, TheProgramAloneShowsWhatCanBeDone) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, "");
  EXPECT_EQ(outcome.status, 0);
  const std::size_t example = outcome.output.find("prompt-travel render --prompt");
  ASSERT_NE(example, std::string::npos);
  for (const char* command : {"render ", "resume ", "video ", "info ", "samplers ", "bench "}) {
    EXPECT_GT(outcome.output.find("  " + std::string(command)), example) << command;
  }
  EXPECT_EQ(outcome.errors, "");
}

TEST(Input, InfoSaysWhatItKnows) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "notes.txt", "just some words\n");
  const Outcome outcome = run(folder, "info notes.txt");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.errors, AllOf(HasSubstr("notes.txt"), HasSubstr("pictures in PNG"),
                                    HasSubstr("run folders"), HasSubstr("checkpoints")));
}

}  // namespace
}  // namespace ptravel
