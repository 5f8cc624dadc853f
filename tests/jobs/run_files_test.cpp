// A run whose files lie elsewhere on the machine that goes on with it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "ptravel/run_parts.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// A folder with the tiny model under a name, and a picture.
fs::path make_models(const fs::path& folder, const std::string& name) {
  fs::create_directories(folder / "pictures");
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/config.json", folder / "config.json");
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", folder / (name + ".safetensors"));
  write_png(folder / "pictures/start.png", Image(64, 64), {});
  return folder;
}

TravelRequest request_with(const TemporaryFolder& out, const fs::path& models) {
  TravelRequest request = tiny_request(out);
  request.model = (models / "first.safetensors").string();
  request.init_image = (models / "pictures/start.png").string();
  return request;
}

ResumeOptions with_models(const fs::path& folder) {
  ResumeOptions options;
  options.models_dir = folder.string();
  return options;
}

TEST(RunFiles, AreFoundByTheirHashesUnderOtherNames) {
  const TemporaryFolder out, whole_out, machine;
  const fs::path models = make_models(machine / "here", "first");
  Progress progress;
  const auto whole =
      contents(run_travel(request_with(whole_out, models), progress, kNoEvents, nullptr).folder);
  const fs::path folder = plan_run(request_with(out, models), progress, kNoEvents).folder;
  fs::remove_all(models);
  const fs::path elsewhere = make_models(machine / "there", "second");
  draw_frames(folder, {}, with_models(elsewhere), progress, kNoEvents);
  finish_run(folder, with_models(elsewhere), progress, kNoEvents);
  const auto found = contents(folder);
  for (const auto& [name, bytes] : whole) {
    EXPECT_TRUE(found.count(name) > 0 && found.at(name) == bytes) << name;
  }
  EXPECT_EQ(found.size(), whole.size());
  redraw_frame(folder / "00001.png", {{"models_dir", elsewhere.string()}}, out / "again.png",
               progress, kNoEvents);
  EXPECT_EQ(read_file(out / "again.png"), whole.at("00001.png"));
}

TEST(RunFiles, OtherFilesAreRefusedWithBothHashes) {
  const TemporaryFolder out, machine;
  const fs::path models = make_models(machine / "here", "first");
  Progress progress;
  const fs::path folder = plan_run(request_with(out, models), progress, kNoEvents).folder;
  const std::string expected = read_manifest(folder / "travel.json").model_sha256;
  std::string bytes = read_file(models / "first.safetensors");
  bytes.back() ^= 1;
  write_file_atomic(models / "first.safetensors", bytes);
  try {
    draw_frames(folder, {}, with_models(models), progress, kNoEvents);
    ADD_FAILURE() << "drew with another model";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("model: is another one"), HasSubstr("has sha256 "),
                      HasSubstr("expected that of the run's first.safetensors, " + expected)));
  }
  fs::remove(models / "first.safetensors");
  expect_error(ErrorCode::NotFound, "nothing with sha256 " + expected,
               [&] { draw_frames(folder, {}, with_models(models), progress, kNoEvents); });
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", models / "second.safetensors");
  fs::remove(models / "pictures/start.png");
  expect_error(ErrorCode::NotFound, "init picture: ", [&] {
    draw_frames(folder, {}, with_models(models), progress, kNoEvents);
  });
  EXPECT_FALSE(fs::exists(folder / "00000.png"));
}

}  // namespace
}  // namespace ptravel
