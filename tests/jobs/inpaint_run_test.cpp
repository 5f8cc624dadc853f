#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "media/image_file.h"
#include "media/mask.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// A travel with a mask for each of its stages.
class InpaintRun : public testing::Test {
 protected:
  InpaintRun() {
    Image picture(64, 64);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
      picture.pixels[i] = static_cast<std::uint8_t>(i * 11 % 255);
    }
    write_png(folder_ / "init.png", picture);
    for (const char* name : {"a.png", "b.png"}) {
      GreyImage mask(64, 64);
      const int from = name[0] == 'a' ? 0 : 32;
      for (int y = 0; y < 64; ++y) {
        std::fill(mask.row(y) + from, mask.row(y) + from + 32, std::uint8_t{255});
      }
      write_png(folder_ / name, to_rgb(mask));
    }
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  TravelRequest request(Genesis genesis) const {
    TravelRequest request = tiny_request(folder_);
    request.genesis = genesis;
    request.init_image = file("init.png");
    request.mask = file("a.png") + "\n" + file("b.png");
    request.mask_round = false;
    request.denoise_strength = {0.8};
    request.steps = 3;
    return request;
  }

  const TemporaryFolder folder_;
};

TEST_F(InpaintRun, GoesOnWithTheSameBytes) {
  for (const Genesis genesis : {Genesis::Fixed, Genesis::Successive, Genesis::Embryo}) {
    Progress progress;
    const RunResult whole = run_travel(request(genesis), progress, kNoEvents, &shared_store());
    const fs::path stopped = stopped_run(request(genesis), 2);
    Progress resumed;
    resume_travel(stopped, {.store = &shared_store()}, resumed, kNoEvents);
    EXPECT_EQ(contents(whole.folder), contents(stopped));
    const Manifest manifest = read_manifest(whole.folder / "travel.json");
    std::vector<std::string> masks;
    for (const FileIdentity& identity : manifest.files) {
      if (identity.role == "mask") {
        masks.push_back(identity.name);
      }
    }
    EXPECT_THAT(masks, testing::ElementsAre("a.png", "b.png"));
  }
}

TEST_F(InpaintRun, RefusesToGoOnWithAnotherMask) {
  const fs::path stopped = stopped_run(request(Genesis::Fixed), 2);
  fs::copy_file(folder_ / "b.png", folder_ / "a.png", fs::copy_options::overwrite_existing);
  Progress progress;
  try {
    resume_travel(stopped, {.store = &shared_store()}, progress, kNoEvents);
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("a.png has sha256"));
  }
}

TEST_F(InpaintRun, FramesAreDrawnAgain) {
  for (const InpaintArea area : {InpaintArea::Whole, InpaintArea::Masked}) {
    TravelRequest asked = request(Genesis::Fixed);
    asked.inpaint_area = area;
    Progress progress;
    const RunResult run = run_travel(asked, progress, kNoEvents, &shared_store());
    for (const char* name : {"00000.png", "00001.png", "00003.png"}) {
      Progress again;
      const fs::path drawn =
          redraw_frame(run.folder / name, {}, folder_ / "again.png", again, kNoEvents);
      EXPECT_EQ(read_file(drawn), read_file(run.folder / name)) << name;
    }
  }
}

TEST_F(InpaintRun, APictureAloneAsksForItsMask) {
  Progress progress;
  const RunResult run = run_travel(request(Genesis::Fixed), progress, kNoEvents, &shared_store());
  fs::copy_file(run.folder / "00000.png", folder_ / "alone.png");
  const auto message = [&](const std::vector<std::pair<std::string, std::string>>& given) {
    Progress again;
    try {
      redraw_frame(folder_ / "alone.png", given, folder_ / "again.png", again, kNoEvents);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string model = PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors";
  EXPECT_THAT(message({{"model", model}, {"init_image", file("init.png")}}),
              testing::HasSubstr("mask: is not given, expected a.png ["));
  EXPECT_EQ(message({{"model", model}, {"init_image", file("init.png")}, {"mask", file("a.png")}}),
            "");
  EXPECT_EQ(read_image(folder_ / "again.png").image, read_image(run.folder / "00000.png").image);
  // Neither are they the stages of a travel without it.
  try {
    travel_between_pictures({folder_ / "alone.png", folder_ / "alone.png"}, {"init_image"});
    FAIL() << "has no mask";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("Travel mask: was drawn with a.png ["));
  }
}

}  // namespace
}  // namespace ptravel
