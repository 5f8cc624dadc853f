#include <chrono>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/profile_scope.h"

namespace ptravel {
namespace {

using testing::HasSubstr;

void wait(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

const ProfileEntry& find(const ProfileReport& report,
                         const std::string& part,
                         const std::string& kind) {
  for (const ProfileEntry& entry : report.entries) {
    if (entry.part == part && entry.kind == kind) {
      return entry;
    }
  }
  throw std::runtime_error(part + "/" + kind + " was not measured");
}

TEST(Profile, WithoutOneNothingIsMeasured) {
  { const ProfileScope scope("early"); }
  const Profile profile;
  for (const ProfileEntry& entry : profile.report().entries) {
    EXPECT_EQ(entry.kind, "");
  }
}

TEST(Profile, TimeBelongsToTheInnermostScope) {
  const Profile profile;
  for (int i = 0; i < 2; ++i) {
    const auto part = ProfileScope::part("network");
    wait(4);
    const ProfileScope layer("layer", 5e6, {1, 2});
    wait(8);
  }
  wait(3);
  const ProfileReport report = profile.report();
  const ProfileEntry& layer = find(report, "network", "layer");
  EXPECT_EQ(layer.calls, 2);
  EXPECT_EQ(layer.flops, 1e7);
  EXPECT_EQ(layer.sizes, (std::vector<std::int64_t>{1, 2}));
  EXPECT_GE(layer.seconds, 0.016);
  const ProfileEntry& own = find(report, "network", "");
  EXPECT_EQ(own.calls, 2);
  EXPECT_GE(own.seconds, 0.008);
  EXPECT_GE(find(report, "", "").seconds, 0.003);
  double sum = 0;
  for (const ProfileEntry& entry : report.entries) {
    sum += entry.seconds;
  }
  EXPECT_NEAR(sum, report.seconds, 1e-9);
}

TEST(Profile, WaitsForADeviceWhereLayersBeginAndEnd) {
  // A device that has as many milliseconds of work left as were launched.
  int left = 0;
  const Profile profile([&left] { wait(std::exchange(left, 0)); });
  {
    const auto part = ProfileScope::part("network");
    left += 4;
    const ProfileScope layer("layer");
    left += 8;
  }
  const ProfileReport report = profile.report();
  EXPECT_EQ(left, 0);
  EXPECT_GE(find(report, "network", "layer").seconds, 0.008);
  EXPECT_GE(find(report, "network", "").seconds, 0.004);
}

TEST(Profile, SeparatesSizesAndAddsThemUpInTheTable) {
  const Profile profile;
  {
    const auto part = ProfileScope::part("network");
    { const ProfileScope layer("layer", 1e9, {1}); }
    { const ProfileScope layer("layer", 1e9, {2}); }
  }
  const ProfileReport report = profile.report();
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["sizes"].size(), 2U);
  const auto& parts = json["parts"];
  const auto network = std::find_if(parts.begin(), parts.end(),
                                    [](const auto& part) { return part["part"] == "network"; });
  ASSERT_NE(network, parts.end());
  EXPECT_EQ((*network)["calls"], 1);
  double share = 0;
  for (const auto& part : parts) {
    share += part["share"].get<double>();
  }
  EXPECT_NEAR(share, 1, 1e-9);
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("GFLOP/s"));
  EXPECT_THAT(text, HasSubstr("  layer                                 2"));
  EXPECT_THAT(text, HasSubstr("everything else"));
}

TEST(Profile, OtherThreadsAreNotMeasured) {
  const Profile profile;
  std::thread([] { const ProfileScope scope("elsewhere"); }).join();
  EXPECT_EQ(profile.report().entries.size(), 1U);
}

}  // namespace
}  // namespace ptravel
