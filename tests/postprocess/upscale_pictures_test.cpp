#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "media/image_file.h"
#include "media/resize.h"
#include "postprocess/enlarger.h"
#include "ptravel/error.h"
#include "ptravel/upscale.h"
#include "tests/postprocess/tiny_networks.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

Image gradient(int width, int height, int salt = 0) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * 7 + static_cast<std::size_t>(salt) * 31);
  }
  return image;
}

class UpscalePictures : public testing::Test {
 protected:
  UpscalePictures() {
    write_tiny_safetensors(folder_ / "2x_tiny.safetensors", tiny_compact({6, 2, 2}));
    fs::create_directory(folder_ / "in");
    for (int i = 0; i < 4; ++i) {
      const std::vector<ImageText> texts = {{"parameters", "a cat\nSteps: 2, Seed: 7"},
                                            {"note", "kept"}};
      write_png(picture(i), gradient(20, 12, i), texts);
    }
    job_.inputs = {folder_ / "in"};
    job_.out = folder_ / "out";
    job_.options.upscaler = (folder_ / "2x_tiny.safetensors").string();
  }
  fs::path picture(int i) const { return folder_ / ("in/0000" + std::to_string(i) + ".png"); }
  UpscaleResult run() {
    written_.clear();
    Progress progress;
    return upscale_pictures(job_, progress,
                            {[&](const fs::path& path) { written_.push_back(path); }, {}});
  }
  void expect_refused(const std::string& part) {
    expect_error(ErrorCode::InvalidArgument, part, [&] { run(); });
    EXPECT_FALSE(fs::exists(folder_ / "out"));
  }

  TemporaryFolder folder_;
  UpscaleJob job_;
  bool stopped_ = false;
  std::vector<fs::path> written_;
};

TEST_F(UpscalePictures, KeepsTextsAndSaysHow) {
  const UpscaleResult result = run();
  EXPECT_EQ(result.enlarged, 4);
  EXPECT_EQ(result.skipped, 0);
  ASSERT_EQ(written_.size(), 4U);
  const LoadedImage large = read_image(folder_ / "out/00002.png");
  EXPECT_EQ(large.image.width, 40);
  EXPECT_EQ(large.image.height, 24);
  EXPECT_EQ(find_text(large.texts, "parameters"), "a cat\nSteps: 2, Seed: 7");
  EXPECT_EQ(find_text(large.texts, "note"), "kept");
  EXPECT_THAT(*find_text(large.texts, "postprocessing"),
              StartsWith("Postprocess upscale by: 2, Postprocess upscaler: 2x_tiny, Postprocess "
                         "upscaler hash: "));
  EXPECT_EQ(large.image, Enlarger(job_.options)(gradient(20, 12, 2)));
}

TEST_F(UpscalePictures, GoesOnWhereItWas) {
  Progress stopped([&](const ProgressSnapshot& snapshot) {
    if (snapshot.activity == "Enlarging pictures" && snapshot.done >= 2) {
      stopped_ = true;
    }
  });
  EXPECT_THROW(upscale_pictures(job_, stopped,
                                {[&](const fs::path&) {
                                   if (stopped_) {
                                     stopped.cancel();
                                   }
                                 },
                                 {}}),
               Error);
  std::ofstream(folder_ / "out/00003.png") << "what another program left";
  UpscaleResult result = run();
  EXPECT_EQ(result.skipped, 2);
  EXPECT_EQ(result.enlarged, 2);
  result = run();
  EXPECT_EQ(result.skipped, 4);
  EXPECT_TRUE(written_.empty());
  // Another factor, another source, a damaged file: made again.
  write_png(picture(1), gradient(20, 12, 9));
  fs::resize_file(folder_ / "out/00002.png", fs::file_size(folder_ / "out/00002.png") - 20);
  EXPECT_EQ(run().enlarged, 2);
  job_.options.by = 3;
  EXPECT_EQ(run().enlarged, 4);
  EXPECT_EQ(read_image(folder_ / "out/00001.png").image.width, 60);
}

TEST_F(UpscalePictures, TakesFramesOfARunOnly) {
  std::ofstream(folder_ / "in/travel.json") << "{}";
  write_png(folder_ / "in/contact-sheet.png", gradient(5, 5));
  EXPECT_EQ(run().enlarged, 4);
  EXPECT_FALSE(fs::exists(folder_ / "out/contact-sheet.png"));
}

TEST_F(UpscalePictures, LanczosNeedsNoFile) {
  job_.options.upscaler = "Lanczos";
  run();
  const LoadedImage large = read_image(folder_ / "out/00000.png");
  EXPECT_EQ(large.image, resize(gradient(20, 12), 40, 24, ResizeFilter::Lanczos3));
  EXPECT_THAT(*find_text(large.texts, "postprocessing"),
              StartsWith("Postprocess upscale by: 2, Postprocess upscaler: Lanczos, Postprocess "
                         "source hash: "));
}

TEST_F(UpscalePictures, RefusesBeforeAnythingIsWritten) {
  job_.options.by = 17;
  expect_refused("upscale_by: 17.0, expected 1 to 16");
  job_.options.by = 0.5;
  expect_refused("upscale_by");
  job_.options.by = 0;
  job_.options.threads = -1;
  expect_refused("threads: -1");
  job_.options.threads = 0;
  job_.inputs = {folder_ / "in", folder_ / "in/00001.png"};
  EXPECT_EQ(run().enlarged, 4) << "named twice is one picture";
  fs::remove_all(folder_ / "out");
  fs::create_directory(folder_ / "other");
  write_png(folder_ / "other/00001.png", gradient(4, 4));
  job_.inputs = {folder_ / "in", folder_ / "other"};
  expect_refused("would both become");
  fs::remove(folder_ / "other/00001.png");
  expect_refused("has no pictures");
  job_.inputs = {};
  expect_refused("no pictures are given");
  job_.inputs = {folder_ / "nowhere.png"};
  expect_error(ErrorCode::NotFound, "nowhere.png", [&] { run(); });
  job_.inputs = {folder_ / "in"};
  job_.out = folder_ / "in";
  expect_error(ErrorCode::InvalidArgument, "would be replaced", [&] { run(); });
  job_.out = folder_ / "out";
  write_tiny_safetensors(folder_ / "sd.safetensors", tiny_sd1());
  job_.options.upscaler = (folder_ / "sd.safetensors").string();
  expect_error(ErrorCode::Unsupported, "is no upscaler", [&] { run(); });
}

TEST_F(UpscalePictures, ABrokenPictureIsNamedAndTheOthersStay) {
  write_file_atomic(picture(2), read_file(picture(2)).substr(0, 90));
  expect_error(ErrorCode::Corrupt, "00002.png", [&] { run(); });
  EXPECT_TRUE(fs::exists(folder_ / "out/00001.png"));
  EXPECT_FALSE(fs::exists(folder_ / "out/00002.png"));
}

TEST_F(UpscalePictures, NetworksAreAppliedUntilItIsLargeEnough) {
  UpscaleOptions options = job_.options;
  const auto width = [&](double by) {
    options.by = by;
    return Enlarger(options)(gradient(10, 10)).width;
  };
  EXPECT_EQ(width(1), 10);
  EXPECT_EQ(width(1.5), 15);
  EXPECT_EQ(width(5), 50);
  EXPECT_EQ(width(16), 160);
  std::vector<double> shares;
  options.by = 4;
  const Enlarger enlarger(options);
  enlarger(gradient(10, 10), [&](double share) { shares.push_back(share); });
  EXPECT_EQ(shares, (std::vector<double>{0, 0.5, 0.5, 1}));
  EXPECT_EQ(enlarger.description(), "compact x2, 6 channels, 2 convolutions");
}

TEST_F(UpscalePictures, RefusesPicturesThatWouldBeTooLarge) {
  UpscaleOptions options;
  options.by = 16;
  const Enlarger enlarger(options);
  expect_error(ErrorCode::InvalidArgument, "would become 65600x16",
               [&] { enlarger(Image(4100, 1)); });
  expect_error(ErrorCode::InvalidArgument, "at most 2^28 pixels",
               [&] { enlarger(Image(2000, 2000)); });
}

}  // namespace
}  // namespace ptravel
