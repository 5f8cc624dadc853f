// Hypernetworks in runs: strengths that travel, each picture of a batch with its own; told and
// checked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class HypernetworkRun : public testing::Test {
 protected:
  HypernetworkRun() {
    fs::create_directories(folder_ / "models/hypernetworks");
    for (const char* const name : {"plain", "relu_ln", "bad_act"}) {
      copy(name, name);
    }
  }
  void copy(const std::string& from, const std::string& to) const {
    fs::copy_file(PTRAVEL_TEST_DATA "/addons/hypernetworks/" + from + ".pt",
                  folder_ / ("models/hypernetworks/" + to + ".pt"),
                  fs::copy_options::overwrite_existing);
  }
  TravelRequest request(const std::string& prompt) const {
    TravelRequest request = tiny_request(folder_);
    request.models_dir = (folder_ / "models").string();
    request.prompt = prompt;
    request.travel_steps = "3";
    return request;
  }
  fs::path run(const TravelRequest& request) {
    Progress progress;
    notes_.clear();
    const RunEventSink keep = [&](const RunEvent& event) {
      notes_ += event.kind == RunEvent::Kind::Note ? event.text + "\n" : "";
    };
    return run_travel(request, progress, keep, &shared_store()).folder;
  }
  static Image frame(const fs::path& folder, int index) {
    return read_image(folder / ("0000" + std::to_string(index) + ".png")).image;
  }

  const TemporaryFolder folder_;
  std::string notes_;
};

TEST_F(HypernetworkRun, StrengthsTravel) {
  const fs::path way = run(request("a cat\na cat <hypernet:plain:1>"));
  const std::string alike[] = {"a cat", "a cat<hypernet:plain:0.25>", "a cat<hypernet:plain:0.5>",
                               "a cat<hypernet:plain:0.75>", "a cat<hypernet:plain>"};
  for (int i = 0; i < 5; ++i) {
    const std::string prompt = alike[i];
    EXPECT_EQ(frame(way, i), frame(run(request(prompt + "\n" + prompt)), 0)) << prompt;
  }
  EXPECT_NE(frame(way, 0), frame(way, 2));
  EXPECT_EQ(frame(run(request("a cat<hypernet:plain:0>\na dog")), 0), frame(way, 0));
}

TEST_F(HypernetworkRun, PicturesOfABatchHaveTheirOwn) {
  for (const TravelMode mode : {TravelMode::Linear, TravelMode::Grad}) {
    TravelRequest one = request("a cat<hypernet:plain:0.5>\na dog<hypernet:relu_ln:-1>");
    one.mode = mode;
    TravelRequest four = one;
    four.batch = 4;
    EXPECT_EQ(contents(run(one)).at("00001.png"), contents(run(four)).at("00001.png"));
  }
}

TEST_F(HypernetworkRun, GradientsGoThroughIt) {
  TravelRequest with = request("a cat<hypernet:plain:2>\na dog<hypernet:plain:2>");
  TravelRequest without = request("a cat\na dog");
  with.mode = without.mode = TravelMode::Grad;
  EXPECT_NE(read_file(run(with) / "log.txt"), read_file(run(without) / "log.txt"));
}

TEST_F(HypernetworkRun, FilesAreToldAndChecked) {
  const fs::path folder = run(request("a cat<hypernet:plain:0.5>\na dog<hypernet:relu_ln>"));
  const Manifest manifest = read_manifest(folder / "travel.json");
  std::vector<std::string> names;
  for (const FileIdentity& file : manifest.files) {
    if (file.role == kHypernetworkRole) {
      names.push_back(file.name);
    }
  }
  EXPECT_THAT(names, testing::ElementsAre("plain.pt", "relu_ln.pt"));
  const std::string text =
      find_text(read_png_text(folder / "00001.png"), "parameters").value_or("");
  EXPECT_THAT(text, HasSubstr("Travel hypernetwork hashes: \"relu_ln: "));
  EXPECT_THAT(text, HasSubstr(", plain: "));
  Progress progress;
  redraw_frame(folder / "00001.png", {}, folder_ / "again.png", progress, kNoEvents);
  EXPECT_EQ(read_image(folder_ / "again.png").image, frame(folder, 1));
  copy("relu_ln", "plain");
  Progress other;
  try {
    redraw_frame(folder / "00001.png", {}, folder_ / "again.png", other, kNoEvents);
    ADD_FAILURE() << "drawn with another file";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("plain.pt has sha256"));
  }
}

TEST_F(HypernetworkRun, WhatCannotBeUsedIsSaid) {
  const fs::path plain = run(request("a cat\na dog"));
  const fs::path named =
      run(request("a cat<hypernet:nothing>\na dog<hypernet:plain:x><hypernet:bad_act>"));
  EXPECT_EQ(frame(named, 0), frame(plain, 0));
  EXPECT_EQ(frame(named, 4), frame(plain, 4)) << "an unreadable strength leaves out all";
  EXPECT_THAT(notes_, HasSubstr("<hypernet:nothing> is left out: is not in the models folders"));
  EXPECT_THAT(notes_, HasSubstr("\"x\""));
  run(request("a cat<hypernet:bad_act>"));
  EXPECT_THAT(notes_, HasSubstr("unknown activation function, \"nonsense\""));
}

}  // namespace
}  // namespace ptravel
