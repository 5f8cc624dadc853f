// The program without --model, and its contact sheet, as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "media/image_file.h"
#include "tests/cli/run_program.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A tiny diffusers folder that says it was trained on 64x64 pictures; written once.
const std::string& tiny_model() {
  static const TemporaryFolder folder;
  static const std::string path = [] {
    const fs::path model = folder / "tiny";
    write_tiny_folder(model, tiny_sd1({.vocabulary = 49408}));
    write_bytes(model / "unet/config.json", R"({"attention_head_dim":4,"sample_size":32})");
    return model.string();
  }();
  return path;
}

const std::string kDefaultTravel =
    "render --prompt 'a cat' --prompt 'a dog' --travel-steps 1 --steps 1 ";

TEST(CliDefaultModel, DrawsInTheSizeItWasTrainedOn) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kDefaultTravel, tiny_model());
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.errors,
              HasSubstr("No --model given: using the default model (" + tiny_model() + ").\n"));
  EXPECT_EQ(read_image(folder / (kFirstRun + "/00000.png")).image.width, 64);
  const auto request =
      nlohmann::json::parse(run(folder, "info " + kFirstRun + " --json").output).at("request");
  EXPECT_EQ(request.at("model"), tiny_model());
  EXPECT_EQ(request.at("width"), 64);
  EXPECT_EQ(request.at("height"), 64);
}

TEST(CliDefaultModel, TheSizeOfTheUserWins) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kDefaultTravel + "--width 32 --fps 0", tiny_model());
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  const Image frame = read_image(folder / (kFirstRun + "/00000.png")).image;
  EXPECT_EQ(frame.width, 32);
  EXPECT_EQ(frame.height, 64);
}

TEST(CliDefaultModel, IsNotSpokenOfWhenAModelIsNamed) {
  const TemporaryFolder folder;
  const Outcome outcome =
      run(folder, kDefaultTravel + "--fps 0 --model '" + tiny_model() + "'", "/nowhere/model");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.errors, Not(HasSubstr("default model")));
}

TEST(CliDefaultModel, MissingOneIsOneClearLine) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kDefaultTravel, "/nowhere/model");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.errors,
            "prompt-travel: --model: is not given, and there is no default model; looked for "
            "/nowhere/model\n");
  EXPECT_FALSE(fs::exists(folder / "outputs"));
  for (const char* command : {"bench", "info"}) {
    const Outcome other = run(folder, command);
    EXPECT_EQ(other.status, 2) << command;
    EXPECT_THAT(other.errors, HasSubstr("looked for /nowhere/model")) << command;
  }
}

TEST(CliDefaultModel, InfoAndBenchTakeIt) {
  const TemporaryFolder folder;
  const Outcome info = run(folder, "info --json", tiny_model());
  EXPECT_EQ(info.status, 0) << info.errors;
  EXPECT_THAT(info.errors, HasSubstr(tiny_model()));
  EXPECT_EQ(nlohmann::json::parse(info.output).at("path"), tiny_model());
  const Outcome bench = run(folder, "bench --steps 1 --json", tiny_model());
  EXPECT_EQ(bench.status, 0) << bench.errors;
  EXPECT_THAT(bench.errors, HasSubstr("No --model given"));
  EXPECT_EQ(nlohmann::json::parse(bench.output).at("width"), 64);
}

TEST(CliDefaultModel, IsFoundFromTheProgramsRealFolder) {
  const TemporaryFolder folder;
  const std::string unset = "env -u PROMPT_TRAVEL_DEFAULT_MODEL ";
  create_folders(folder / "build/bin");
  fs::copy_file(PTRAVEL_PROGRAM, folder / "build/bin/prompt-travel");
  const Outcome half = run_command(folder, unset + "build/bin/prompt-travel info");
  EXPECT_EQ(half.status, 1);
  EXPECT_THAT(half.errors, AllOf(HasSubstr("lib/prompt-travel/program.so"), HasSubstr("whole")));
  create_folders(folder / "build/lib/prompt-travel");
  fs::copy_file(PTRAVEL_PROGRAM_LIBRARY, folder / "build/lib/prompt-travel/program.so");
  const Outcome missing = run_command(folder, unset + "build/bin/prompt-travel info");
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.errors,
              AllOf(HasSubstr((folder / "build/bin/models/default, ").string()),
                    HasSubstr((folder / "build/share/prompt-travel/models/default").string())));
  write_tiny_folder(folder / "models/default", tiny_sd1());
  create_folders(folder / "elsewhere");
  fs::create_symlink(folder / "build/bin/prompt-travel", folder / "elsewhere/prompt-travel");
  const Outcome found = run_command(folder, unset + "elsewhere/prompt-travel info");
  EXPECT_EQ(found.status, 0) << found.errors;
  EXPECT_THAT(found.errors, HasSubstr((folder / "models/default").string()));
}

TEST(CliContactSheet, IsWrittenPrintedAndMadeAgain) {
  const TemporaryFolder folder;
  const std::string sheet = kFirstRun + "/contact-sheet.png";
  const Outcome outcome = run(folder, kDefaultTravel + "--seed 3 --contact-sheet", tiny_model());
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, kFirstRun + "/travel-00000.mp4\n" + sheet + "\n");
  const Image image = read_image(folder / sheet).image;
  EXPECT_EQ(image.width, 2 * 68 + 4);
  EXPECT_EQ(image.height, 2 * 68 + 4);

  const std::string bytes = read_file(folder / sheet);
  fs::remove(folder / sheet);
  fs::remove(folder / (kFirstRun + "/00001.png"));
  const Outcome resumed = run(folder, "resume " + kFirstRun);
  EXPECT_EQ(resumed.status, 0) << resumed.errors;
  EXPECT_TRUE(read_file(folder / sheet) == bytes);
}

TEST(CliContactSheet, ComesWithAVideoThatIsMadeAgain) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kDefaultTravel, tiny_model()).status, 0);
  const std::string sheet = kFirstRun + "/contact-sheet.png";
  EXPECT_FALSE(fs::exists(folder / sheet));
  const Outcome plain = run(folder, "video " + kFirstRun + " --out film.gif --format gif");
  EXPECT_EQ(plain.output, "film.gif\n");
  EXPECT_FALSE(fs::exists(folder / sheet));
  const Outcome outcome = run(folder, "video " + kFirstRun + " --pick 2 --contact-sheet --json");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  const std::string last(split(trimmed(outcome.output), '\n').back());
  EXPECT_EQ(nlohmann::json::parse(last).at("contact_sheet"), sheet);
  EXPECT_EQ(read_image(folder / sheet).image.height, 68 + 4);
}

}  // namespace
}  // namespace ptravel
