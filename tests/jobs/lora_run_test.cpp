// Runs whose prompts call LoRAs: what is recorded, and what is compared when they go on.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "media/image_file.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

class LoraRun : public testing::Test {
 protected:
  LoraRun() {
    fs::create_directories(models_ / "Lora");
    put("no_alpha");
  }

  /// Puts this file where prompts call it "style".
  void put(const std::string& name) {
    fs::copy(fs::path(PTRAVEL_TEST_DATA "/addons/lora") / (name + ".safetensors"),
             models_ / "Lora/style.safetensors", fs::copy_options::overwrite_existing);
  }
  TravelRequest request() const {
    TravelRequest request = tiny_request(out_);
    request.prompt = "a cat\na red dog <lora:style:0.5>";
    request.models_dir = models_.path().string();
    return request;
  }

  TemporaryFolder out_;
  TemporaryFolder models_;
};

TEST_F(LoraRun, AnotherFileOfThatNameIsNotTaken) {
  const fs::path folder = stopped_run(request(), 2);
  const Manifest manifest = read_manifest(folder / "travel.json");
  EXPECT_TRUE(std::any_of(manifest.files.begin(), manifest.files.end(), [](const auto& file) {
    return file.role == "lora" && file.name == "style.safetensors" && file.sha256.size() == 64;
  }));
  ResumeOptions options;
  options.store = &shared_store();
  Progress progress;
  put("loha");
  expect_error(ErrorCode::InvalidArgument, "style.safetensors",
               [&] { resume_travel(folder, options, progress, kNoEvents); });
  put("no_alpha");
  resume_travel(folder, options, progress, kNoEvents);
  const auto resumed = contents(folder);
  const fs::path whole = run_travel(request(), progress, kNoEvents, &shared_store()).folder;
  for (const char* frame : {"00000.png", "00001.png", "00002.png", "00003.png"}) {
    EXPECT_EQ(resumed.at(frame), contents(whole).at(frame)) << frame;
  }
}

TEST_F(LoraRun, AFrameWithoutThemIsDrawnAgainInItsRun) {
  Progress progress;
  const fs::path folder = run_travel(request(), progress, kNoEvents, &shared_store()).folder;
  const fs::path again =
      redraw_frame(folder / "00000.png", {}, folder / "again.png", progress, kNoEvents);
  EXPECT_EQ(read_image(again).image.pixels, read_image(folder / "00000.png").image.pixels);
}

TEST_F(LoraRun, AFrameIsDrawnAgainAndTellsOtherFiles) {
  Progress progress;
  const fs::path folder = run_travel(request(), progress, kNoEvents, &shared_store()).folder;
  const TemporaryFolder elsewhere;
  fs::copy(folder / "00001.png", elsewhere / "frame.png");
  const std::vector<std::pair<std::string, std::string>> overrides = {
      {"model", request().model}, {"models_dir", models_.path().string()}};
  std::vector<std::string> notes;
  const auto redraw = [&] {
    notes.clear();
    return redraw_frame(elsewhere / "frame.png", overrides, elsewhere / "again.png", progress,
                        [&](const RunEvent& event) { notes.push_back(event.text); });
  };
  EXPECT_EQ(read_image(redraw()).image.pixels, read_image(folder / "00001.png").image.pixels);
  EXPECT_THAT(notes, testing::Not(Contains(HasSubstr("<lora:style>"))));
  put("loha");
  redraw();
  EXPECT_THAT(notes, Contains(HasSubstr("with <lora:style> with hash")));
}

}  // namespace
}  // namespace ptravel
