// The commands that work on finished pictures, as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "media/image_file.h"
#include "ptravel/video.h"
#include "tests/cli/run_program.h"

namespace ptravel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A folder with two pictures in "in".
class Upscale : public testing::Test {
 protected:
  Upscale() {
    std::filesystem::create_directory(folder_ / "in");
    for (const char* name : {"in/a.png", "in/b.png"}) {
      Image image(12, 8);
      image.pixels.assign(image.pixels.size(), 99);
      const std::vector<ImageText> texts = {{"parameters", "a cat"}};
      write_png(folder_ / name, image, texts);
    }
  }
  TemporaryFolder folder_;
};

TEST_F(Upscale, WritesLargePicturesAndSkipsThemTheNextTime) {
  const Outcome first = run(folder_, "upscale in --out large --upscale-by 3");
  EXPECT_EQ(first.status, 0) << first.errors;
  EXPECT_EQ(first.output, "large\n");
  EXPECT_THAT(first.errors, AllOf(HasSubstr("2 pictures enlarged"), Not(HasSubstr("already"))));
  const LoadedImage large = read_image(folder_ / "large/a.png");
  EXPECT_EQ(large.image.width, 36);
  EXPECT_EQ(find_text(large.texts, "parameters"), "a cat");
  const Outcome second = run(folder_, "upscale in/b.png in --out large --upscale-by 3 --json");
  const auto lines = split(trimmed(second.output), '\n');
  const auto done = nlohmann::json::parse(lines.back());
  EXPECT_EQ(done.at("event"), "done");
  EXPECT_EQ(done.at("enlarged"), "0");
  EXPECT_EQ(done.at("skipped"), "2");
}

TEST_F(Upscale, WrongWordsEndWithStatus2AndTheirNames) {
  const Outcome wrong = run(folder_, "upscale in --out large --upscale-by 99 --threads -2");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.errors, AllOf(HasSubstr("--upscale-by: 99.0, expected 1 to 16"),
                                  HasSubstr("--threads: \"-2\"")));
  EXPECT_NE(run(folder_, "upscale in").status, 0);
  EXPECT_EQ(run(folder_, "upscale in --out large --nonsense 3").status, 2);
}

TEST_F(Upscale, AFileThatIsNoUpscalerIsNamedInOneLine) {
  const Outcome wrong = run(folder_, "upscale in --out large --upscaler '" PTRAVEL_TEST_DATA
                                     "/tiny_sd1/model.safetensors'");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.errors,
              AllOf(HasSubstr("model.safetensors"), HasSubstr("expected the layers of ESRGAN")));
  EXPECT_EQ(split(trimmed(wrong.errors), '\n').size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "large"));
}

TEST(FinishedVideo, HasPicturesInBetweenAndIsLarger) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kTinyTravel).status, 0);
  const std::string video = "video outputs/prompt_travel/00000 ";
  const Outcome film = run(folder, video + "--interpolate 3 --upscale lanczos --out film.mp4");
  EXPECT_EQ(film.status, 0) << film.errors;
  EXPECT_THAT(film.errors, HasSubstr("pictures in between: optical flow"));
  const VideoInfo info = probe_video(folder / "film.mp4");
  EXPECT_EQ(info.frames, 7);
  EXPECT_EQ(info.width, 128);
  EXPECT_EQ(info.fps, 30);
  const Outcome wrong = run(folder, video + "--interpolate 9 --upscale-by 3 --fps 900");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.errors, AllOf(HasSubstr("--interpolate: 9, expected 1 to 8"),
                                  HasSubstr("--upscale-by: is given, expected upscale with it")));
  EXPECT_THAT(run(folder, video + "--interpolate 8 --fps 240").errors,
              HasSubstr("interpolate: 8 times 240.0 pictures a second"));
  EXPECT_THAT(run(folder, video + "--threads 2").errors,
              HasSubstr("--threads: is for networks, expected --interpolate or --upscale with it"));
  EXPECT_THAT(run(folder, video + "--interpolate 2 --interpolator nowhere.pth").errors,
              HasSubstr("nowhere.pth"));
}

}  // namespace
}  // namespace ptravel
