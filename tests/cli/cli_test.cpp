// The program as a user meets it: exit status, messages, files.

#include <algorithm>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "ptravel/video.h"
#include "tests/cli/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

TEST(Cli, RenderMakesFramesAndAVideo) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kTinyTravel);
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("outputs/prompt_travel/00000/travel-00000.mp4"));
  EXPECT_EQ(probe_video(folder / "outputs/prompt_travel/00000/travel-00000.mp4").frames, 3);
}

TEST(Cli, MarksOfTimeSayHowLongStagesAndWaysAre) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run(folder, "render " + kTinyModel +
                      "--prompt '[0.2s-0.2s] a cat' --prompt 'a dog' --steps 2 "
                      "--prompt-after 'in the sun' --width 64 --height 64 --seed 3 --fps 10");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("Stages appear at 0.0 s, 0.4 s."));
  const fs::path made = folder / "outputs/prompt_travel/00000";
  EXPECT_EQ(probe_video(made / "travel-00000.mp4").frames, 5);  // one in between, two held
  const auto request = nlohmann::json::parse(read_file(made / "travel.json")).at("request");
  EXPECT_EQ(request.at("prompt"), "a cat, in the sun\na dog, in the sun");
  EXPECT_EQ(request.at("hold"), nlohmann::json({2, 0}));
}

TEST(Cli, JsonEventsAreOneObjectALine) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kTinyTravel + "--json");
  std::vector<std::string> events;
  for (const std::string_view line : split(trimmed(outcome.output), '\n')) {
    events.push_back(nlohmann::json::parse(line).at("event"));
  }
  EXPECT_EQ(std::count(events.begin(), events.end(), "frame"), 3);
  EXPECT_EQ(std::count(events.begin(), events.end(), "folder"), 1);
  EXPECT_EQ(events.back(), "done");
}

TEST(Cli, FailuresOfJsonCommandsAreJson) {
  const TemporaryFolder folder;
  const auto error_of = [&](const std::string& words) {
    const Outcome outcome = run(folder, words);
    EXPECT_NE(outcome.status, 0) << words;
    const auto lines = split(trimmed(outcome.output), '\n');
    const auto object = nlohmann::json::parse(lines.back());
    EXPECT_EQ(object.at("event"), "error") << words;
    return object;
  };
  const auto wrong = error_of(kTinyTravel + "--json --width 63 --clip-skip 9");
  EXPECT_EQ(wrong.at("code"), "invalid_argument");
  EXPECT_EQ(wrong.at("problems").at(0).at("field"), "--width");
  EXPECT_THAT(std::string(wrong.at("problems").at(0).at("message")), HasSubstr("multiple of 8"));
  EXPECT_EQ(error_of("info gone --json").at("code"), "not_found");
  EXPECT_EQ(error_of("bench --json --model gone").at("code"), "not_found");
  EXPECT_EQ(error_of("resume nowhere --json").at("problems").size(), 0u);
  EXPECT_EQ(error_of("frobnicate --json").at("code"), "invalid_argument");
  EXPECT_EQ(error_of("info --json one two").at("code"), "invalid_argument");
}

TEST(Cli, InfoListsDevices) {
  const TemporaryFolder folder;
  const Outcome words = run(folder, "info --devices");
  EXPECT_EQ(words.status, 0) << words.errors;
  EXPECT_THAT(words.output, HasSubstr("cpu: "));
  EXPECT_THAT(words.output, HasSubstr("cuda"));
  const auto object = nlohmann::json::parse(run(folder, "info --devices --json").output);
  EXPECT_GE(object.at("cpu").at("processors"), 1);
  const auto& cuda = object.at("cuda");
  const bool ready = cuda.at("status") == "ready";
  EXPECT_EQ(ready, !cuda.at("cards").empty());
  EXPECT_EQ(ready, cuda.at("explanation") == "");
  // Whoever asks for a card is told the same.
  if (!ready) {
    EXPECT_THAT(run(folder, kTinyTravel + "--device cuda").errors,
                HasSubstr(cuda.at("explanation").get<std::string>()));
  }
  EXPECT_NE(run(folder, "info --devices file").status, 0);
}

TEST(Cli, EveryWrongValueIsReportedByOptionName) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run(folder,
          "render --model missing.safetensors --prompt a --width 63 --height 1000000 --steps 0 "
          "--sampler Eulr --genesis random --init-image none.png --nonsense 3 --pick x");
  EXPECT_EQ(outcome.status, 2);
  for (const char* option : {"--width: ", "--height: ", "--steps: ", "--sampler: ", "--genesis: ",
                             "--init-image: ", "--nonsense: ", "--pick: "}) {
    EXPECT_THAT(outcome.errors, HasSubstr(option));
  }
  EXPECT_FALSE(fs::exists(folder / "outputs"));
}

struct BadInput {
  std::string words;
  int status;
  std::string message;
  friend std::ostream& operator<<(std::ostream& out, const BadInput& input) {
    return out << input.words;
  }
};

class BadInputs : public testing::TestWithParam<BadInput> {};

TEST_P(BadInputs, GiveOneClearLine) {
  const TemporaryFolder folder;
  std::string bytes = read_file(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors");
  write_file_atomic(folder / "truncated.safetensors", bytes.substr(0, bytes.size() / 2));
  bytes[0] = '\xff';
  bytes[5] = '\xff';
  write_file_atomic(folder / "lying.safetensors", bytes);
  write_file_atomic(folder / "text.png", "not a picture");
  write_file_atomic(folder / "bad.toml", "steps = \"many\"\nwidht = 3\n");
  write_file_atomic(folder / "broken.toml", "steps = = 3");
  write_file_atomic(folder / "file", "");
  const Outcome outcome = run(folder, GetParam().words);
  EXPECT_EQ(outcome.status, GetParam().status) << outcome.errors;
  EXPECT_THAT(outcome.errors, AllOf(HasSubstr("prompt-travel: "), HasSubstr(GetParam().message)));
  if (fs::exists(folder / "outputs/prompt_travel")) {
    EXPECT_TRUE(fs::is_empty(folder / "outputs/prompt_travel"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    BadInputs,
    testing::Values(
        BadInput{"render --model missing.safetensors --prompt a", 1, "missing.safetensors"},
        BadInput{"render --model truncated.safetensors --prompt a", 1, "truncated.safetensors"},
        BadInput{"render --model lying.safetensors --prompt a", 1, "lying.safetensors"},
        BadInput{"render --model text.png --prompt a", 1, "text.png"},
        BadInput{"render " + kTinyModel, 2, "--prompt: "},
        BadInput{"render --prompt a", 2, "--model: "},
        BadInput{kTinyTravel + "--models-dir gone", 2, "--models-dir: \"gone\" is no folder"},
        BadInput{"render " + kTinyModel + " --prompt \"[2s] a\" --prompt \"@3 b\"", 2,
                 "--prompt: stage 2: has a place (@3f) and a way to it of [2s]"},
        BadInput{kTinyTravel + "--style ink", 2, "--style: no styles.csv"},
        BadInput{kTinyTravel + "--styles-file text.png --style ink", 2, "--styles-file: "},
        BadInput{kTinyTravel + "--schedule-file file", 2,
                 "--prompt: is given, and so is schedule_file"},
        BadInput{"render " + kTinyModel + " --schedule-file file", 2, "--schedule-file: \"file\""},
        BadInput{kTinyTravel + "--width -8", 2, "--width: "},
        BadInput{kTinyTravel + "--height 4", 2, "--height: "},
        BadInput{kTinyTravel + "--width 63", 2, "multiple of 8"},
        BadInput{kTinyTravel + "--travel-steps 1,2,3", 2, "--travel-steps: "},
        BadInput{kTinyTravel + "--travel-steps -1", 2, "--travel-steps: "},
        BadInput{kTinyTravel + "--pick 9:", 2, "selects none of the 3 frames"},
        BadInput{kTinyTravel + "--init-image gone.png", 2, "gone.png"},
        BadInput{kTinyTravel + "--init-image text.png", 1, "text.png"},
        BadInput{kTinyTravel + "--out file", 1, "file"},
        BadInput{kTinyTravel + "--out /proc/nowhere", 1, "/proc/nowhere"},
        BadInput{kTinyTravel + "--precision fp16 --device cpu", 1, "fp16"},
        BadInput{kTinyTravel + "--clip-skip 9", 2, "--clip-skip: "},
        BadInput{kTinyTravel + "--scheduler Karras --schedule-sigma-min 20", 2,
                 "--schedule-sigma-min: 20.0, expected at most"},
        BadInput{kTinyTravel + "--scheduler Karras --schedule-sigma-max 0.01", 2,
                 "--schedule-sigma-max: 0.01, expected at least"},
        BadInput{kTinyTravel + "--config bad.toml", 2, "widht"},
        BadInput{kTinyTravel + "--config broken.toml", 2, "line 1"},
        BadInput{kTinyTravel + "--config gone.toml", 2, "gone.toml"},
        BadInput{kTinyTravel + "--prompt-file gone.txt", 2, "--prompt-file"},
        BadInput{kTinyTravel + "--frame-out x.png", 2, "--frame-out: "},
        BadInput{"render --from text.png", 1, "text.png"},
        BadInput{"resume nowhere", 1, "nowhere"},
        BadInput{"resume .", 1, "travel.json"},
        BadInput{"video nowhere", 1, "nowhere"},
        BadInput{"info gone", 1, "gone"},
        BadInput{"info file", 1, "file"},
        BadInput{"bench --model gone", 1, "gone"},
        BadInput{"frobnicate", 2, "frobnicate"}));

TEST(Cli, UnclosedBracketsAreAValidPrompt) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run(folder, "render " + kTinyModel + "--prompt '((a [cat' --steps 1 --width 64 --height 64");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
}

TEST(Cli, ConfigFileThenOptions) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "travel.toml",
                    "model = '" PTRAVEL_TEST_DATA
                    "/tiny_sd1/model.safetensors'\n"
                    "prompt = ['a cat', 'a dog']\ntravel_steps = [1]\nsteps = 2\n"
                    "width = 64\nheight = 64\nformat = 'gif'\nseed = 1\n");
  const Outcome outcome = run(folder, "render --config travel.toml --seed 77 --format webm");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  const Outcome info = run(folder, "info outputs/prompt_travel/00000 --json");
  const auto object = nlohmann::json::parse(info.output);
  EXPECT_EQ(object.at("request").at("seed"), 77);
  EXPECT_EQ(object.at("request").at("prompt"), "a cat\na dog");
  EXPECT_EQ(object.at("video"), "travel-00000.webm");
}

/// Starts the program, waits for `file` to appear and sends it `signal`.
void run_and_signal(const TemporaryFolder& folder,
                    const std::string& words,
                    const std::string& file,
                    const std::string& signal) {
  const std::string script = "cd '" + folder.path().string() + "'; " PTRAVEL_PROGRAM " " + words +
                             " >out.txt 2>err.txt & p=$!; i=0; while [ ! -e '" + file +
                             "' ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done; kill -" +
                             signal + " $p; wait $p";
  static_cast<void>(!std::system(script.c_str()));
  ASSERT_TRUE(fs::exists(folder / file));
}

TEST(Cli, KilledRunsResumeToTheSameBytes) {
  const TemporaryFolder folder;
  const std::string slow = kTinyTravel + "--travel-steps 20 --steps 6 --format gif ";
  ASSERT_EQ(run(folder, slow + "--out whole").status, 0);
  const std::string cut = "cut/prompt_travel/00000";
  run_and_signal(folder, slow + "--out cut", cut + "/00003.png", "KILL");
  EXPECT_FALSE(fs::exists(folder / (cut + "/00021.png")));
  const Outcome resumed = run(folder, "resume " + cut);
  ASSERT_EQ(resumed.status, 0) << resumed.errors;
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder / "whole/prompt_travel/00000")) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(read_file(entry.path()) == read_file(folder / (cut + "/" + name))) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 26);  // 22 frames, the video, the manifest, motion.json and its plot
}

TEST(Cli, InterruptStopsCleanlyAndSaysHowToGoOn) {
  const TemporaryFolder folder;
  run_and_signal(folder, kTinyTravel + "--travel-steps 3000",
                 "outputs/prompt_travel/00000/00001.png", "INT");
  EXPECT_THAT(read_file(folder / "err.txt"),
              HasSubstr("prompt-travel resume outputs/prompt_travel/00000"));
  const Outcome info = run(folder, "info outputs/prompt_travel/00000");
  EXPECT_THAT(info.output, HasSubstr("run stopped"));
}

TEST(Cli, AClosedTerminalStopsTheRun) {
  const TemporaryFolder folder;
  run_and_signal(folder, kTinyTravel + "--travel-steps 3000",
                 "outputs/prompt_travel/00000/00001.png", "HUP");
  EXPECT_THAT(run(folder, "info outputs/prompt_travel/00000").output, HasSubstr("run stopped"));
  EXPECT_THAT(read_file(folder / "outputs/prompt_travel/00000/travel.json"),
              HasSubstr("\"state\": \"stopped\""));
}

TEST(Cli, AClosedPipeIsAnErrorOfWriting) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_command(folder, "( " PTRAVEL_PROGRAM " " + kTinyTravel +
                              "--json 2>told.txt; echo $? >status.txt ) | head -c 1");
  EXPECT_EQ(read_file(folder / "status.txt"), "1\n");
  EXPECT_THAT(read_file(folder / "told.txt"), HasSubstr("standard output: Broken pipe"));
  const Outcome info = run(folder, "info outputs/prompt_travel/00000");
  EXPECT_THAT(info.output, testing::Not(HasSubstr("run running")));
}

TEST(Cli, AFileSizeLimitIsAnErrorOfWriting) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command(
      folder, "(ulimit -f 64; " PTRAVEL_PROGRAM " " + kTinyTravel + "--width 256 --height 256)");
  EXPECT_EQ(outcome.status, 1) << outcome.errors;
  EXPECT_THAT(outcome.errors, AllOf(HasSubstr("File too large"), HasSubstr("to go on: ")));
  EXPECT_THAT(run(folder, "info outputs/prompt_travel/00000").output, HasSubstr("run failed"));
  EXPECT_EQ(run(folder, "resume outputs/prompt_travel/00000").status, 0);
}

TEST(Cli, NoHintWhereTheSameCommandWouldFailAgain) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kTinyTravel + "--fps 0").status, 0);
  const Outcome outcome = run(folder, "resume outputs/prompt_travel/00000 --model gone");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.errors, testing::Not(HasSubstr("to go on")));
  EXPECT_THAT(run(folder, "info outputs/prompt_travel/00000").output, HasSubstr("run finished"));
}

TEST(Cli, HelpAndLists) {
  const TemporaryFolder folder;
  EXPECT_EQ(run(folder, "--version").status, 0);
  const Outcome help = run(folder, "render --help");
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.output,
              AllOf(HasSubstr("Sampling:"), HasSubstr("--cfg-scale"), HasSubstr("[7.0]")));
  const auto lists = nlohmann::json::parse(run(folder, "samplers --json").output);
  EXPECT_EQ(lists.at("samplers").size(), 21u);
  EXPECT_EQ(run(folder, "").status, 0);
}

TEST(Cli, ReportMeasuresARunAndGuardsABound) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kTinyTravel).status, 0);
  const std::string frames = "outputs/prompt_travel/00000";
  const Outcome table = run(folder, "report " + frames);
  EXPECT_EQ(table.status, 0) << table.errors;
  EXPECT_THAT(table.output, AllOf(HasSubstr("3 frames, 64x64"), HasSubstr("max/median")));
  const Outcome json = run(folder, "report " + frames + "/travel-00000.mp4 --json");
  EXPECT_EQ(nlohmann::json::parse(json.output).at("frames"), 3);
  // Of two steps the larger one is above their median.
  const Outcome uneven = run(folder, "report " + frames + " --max-jump 1");
  EXPECT_EQ(uneven.status, 3);
  EXPECT_THAT(uneven.errors, AllOf(HasSubstr("above --max-jump 1: 0000"), HasSubstr(" to 0000")));
  EXPECT_EQ(run(folder, "report " + frames + " --max-jump 2").status, 0);
  const Outcome wrong = run(folder, "report " + frames + " --max-jump nan");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("--max-jump: nan, expected at least 1"));
  EXPECT_EQ(run(folder, "report nowhere").status, 1);
}

}  // namespace
}  // namespace ptravel
