// The commands that work on finished pictures, as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "media/image_file.h"
#include "ptravel/video.h"
#include "tests/cli/run_program.h"
#include "tests/support/tiny_upscaler.h"

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

void write_network(const std::filesystem::path& path, std::int64_t width, std::int64_t depth) {
  std::filesystem::create_directories(path.parent_path());
  write_tiny_safetensors(path, tiny_upscaler(width, depth, 4));
}

TEST_F(Upscale, NamesAreFoundInTheModelsFolders) {
  write_network(folder_ / "nets/ESRGAN/4x_lace.safetensors", 4, 1);
  const Outcome found = run(folder_, "upscale in --out large --upscaler 4x_lace --models-dir nets");
  EXPECT_EQ(found.status, 0) << found.errors;
  EXPECT_EQ(read_image(folder_ / "large/a.png").image.width, 48);
  const Outcome wrong = run(folder_, "upscale in --out large --upscaler 4x_lase --models-dir nets");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(
      wrong.errors,
      HasSubstr("4x_lase: is no file and no upscaler of the models folders, expected a path "
                "or one of 4x_lace.safetensors"));
  EXPECT_EQ(split(trimmed(wrong.errors), '\n').size(), 1U);
  const Outcome nowhere = run(folder_, "upscale in --out large --models-dir nowhere");
  EXPECT_EQ(nowhere.status, 2);
  EXPECT_THAT(nowhere.errors, HasSubstr("--models-dir: \"nowhere\" is no folder"));
}

TEST_F(Upscale, ModelsAreListedByKind) {
  write_network(folder_ / "models/ESRGAN/4x_lace.safetensors", 4, 1);
  write_network(folder_ / "models/RIFE/none.safetensors", 4, 1);
  std::filesystem::create_directories(folder_ / "models/Lora");
  write_file_atomic(folder_ / "models/Lora/style.safetensors", "x");
  const Outcome text = run(folder_, "models");
  EXPECT_EQ(text.status, 0) << text.errors;
  EXPECT_THAT(text.output,
              AllOf(HasSubstr("LoRAs: <lora:NAME:1> in a prompt\n  style.safetensors\n"),
                    HasSubstr("  4x_lace.safetensors: compact x4, 4 channels"),
                    HasSubstr("  none.safetensors: [network]")));
  const auto files = nlohmann::json::parse(run(folder_, "models --json").output).at("files");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[1].at("kind"), "upscaler");
  EXPECT_EQ(files[1].at("name"), "4x_lace.safetensors");
  EXPECT_THAT(run(folder_, "models --models-dir in").output, "");
  EXPECT_EQ(run(folder_, "models --models-dir nowhere").status, 2);
}

TEST(FinishedVideo, KilledInTheMiddleGoesOnWithTheSameBytes) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, kTinyTravel).status, 0);
  write_network(folder / "models/ESRGAN/4x.safetensors", 64, 16);
  const std::string video = "video " + kFirstRun + " --interpolate 8 --upscale 4x --json --out ";
  ASSERT_EQ(run(folder, video + "whole.mp4").status, 0);
  const std::string kept = kFirstRun + "/finishing";
  EXPECT_FALSE(std::filesystem::exists(folder / kept));
  // Killed as soon as two pictures are there.
  run_command(folder, "true\n" PTRAVEL_PROGRAM " " + video + "film.mp4 >killed.txt & pid=$!\n" +
                          "while kill -0 $pid && [ \"$(ls " + kept +
                          " 2>/dev/null | grep -c png)\" -lt 2 ]; do sleep 0.01; done\n"
                          "kill -9 $pid; wait $pid");
  EXPECT_FALSE(std::filesystem::exists(folder / "film.mp4"));
  ASSERT_TRUE(std::filesystem::exists(folder / kept));
  const Outcome again = run(folder, video + "film.mp4");
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_THAT(again.output, HasSubstr("of a video that was stopped were used"));
  EXPECT_TRUE(read_file(folder / "film.mp4") == read_file(folder / "whole.mp4"));
  EXPECT_FALSE(std::filesystem::exists(folder / kept));
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
