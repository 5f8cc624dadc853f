// Whole runs on the tiny model: small pictures, few steps.

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/motion_report.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

int largest_difference(const fs::path& a, const fs::path& b) {
  const Image x = read_image(a).image;
  const Image y = read_image(b).image;
  EXPECT_EQ(x.pixels.size(), y.pixels.size());
  int largest = 0;
  for (std::size_t i = 0; i < x.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(int{x.pixels[i]} - int{y.pixels[i]}));
  }
  return largest;
}

TEST(Run, DrawsStagesPlusStepsWithParametersInside) {
  const TemporaryFolder out;
  TravelRequest request = tiny_request(out);
  request.fps = 10;
  Progress progress;
  const RunResult result = run_travel(request, progress, kNoEvents);
  EXPECT_EQ(result.frames, 4);
  EXPECT_THAT(
      contents(result.folder),
      testing::UnorderedElementsAre(testing::Key("00000.png"), testing::Key("00001.png"),
                                    testing::Key("00002.png"), testing::Key("00003.png"),
                                    testing::Key("motion.json"), testing::Key("motion.png"),
                                    testing::Key("travel.json"), testing::Key("travel-00000.mp4")));
  ASSERT_TRUE(result.video);
  EXPECT_EQ(probe_video(*result.video).frames, 4);
  const LoadedImage frame = read_image(result.folder / "00001.png");
  EXPECT_EQ(frame.image.width, 64);
  const Infotext text = parse_infotext(find_text(frame.texts, "parameters").value_or(""));
  EXPECT_EQ(text.prompt, "a red dog");
  EXPECT_EQ(text.find("Seed"), "7");
  EXPECT_EQ(text.find("Travel from prompt"), "a cat");
}

TEST(Run, TellsHowEvenlyItMoves) {
  const TemporaryFolder out;
  Progress progress;
  const RunResult result = run_travel(tiny_request(out), progress, kNoEvents, &shared_store());
  const std::string text = read_file(result.folder / "motion.json");
  EXPECT_EQ(text, to_json(measure_motion(result.folder, progress)) + "\n");
  const auto distances = nlohmann::json::parse(text).at("distances");
  EXPECT_EQ(distances.at("ssim").at("steps").size(), 3u);
  EXPECT_FALSE(distances.contains("ms_ssim")) << "64 pixels are too few";
  ASSERT_EQ(distances.at("latent").at("steps").size(), 3u);
  for (const auto& step : distances.at("latent").at("steps")) {
    EXPECT_GT(step.get<double>(), 1e-3);
  }
  EXPECT_EQ(read_image(result.folder / "motion.png").image.width, 960);
  // A run that an older version finished gets them when it is resumed.
  const auto before = contents(result.folder);
  std::filesystem::remove(result.folder / "motion.json");
  std::filesystem::remove(result.folder / "motion.png");
  resume_travel(result.folder, {.store = &shared_store()}, progress, kNoEvents);
  EXPECT_TRUE(contents(result.folder) == before);
}

TEST(Run, SameRequestSameBytesWhateverTheBatchAndThreads) {
  const TemporaryFolder one, three;
  TravelRequest request = tiny_request(one);
  Progress progress;
  request.threads = 1;
  const RunResult single = run_travel(request, progress, kNoEvents);
  request.out = three.path().string();
  request.batch = 3;
  request.threads = 2;
  const RunResult batched = run_travel(request, progress, kNoEvents);
  for (std::int64_t i = 0; i < single.frames; ++i) {
    EXPECT_TRUE(read_file(single.folder / frame_file_name(i)) ==
                read_file(batched.folder / frame_file_name(i)))
        << i;
  }
  for (const char* name : {"motion.json", "motion.png"}) {
    EXPECT_TRUE(read_file(single.folder / name) == read_file(batched.folder / name)) << name;
  }
}

TEST(Run, AlignmentChangesTheWayAndNotTheStages) {
  const TemporaryFolder out;
  for (const auto& [mode, dim] : {std::pair("linear", "prompt"), std::pair("replace", "token")}) {
    TravelRequest request = tiny_request(out);
    EXPECT_FALSE(set_request_field(request, "mode", mode));
    EXPECT_FALSE(set_request_field(request, "replace_dim", dim));
    Progress progress;
    const RunResult rows = run_travel(request, progress, kNoEvents, &shared_store());
    request.alignment = TokenAlignment::OptimalTransport;
    const RunResult aligned = run_travel(request, progress, kNoEvents, &shared_store());
    for (std::int64_t i = 0; i < rows.frames; ++i) {
      const std::string name = frame_file_name(i);
      const bool same = read_file(rows.folder / name) == read_file(aligned.folder / name);
      EXPECT_EQ(same, i == 0 || i == 3) << mode << " " << i;
    }
    const LoadedImage frame = read_image(aligned.folder / "00001.png");
    EXPECT_EQ(
        parse_infotext(find_text(frame.texts, "parameters").value_or("")).find("Travel alignment"),
        "optimal-transport");
  }
}

TEST(Run, InitPictureIsKeptAtLowStrength) {
  const TemporaryFolder out;
  Image picture(100, 80);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<std::uint8_t>(i / 300 * 3);
  }
  write_png(out / "init.png", picture);
  TravelRequest request = tiny_request(out);
  request.init_image = (out / "init.png").string();
  request.denoise_strength = {0};
  request.steps = 20;
  request.resize_mode = ResizeMode::CropAndResize;
  Progress progress;
  const RunResult low = run_travel(request, progress, kNoEvents);
  // At strength 0 one step removes the smallest noise there is: the seed hardly matters.
  request.seed = {8};
  const RunResult other_seed = run_travel(request, progress, kNoEvents);
  EXPECT_LE(largest_difference(low.folder / "00000.png", other_seed.folder / "00000.png"), 40);
}

TEST(Run, VideoCanBeMadeAgain) {
  const TemporaryFolder out;
  Progress progress;
  const RunResult result = run_travel(tiny_request(out), progress, kNoEvents);
  EXPECT_FALSE(result.video);
  VideoSettings settings;
  settings.format = VideoFormat::Gif;
  settings.pick = "1:3";
  settings.pad = 1;
  const RunResult made = make_video(result.folder, settings, progress);
  ASSERT_TRUE(made.video);
  EXPECT_EQ(made.video->filename(), "travel-" + result.folder.filename().string() + ".gif");
  EXPECT_EQ(probe_video(*made.video).frames, 4);
  EXPECT_FALSE(made.contact_sheet);
  fs::remove(result.folder / "00002.png");
  EXPECT_THROW(make_video(result.folder, settings, progress), Error);
}

TEST(Run, ContactSheetShowsThePickedFrames) {
  const TemporaryFolder out;
  TravelRequest request = tiny_request(out);
  request.contact_sheet = true;
  Progress progress;
  std::vector<fs::path> announced;
  const RunResult result = run_travel(request, progress, [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::ContactSheet) {
      announced.push_back(event.path);
    }
  });
  EXPECT_FALSE(result.video);
  ASSERT_TRUE(result.contact_sheet);
  EXPECT_EQ(*result.contact_sheet, result.folder / "contact-sheet.png");
  EXPECT_THAT(announced, testing::ElementsAre(*result.contact_sheet));
  EXPECT_EQ(read_image(*result.contact_sheet).image.width, 2 * 68 + 4);
  EXPECT_EQ(read_image(*result.contact_sheet).image.height, 2 * 68 + 4);
  VideoSettings settings;
  settings.pick = "1:3";
  EXPECT_EQ(make_video(result.folder, settings, progress).contact_sheet, result.contact_sheet);
  const Image two = read_image(*result.contact_sheet).image;
  EXPECT_EQ(two.height, 68 + 4);
  const Image frame = read_image(result.folder / "00001.png").image;
  EXPECT_TRUE(std::equal(frame.row(0), frame.row(0) + 3 * 64, two.row(4) + 3 * 4));
}

TEST(Run, BadRequestsLeaveNothingBehind) {
  const TemporaryFolder out;
  TravelRequest request = tiny_request(out);
  request.model = (out / "missing.safetensors").string();
  Progress progress;
  EXPECT_THROW(run_travel(request, progress, kNoEvents), Error);
  EXPECT_TRUE(fs::is_empty(out / "prompt_travel"));
  request = tiny_request(out);
  request.width = 60;
  EXPECT_THROW(run_travel(request, progress, kNoEvents), Error);
  EXPECT_TRUE(fs::is_empty(out / "prompt_travel"));
}

TEST(Run, AnotherModelCannotGoOnWithARun) {
  const TemporaryFolder out;
  Progress progress;
  const RunResult result = run_travel(tiny_request(out), progress, kNoEvents);
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/config.json", out / "config.json");
  std::string bytes = read_file(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors");
  bytes.back() ^= 1;
  write_file_atomic(out / "other.safetensors", bytes);
  ResumeOptions options;
  options.model = (out / "other.safetensors").string();
  EXPECT_THROW(resume_travel(result.folder, options, progress, kNoEvents), Error);
}

}  // namespace
}  // namespace ptravel
