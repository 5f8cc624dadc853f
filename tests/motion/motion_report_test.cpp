#include "ptravel/motion_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "media/image_file.h"
#include "media/latent_chunk.h"
#include "motion/motion_meter.h"
#include "motion/ssim.h"
#include "ptravel/error.h"
#include "ptravel/video.h"
#include "tests/motion/pictures.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

MotionReport measured(const std::filesystem::path& path) {
  Progress progress;
  return measure_motion(path, progress);
}

/// The error of measuring `path`, as "code: message".
std::string failure(const std::filesystem::path& path) {
  try {
    measured(path);
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "nothing was thrown";
}

std::vector<std::string> names(const MotionReport& report) {
  std::vector<std::string> result;
  for (const MotionFrame& frame : report.frames) {
    result.push_back(frame.name);
  }
  return result;
}

/// Greys that go up by one, and by ten once.
constexpr std::uint8_t kGreys[] = {100, 101, 102, 112, 113};

TEST(MotionReport, PicturesOfAFolderInTheOrderOfTheirNumbers) {
  const TemporaryFolder folder;
  for (int i = 0; i < 5; ++i) {
    write_png(folder / ("frame " + std::to_string(i + 8) + ".PNG"), grey(16, 12, kGreys[i]));
  }
  write_file_atomic(folder / "notes.txt", "no picture");
  write_png(folder / ".hidden.png", grey(3, 3, 0));
  const MotionReport report = measured(folder.path());
  EXPECT_THAT(names(report), testing::ElementsAre("frame 8.PNG", "frame 9.PNG", "frame 10.PNG",
                                                  "frame 11.PNG", "frame 12.PNG"));
  EXPECT_EQ(report.width, 16);
  EXPECT_EQ(report.height, 12);
  const auto jumps = motion_jumps(report);
  ASSERT_EQ(jumps.size(), 1u);
  EXPECT_EQ(jumps[0].step, 2u);
  EXPECT_NEAR(jumps[0].times[0], 10, 0.5);
  EXPECT_THAT(to_text(report), AllOf(HasSubstr("5 frames, 16x12"),
                                     HasSubstr("frame 10.PNG to frame 11.PNG: lab 9.9 x")));
  EXPECT_TRUE(motion_jumps(report, 1e9).empty());
}

TEST(MotionReport, FramesOfARunTellTheirPlaces) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "travel.json", "{}");
  write_png(folder / "contact-sheet.png", grey(64, 64, 0));
  for (int i = 0; i < 3; ++i) {
    const std::vector<ImageText> texts = {
        {"parameters",
         "a cat\nSteps: 1, Size: 8x8, Travel stage: 0, Travel alpha: 0." + std::to_string(25 * i)}};
    write_png(folder / ("0000" + std::to_string(i) + ".png"),
              grey(8, 8, static_cast<std::uint8_t>(100 + 10 * i * i)), texts);
  }
  const MotionReport report = measured(folder.path());
  ASSERT_EQ(report.frames.size(), 3u);
  EXPECT_EQ(report.frames[1].alpha, 0.25);
  EXPECT_EQ(report.frames[1].stage, 0);
  EXPECT_THAT(to_text(report, motion_jumps(report, 1).at(0)), HasSubstr("(alpha 0.25 to 0.5)"));
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json.at("frames"), 3);
  const auto& lab = json.at("distances").at("lab");
  EXPECT_EQ(lab.at("steps").size(), 2u);
  EXPECT_NEAR(lab.at("max_over_median").get<double>(),
              report.measures[0].evenness.largest_over_median, 1e-7);
  std::filesystem::remove(folder / "00001.png");
  EXPECT_THAT(failure(folder.path()), HasSubstr("frame 1 is not drawn yet"));
}

/// The expected numbers are those that an independent program (NumPy, SciPy) tells of these files.
TEST(MotionReport, SaysTheNumbersOfOtherTools) {
  const TemporaryFolder folder;
  constexpr int kPatterns[] = {0, 1, 2, 2, 5, 6};
  for (int i = 0; i < 6; ++i) {
    write_png(folder / (std::to_string(i) + ".png"), stripes(37, 26, kPatterns[i]));
  }
  const MotionReport report = measured(folder.path());
  ASSERT_EQ(report.measures.size(), 2u);
  const double lab[] = {76.0335668024191, 1.1176833160317279, 2.9575705215276855,
                        0.2305125682569486, 0.26788767165719746};
  const double ssim[] = {0.4935571000645217, 1.2790769420361687, 3.680592527240958,
                         0.26832952395931486, 0.2897782626453187};
  for (const MotionMeasure& measure : report.measures) {
    const Evenness& even = measure.evenness;
    const double* expected = measure.name == "lab" ? lab : ssim;
    EXPECT_NEAR(even.median, expected[0], 1e-5) << measure.name;
    EXPECT_NEAR(even.largest_over_median, expected[1], 1e-6) << measure.name;
    EXPECT_NEAR(even.p90_over_p10, expected[2], 1e-6) << measure.name;
    EXPECT_NEAR(even.gini, expected[3], 1e-7) << measure.name;
    EXPECT_NEAR(even.largest_share, expected[4], 1e-7) << measure.name;
    EXPECT_TRUE(measure.judges);
  }
  EXPECT_THAT(to_text(report), AllOf(HasSubstr("ms_ssim: not measured, its five scales need"),
                                     HasSubstr("latent: not measured, not all frames")));
}

TEST(MotionReport, LargeFramesAreComparedOnFiveScales) {
  const TemporaryFolder folder;
  write_png(folder / "0.png", stripes(176, 180, 1));
  write_png(folder / "1.png", stripes(176, 180, 2));
  const MotionReport report = measured(folder.path());
  ASSERT_EQ(report.measures.size(), 3u);
  EXPECT_EQ(report.measures[2].name, "ms_ssim");
  EXPECT_FALSE(report.measures[2].judges);
  const double expected = 1 - ms_ssim(stripes(176, 180, 1), stripes(176, 180, 2));
  EXPECT_NEAR(report.measures[2].distances.at(0), expected, 1e-12);
  EXPECT_NEAR(report.measures[2].straight, expected, 1e-12);
}

/// A frame whose latent has four values, all of them `value`.
void write_with_latent(const std::filesystem::path& path, std::uint8_t colour, float value) {
  write_png(path, grey(8, 8, colour), {}, latent_bytes(4, 1, 1, std::vector<float>(4, value)));
}

TEST(MotionReport, LatentsAreComparedWhereAllFramesCarryThem) {
  const TemporaryFolder folder;
  const float values[] = {0, 0.25F, 0.5F, 4.5F};
  for (int i = 0; i < 4; ++i) {
    write_with_latent(folder / (std::to_string(i) + ".png"), static_cast<std::uint8_t>(100 + i),
                      values[i]);
  }
  const MotionReport report = measured(folder.path());
  ASSERT_EQ(report.measures.size(), 3u);
  const MotionMeasure& latent = report.measures[2];
  EXPECT_EQ(latent.name, "latent");
  EXPECT_THAT(latent.distances, testing::ElementsAre(0.25, 0.25, 4));
  EXPECT_EQ(latent.straight, 4.5);
  EXPECT_TRUE(motion_jumps(report).empty()) << "a jump that nobody sees is none of the film";
  const auto json = nlohmann::json::parse(to_json(report)).at("distances").at("latent");
  EXPECT_EQ(json.at("jumps").at(0).at("from").at("frame"), 2);
  EXPECT_EQ(json.at("jumps").at(0).at("over_median"), 16);

  write_png(folder / "1.png", grey(8, 8, 101));
  EXPECT_EQ(measured(folder.path()).measures.size(), 2u);
  write_png(folder / "1.png", grey(8, 8, 101), {},
            latent_bytes(1, 2, 2, std::vector<float>(4, 0.25F)));
  EXPECT_EQ(measured(folder.path()).measures.size(), 2u) << "latents of two models";
}

TEST(MotionReport, VideosAreMeasuredFrameByFrame) {
  const TemporaryFolder folder;
  const auto writer = VideoWriter::open(folder / "film.gif", 32, 32, {VideoFormat::Gif, 10});
  for (const std::uint8_t value : kGreys) {
    writer->add_frame(grey(32, 32, value));
  }
  writer->finish();
  const MotionReport report = measured(folder / "film.gif");
  EXPECT_EQ(report.frames.size(), 5u);
  EXPECT_EQ(report.frames[4].name, "4");
  EXPECT_EQ(motion_jumps(report).at(0).step, 2u);
}

TEST(MotionReport, SaysWhatCannotBeMeasured) {
  const TemporaryFolder folder;
  EXPECT_THAT(failure(folder / "gone"), AllOf(HasSubstr("not_found"), HasSubstr("gone")));
  EXPECT_THAT(failure(folder.path()),
              AllOf(HasSubstr("invalid_argument"), HasSubstr("0 pictures")));
  write_png(folder / "a.png", grey(8, 8, 1));
  EXPECT_THAT(failure(folder.path()), HasSubstr("has 1 picture,"));
  EXPECT_THAT(failure(folder / "a.png"), HasSubstr("is one picture"));
  write_png(folder / "b.png", grey(8, 9, 1));
  EXPECT_THAT(failure(folder.path()), HasSubstr("b.png: 8x9, expected 8x8 as a.png has"));
  write_file_atomic(folder / "b.png", "broken");
  EXPECT_THAT(failure(folder.path()), HasSubstr("b.png"));
}

TEST(MotionReport, WithoutMotion) {
  MotionMeter meter;
  EXPECT_THROW(meter.report(), Error);
  for (int i = 0; i < 3; ++i) {
    meter.add({"still", {}, {}}, grey(8, 8, 77));
  }
  const MotionReport report = meter.report();
  EXPECT_THAT(to_text(report), AllOf(HasSubstr("no motion"), Not(HasSubstr("jumps"))));
  EXPECT_TRUE(nlohmann::json::parse(to_json(report)).at("distances").at("lab").at("jumps").empty());
}

TEST(MotionReport, DoesNotDependOnThreads) {
  const TemporaryFolder folder;
  for (int i = 0; i < 9; ++i) {
    write_png(folder / (std::to_string(i) + ".png"), grey(16, 12, std::uint8_t(i * i)));
  }
  Progress progress;
  const std::string alone = to_json(measure_motion(folder.path(), progress, 1));
  for (const int threads : {2, 3, 16}) {
    EXPECT_EQ(to_json(measure_motion(folder.path(), progress, threads)), alone) << threads;
  }
  write_png(folder / "5.png", grey(8, 8, 1));
  write_file_atomic(folder / "7.png", "broken");
  try {
    measure_motion(folder.path(), progress, 3);
    FAIL() << "was measured";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("5.png: 8x8, expected 16x12"));
  }
}

TEST(MotionReport, StopsWhenCancelled) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", grey(8, 8, 1));
  write_png(folder / "b.png", grey(8, 8, 1));
  Progress progress;
  progress.cancel();
  EXPECT_THROW(measure_motion(folder.path(), progress), Error);
}

}  // namespace
}  // namespace ptravel
