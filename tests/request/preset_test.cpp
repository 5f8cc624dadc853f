#include "ptravel/preset.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/request.h"

namespace ptravel {
namespace {

TravelRequest request_of(const Preset& preset) {
  TravelRequest request;
  request.model = "model.safetensors";
  request.prompt = "a\nb";
  for (const auto& [field, text] : preset.settings) {
    EXPECT_FALSE(set_request_field(request, field, text)) << preset.name << " " << field;
  }
  return request;
}

TEST(Presets, AreRequestsThatRun) {
  std::set<std::string_view> names;
  for (const Preset& preset : presets()) {
    EXPECT_TRUE(names.insert(preset.name).second) << preset.name;
    EXPECT_THAT(validate_request(request_of(preset)), testing::IsEmpty()) << preset.name;
  }
}

TEST(Presets, SetWhatTheModelsAskFor) {
  const TravelRequest turbo = request_of(find_preset("Turbo"));
  EXPECT_EQ(turbo.sampler, "Euler a");
  EXPECT_EQ(turbo.steps, 1);
  EXPECT_EQ(turbo.width, 512);
  EXPECT_THAT(turbo.cfg_scale, testing::ElementsAre(1));
  EXPECT_EQ(request_of(find_preset("lightning-4")).scheduler, "Trailing");
  EXPECT_EQ(request_of(find_preset("hyper-1")).eta, 1);
  EXPECT_THAT(request_of(find_preset("hyper-8-cfg")).cfg_scale, testing::ElementsAre(5));
}

TEST(Presets, AnUnknownOneListsTheKnown) {
  try {
    find_preset("lightning");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().at(0).field, "preset");
    EXPECT_THAT(error.what(), testing::HasSubstr("expected one of lcm, tcd, turbo, "));
  }
}

}  // namespace
}  // namespace ptravel
