// The commands that work on finished pictures, as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "media/image_file.h"
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

}  // namespace
}  // namespace ptravel
