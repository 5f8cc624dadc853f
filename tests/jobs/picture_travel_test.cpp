// Travels between pictures on the tiny model: the ends are those pictures again.

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "media/image_file.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PictureTravels : public testing::Test {
 protected:
  /// One picture of the tiny model.
  fs::path draw(const std::string& prompt, std::uint64_t seed, double cfg, int side = 64) {
    TravelRequest request = tiny_request(folder_);
    request.prompt = prompt;
    request.negative_prompt = seed % 2 == 0 ? "blurry" : "";
    request.seed = {seed};
    request.cfg_scale = {cfg};
    request.width = side;
    Progress progress;
    return run_travel(request, progress, kNoEvents, &shared_store()).folder / "00000.png";
  }
  /// The travel's request with what tests need.
  TravelRequest request_of(const std::vector<fs::path>& pictures) const {
    TravelRequest request = travel_between_pictures(pictures, {}).request;
    request.travel_steps = "1";
    request.fps = 0;
    request.out = (folder_ / "films").string();
    return request;
  }
  RunResult travel(const std::vector<fs::path>& pictures) {
    RunOptions options;
    options.store = &shared_store();
    options.pictures = pictures;
    Progress progress;
    return run_travel(request_of(pictures), progress, events_, options);
  }

  TemporaryFolder folder_;
  std::string notes_;
  RunEventSink events_ = [this](const RunEvent& event) {
    notes_ += event.kind == RunEvent::Kind::Note ? event.text + "\n" : "";
  };
};

TEST_F(PictureTravels, EndWithThePicturesAgain) {
  const std::vector<fs::path> pictures = {draw("a cat", 7, 7), draw("a red dog", 8, 3),
                                          draw("a bird", 9, 7)};
  const RunResult result = travel(pictures);
  EXPECT_EQ(result.frames, 5);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const fs::path frame = result.folder / ("0000" + std::to_string(2 * i) + ".png");
    EXPECT_EQ(read_image(frame).image, read_image(pictures[i]).image) << i;
  }
  EXPECT_THAT(notes_,
              HasSubstr("note: frame 0 is " + pictures[0].string() + " again, pixel by pixel\n"));
  EXPECT_THAT(notes_,
              HasSubstr("note: frame 4 is " + pictures[2].string() + " again, pixel by pixel\n"));
  const Manifest manifest = read_manifest(result.folder / "travel.json");
  ASSERT_EQ(manifest.pictures.size(), 3u);
  EXPECT_EQ(manifest.pictures[1].path, fs::absolute(pictures[1]).lexically_normal().string());
  for (const StagePicture& picture : manifest.pictures) {
    EXPECT_EQ(picture.distance, PictureDistance());
    EXPECT_EQ(picture.sha256.size(), 64u);
  }
}

TEST_F(PictureTravels, TellHowFarOffTheyAre) {
  const fs::path first = draw("a cat", 7, 7);
  const fs::path larger = draw("a red dog", 8, 7, 128);
  const RunResult result = travel({first, larger});
  EXPECT_THAT(notes_, HasSubstr("frame 0 is " + first.string() + " again"));
  EXPECT_THAT(notes_, HasSubstr("frame 2 differs from " + larger.string() + ": up to "));
  EXPECT_THAT(notes_, HasSubstr("the picture is 128x64 and was made as large"));
  const Manifest manifest = read_manifest(result.folder / "travel.json");
  ASSERT_TRUE(manifest.pictures.at(1).distance);
  EXPECT_GT(manifest.pictures[1].distance->largest, 0);
  EXPECT_GT(manifest.pictures[1].distance->lab, 0);
  EXPECT_GT(manifest.pictures[1].distance->structure, 0);
}

TEST_F(PictureTravels, NameAnotherModel) {
  const fs::path mine = draw("a cat", 7, 7);
  const LoadedImage loaded = read_image(mine);
  std::string text = find_text(loaded.texts, "parameters").value();
  const std::size_t hash = text.find("Model hash: ") + 12;
  text.replace(hash, 10, "0000000000");
  const ImageText changed{"parameters", text};
  write_png(folder_ / "other.png", Image(64, 64), {&changed, 1});
  travel({mine, folder_ / "other.png"});
  EXPECT_THAT(notes_, HasSubstr("drawn by another model (model [0000000000]; here is model ["));
}

TEST_F(PictureTravels, StoppedRunsEndWithTheSameManifest) {
  const std::vector<fs::path> pictures = {draw("a cat", 7, 7), draw("a red dog", 8, 3)};
  const RunResult whole = travel(pictures);
  Progress progress;
  fs::path folder;
  RunOptions options;
  options.store = &shared_store();
  options.pictures = pictures;
  const auto stop = [&](const RunEvent& event) {
    folder = event.kind == RunEvent::Kind::Folder ? event.path : folder;
    if (event.kind == RunEvent::Kind::Frame) {
      progress.cancel();
    }
  };
  EXPECT_THROW(run_travel(request_of(pictures), progress, stop, options), Error);
  EXPECT_FALSE(read_manifest(folder / "travel.json").pictures.at(0).distance);
  Progress again;
  ResumeOptions resumed;
  resumed.store = &shared_store();
  resume_travel(folder, resumed, again, kNoEvents);
  EXPECT_EQ(contents(folder), contents(whole.folder));
}

TEST_F(PictureTravels, SayWhenAPictureIsAnotherByThen) {
  const fs::path first = draw("a cat", 7, 7);
  const fs::path second = draw("a red dog", 8, 3);
  RunOptions options;
  options.store = &shared_store();
  options.pictures = {first, second};
  Progress progress;
  const auto remove = [&](const RunEvent& event) {
    events_(event);
    if (event.kind == RunEvent::Kind::Folder) {
      fs::remove(second);
    }
  };
  const RunResult result = run_travel(request_of({first, second}), progress, remove, options);
  EXPECT_THAT(notes_, HasSubstr("frame 2 is not compared with "));
  EXPECT_FALSE(read_manifest(result.folder / "travel.json").pictures.at(1).distance);
}

TEST_F(PictureTravels, TakeTheModelOfTheRunThatTheFirstOneLiesIn) {
  const TravelRequest request = request_of({draw("a cat", 7, 7), draw("a red dog", 8, 3)});
  EXPECT_EQ(fs::path(request.model).filename(), "model.safetensors");
  EXPECT_EQ(request.precision, Precision::Fp32);
}

/// What reading these pictures throws, with the names of the folder left out.
std::string refusal(const TemporaryFolder& folder,
                    const std::vector<fs::path>& pictures,
                    const std::vector<std::string>& given = {}) {
  try {
    travel_between_pictures(pictures, given);
  } catch (const Error& error) {
    std::string message = error.what();
    for (std::size_t at = 0; (at = message.find(folder.path().string())) != std::string::npos;) {
      message.erase(at, folder.path().string().size() + 1);
    }
    return message;
  }
  return "";
}

TEST_F(PictureTravels, NameThePicturesThatCannotBeUsed) {
  const auto write = [&](const std::string& name, const std::string& text) {
    const ImageText parameters{"parameters", text};
    write_png(folder_ / name, Image(64, 64), {&parameters, text.empty() ? 0U : 1U});
    return folder_ / name;
  };
  const fs::path good =
      write("good.png", "cat\nSteps: 2, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x64");
  const fs::path empty = write("empty.png", "");
  const fs::path no_seed = write("no_seed.png", "cat\nSteps: 2, Sampler: Euler a, CFG scale: 7");
  const fs::path unknown =
      write("unknown.png", "cat\nSteps: 2, Sampler: Fastest, CFG scale: 7, Seed: 1");
  const fs::path init = write(
      "init.png", "cat\nSteps: 2, Sampler: Euler, CFG scale: 7, Seed: 1, Denoising strength: 0.5");
  const fs::path wrong = write("wrong.png", "cat\nSteps: 0, Sampler: Euler, CFG scale: 7, Seed: 1");
  EXPECT_EQ(refusal(folder_, {good, good}), "");
  EXPECT_EQ(refusal(folder_, {good}),
            "[from images] 1 pictures, expected at least two to travel between");
  EXPECT_EQ(refusal(folder_, {empty, good}), "empty.png: has no generation parameters inside");
  EXPECT_EQ(refusal(folder_, {good, no_seed}), "no_seed.png: Seed: is missing, expected a number");
  EXPECT_THAT(refusal(folder_, {good, unknown}),
              HasSubstr("unknown.png: Sampler: \"Fastest\" of web UI is not supported"));
  EXPECT_EQ(refusal(folder_, {good, unknown}, {"sampler"}), "");
  EXPECT_THAT(refusal(folder_, {good, init}),
              HasSubstr("init.png: Denoising strength: was drawn from another picture"));
  EXPECT_EQ(refusal(folder_, {good, init}, {"init_image"}), "");
  EXPECT_THAT(refusal(folder_, {good, wrong}), HasSubstr("wrong.png: Steps: "));
  // All at once, a line for each.
  const std::string both = refusal(folder_, {empty, no_seed});
  EXPECT_EQ(std::count(both.begin(), both.end(), '\n'), 1) << both;
  std::ofstream(folder_ / "text.png") << "no picture";
  EXPECT_THAT(refusal(folder_, {good, folder_ / "text.png"}), HasSubstr("text.png"));
  EXPECT_THAT(refusal(folder_, {good, folder_ / "missing.png"}), HasSubstr("missing.png"));
}

}  // namespace
}  // namespace ptravel
