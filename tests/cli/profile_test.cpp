// render and resume with --profile: where a travel's time went, as a user meets it.

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "tests/cli/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

const std::string kShareLine = "UNet, VAE and text encoder: ";

/// The events of this name.
std::vector<json> events_of(const Outcome& outcome, const std::string& name) {
  std::vector<json> events;
  for (const std::string_view line : split(trimmed(outcome.output), '\n')) {
    json event = json::parse(line);
    if (event.at("event") == name) {
      events.push_back(std::move(event));
    }
  }
  return events;
}

std::set<std::string> parts_of(const json& profile) {
  std::set<std::string> parts;
  for (const json& part : profile.at("parts")) {
    parts.insert(part.at("part").get<std::string>());
  }
  return parts;
}

TEST(CliProfile, TellsPartsLayersAndTheNetworksShare) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kTinyTravel + "--profile --contact-sheet");
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.output,
              AllOf(StartsWith("profile "), HasSubstr("GFLOP/s"), HasSubstr(kShareLine),
                    HasSubstr("\nloading the model, not counted above: "),
                    EndsWith("travel-00000.mp4\n" + kFirstRun + "/contact-sheet.png\n")));
  for (const char* row :
       {"\nunet ", "\n  convolution ", "\n  linear ", "\n  attention ", "\n  group norm ",
        "\nvae decoder ", "\ntext encoder ", "\nsampling ", "\nnoise ", "\nsaving frames ",
        "\nreading pictures ", "\nvideo ", "\ncontact sheet ", "\neverything else "}) {
    EXPECT_THAT(outcome.output, HasSubstr(row));
  }
  EXPECT_THAT(outcome.output, Not(HasSubstr("\nloading  ")));
}

TEST(CliProfile, PartsAddUpToTheTravelsTime) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kTinyTravel + "--profile --json");
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  const std::vector<json> profiles = events_of(outcome, "profile");
  ASSERT_EQ(profiles.size(), 1U);
  const json& profile = profiles.front();
  double seconds = 0, shares = 0, networks = 0;
  for (const json& part : profile.at("parts")) {
    const std::string name = part.at("part");
    seconds += part.at("seconds").get<double>();
    shares += part.at("share").get<double>();
    networks += name == "unet" || name.starts_with("vae ") || name == "text encoder"
                    ? part.at("seconds").get<double>()
                    : 0;
  }
  EXPECT_NEAR(seconds, profile.at("seconds"), 1e-6);
  EXPECT_NEAR(shares, 1, 1e-6);
  EXPECT_NEAR(networks / seconds, profile.at("network_share"), 1e-6);
  EXPECT_GT(networks, 0);
  EXPECT_GT(profile.at("loading_seconds"), 0);
  EXPECT_FALSE(profile.at("sizes").empty());
  EXPECT_EQ(json::parse(split(trimmed(outcome.output), '\n').back()).at("event"), "done");
}

TEST(CliProfile, LeavesTheFilesAsTheyAre) {
  const TemporaryFolder folder;
  const std::string successive = kTinyTravel + "--genesis successive --contact-sheet ";
  const Outcome plain = run(folder, successive + "--out plain");
  ASSERT_EQ(plain.status, 0) << plain.errors;
  EXPECT_THAT(plain.output, Not(HasSubstr("profile")));
  const Outcome measured = run(folder, successive + "--out measured --profile --json");
  ASSERT_EQ(measured.status, 0) << measured.errors;
  EXPECT_THAT(parts_of(events_of(measured, "profile").at(0)),
              IsSupersetOf({"vae encoder", "pixels"}));
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder / "plain/prompt_travel/00000")) {
    const fs::path name = entry.path().filename();
    EXPECT_TRUE(read_file(entry.path()) ==
                read_file(folder / "measured/prompt_travel/00000" / name))
        << name;
    ++files;
  }
  EXPECT_EQ(files, 8U);  // 3 frames, the video, contact sheet, manifest, motion.json and its plot
}

TEST(CliProfile, ResumeAndASingleFrameHaveOne) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kTinyTravel).status, 0);
  fs::remove(folder / (kFirstRun + "/00001.png"));
  const Outcome resumed = run(folder, "resume " + kFirstRun + " --profile --json");
  ASSERT_EQ(resumed.status, 0) << resumed.errors;
  const json profile = events_of(resumed, "profile").at(0);
  EXPECT_THAT(parts_of(profile), IsSupersetOf({"unet", "walks", "saving frames", "video"}));
  const Outcome again = run(folder, "render --from " + kFirstRun + "/00001.png --profile");
  ASSERT_EQ(again.status, 0) << again.errors;
  EXPECT_THAT(again.output, AllOf(HasSubstr(kShareLine), EndsWith("/00001-again.png\n")));
}

TEST(CliProfile, AWalksGradientsAndLogAreTold) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder, kTinyTravel + "--mode grad --fps 0 --profile");
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("\n  backward "), HasSubstr("\nother files ")));
}

TEST(CliProfile, AStoppedTravelHasOne) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command(
      folder,
      "PROMPT_TRAVEL_DEFAULT_MODEL=/nowhere sh -c '\"$0\" \"$@\" & p=$!; i=0; while [ ! -e " +
          kFirstRun +
          "/00001.png ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done; "
          "kill -TERM $p; wait $p' " PTRAVEL_PROGRAM " " +
          kTinyTravel + "--travel-steps 3000 --profile");
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.errors, HasSubstr("prompt-travel resume " + kFirstRun));
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("\nunet "), HasSubstr(kShareLine)));
}

TEST(CliProfile, IsOnlyForWhatDraws) {
  const TemporaryFolder folder;
  const Outcome planned = run(folder, kTinyTravel + "--dry-run --profile");
  EXPECT_EQ(planned.status, 2);
  EXPECT_THAT(planned.errors, HasSubstr("--profile: measures drawing, expected no --dry-run"));
  const Outcome failed = run(folder, "render --model gone --prompt a --profile");
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.output, IsEmpty());
  const Outcome video = run(folder, "video gone --profile");
  EXPECT_EQ(video.status, 2);
  EXPECT_THAT(video.errors, HasSubstr("--profile"));
  EXPECT_THAT(run(folder, "resume --help").output, HasSubstr("--profile"));
}

}  // namespace
}  // namespace ptravel
