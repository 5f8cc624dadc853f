#include "jobs/manifest.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "ptravel/error.h"
#include "tests/support/setting_samples.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

Manifest some_manifest() {
  Manifest manifest;
  manifest.program_version = "1.2.3";
  manifest.request.model = "/models/a.safetensors";
  manifest.request.prompt = "a\n\"b\"";
  manifest.request.seed = {5};
  manifest.model_name = "a";
  manifest.model_sha256 = std::string(64, '0');
  manifest.frames = 7;
  return manifest;
}

TEST(Manifest, RoundTrips) {
  const TemporaryFolder folder;
  const Manifest manifest = some_manifest();
  write_manifest(folder / "travel.json", manifest);
  const Manifest back = read_manifest(folder / "travel.json");
  EXPECT_EQ(back.request, manifest.request);
  EXPECT_EQ(back.frames, 7);
  EXPECT_EQ(back.state, RunState::Running);
  EXPECT_EQ(back.model_sha256, manifest.model_sha256);
}

TEST(Manifest, HoldsEverySettingButTheOutputFolder) {
  const TemporaryFolder folder;
  Manifest manifest = some_manifest();
  for (const RequestField& field : request_fields()) {
    const auto value = other_value(field);
    ASSERT_TRUE(value) << field.name;
    ASSERT_FALSE(set_request_field(manifest.request, field.name, *value)) << field.name;
  }
  write_manifest(folder / "travel.json", manifest);
  manifest.request.out = TravelRequest{}.out;
  EXPECT_EQ(read_manifest(folder / "travel.json").request, manifest.request);
}

TEST(Manifest, TheOutputFolderIsNotPartOfIt) {
  const TemporaryFolder folder;
  Manifest manifest = some_manifest();
  write_manifest(folder / "a.json", manifest);
  manifest.request.out = "elsewhere";
  write_manifest(folder / "b.json", manifest);
  EXPECT_EQ(read_file(folder / "a.json"), read_file(folder / "b.json"));
}

TEST(Manifest, BrokenOnesAreRefused) {
  const TemporaryFolder folder;
  const std::string good = [&] {
    write_manifest(folder / "good.json", some_manifest());
    return read_file(folder / "good.json");
  }();
  std::string wrong_state = good, wrong_setting = good;
  wrong_state.replace(wrong_state.find("running"), 7, "walking");
  wrong_setting.replace(wrong_setting.find("\"steps\""), 7, "\"stepz\"");
  for (const std::string& bad : {std::string("{"), std::string("[]"), std::string("{}"),
                                 good.substr(0, good.size() / 2), wrong_state, wrong_setting}) {
    write_file_atomic(folder / "bad.json", bad);
    EXPECT_THROW(read_manifest(folder / "bad.json"), Error) << bad.substr(0, 80);
  }
  EXPECT_THROW(read_manifest(folder / "missing.json"), Error);
}

}  // namespace
}  // namespace ptravel
