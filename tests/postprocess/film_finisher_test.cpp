#include "postprocess/film_finisher.h"

#include <gtest/gtest.h>

#include "postprocess/flow_interpolator.h"
#include "tests/postprocess/pictures.h"
#include "tests/postprocess/tiny_networks.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

/// Frames 0, 1, 2 move; frame 3 shows something else.
Image frame(std::int64_t index) {
  Image image = textured(48, 40, 3.0 * static_cast<double>(index));
  if (index == 3) {
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
      image.pixels[i] = static_cast<std::uint8_t>(i * i * 7919 >> 5);
    }
  }
  return image;
}

struct Finished {
  std::vector<Image> pictures;
  std::vector<std::int64_t> read;
  std::optional<std::string> cuts;
  ProgressSnapshot last;
};

Finished finish(const FilmFinish& wanted, const std::vector<std::int64_t>& film) {
  Finished finished;
  Progress progress;
  const FilmFinisher finisher(wanted);
  const auto count = finisher.pictures(static_cast<std::int64_t>(film.size()));
  progress.begin("test", "frames", static_cast<double>(count));
  finished.cuts = finisher.finish(
      film,
      [&](std::int64_t index) {
        finished.read.push_back(index);
        return frame(index);
      },
      [&](const Image& picture) { finished.pictures.push_back(picture); }, progress);
  EXPECT_EQ(static_cast<std::int64_t>(finished.pictures.size()), count);
  finished.last = progress.snapshot();
  EXPECT_EQ(finished.last.done, static_cast<double>(count));
  return finished;
}

TEST(FilmFinisher, PutsPicturesBetween) {
  FilmFinish wanted;
  wanted.interpolate = 3;
  const Finished film = finish(wanted, {0, 1, 1, 2});
  ASSERT_EQ(film.pictures.size(), 10U);
  EXPECT_EQ(film.read, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_FALSE(film.cuts);
  const auto between = make_flow_interpolator()->between(frame(0), frame(1), 2);
  EXPECT_EQ(film.pictures[0], frame(0));
  EXPECT_EQ(film.pictures[1], between[0]);
  EXPECT_EQ(film.pictures[2], between[1]);
  for (int i = 3; i <= 6; ++i) {
    EXPECT_EQ(film.pictures[static_cast<std::size_t>(i)], frame(1));
  }
  EXPECT_EQ(film.pictures[9], frame(2));
}

TEST(FilmFinisher, CutsStayCutsAndAreTold) {
  FilmFinish wanted;
  wanted.interpolate = 2;
  const Finished film = finish(wanted, {2, 3});
  EXPECT_EQ(film.pictures, (std::vector<Image>{frame(2), frame(3), frame(3)}));
  ASSERT_TRUE(film.cuts);
  EXPECT_NE(film.cuts->find("1 of the film's 1 pairs"), std::string::npos) << *film.cuts;
}

TEST(FilmFinisher, EnlargesWhatIsInBetweenToo) {
  FilmFinish wanted;
  wanted.interpolate = 2;
  wanted.upscaler = "lanczos";
  wanted.upscale_by = 1.5;
  for (const Image& picture : finish(wanted, {0, 1}).pictures) {
    EXPECT_EQ(picture.width, 72);
    EXPECT_EQ(picture.height, 60);
  }
}

TEST(FilmFinisher, NetworksSayWhatTheyAre) {
  const TemporaryFolder folder;
  RifeConfig rife;
  rife.widths = {8, 4, 4, 4};
  write_tiny_safetensors(folder / "rife.safetensors", tiny_rife(rife));
  write_tiny_safetensors(folder / "4x.safetensors", tiny_compact({4, 1, 4}));
  FilmFinish wanted;
  wanted.interpolate = 2;
  wanted.interpolator = (folder / "rife.safetensors").string();
  wanted.upscaler = (folder / "4x.safetensors").string();
  const std::vector<std::string> expected = {"pictures in between: RIFE 4.6, 4 blocks",
                                             "4x is compact x4, 4 channels, 1 convolutions"};
  EXPECT_EQ(FilmFinisher(wanted).notes(), expected);
  EXPECT_EQ(finish(wanted, {0, 1}).pictures[1].width, 192);
  wanted.interpolator = wanted.upscaler;
  expect_error(ErrorCode::Unsupported, "4x.safetensors", [&] { FilmFinisher finisher(wanted); });
}

TEST(FilmFinisher, StopsWhenAsked) {
  FilmFinish wanted;
  wanted.interpolate = 4;
  Progress progress;
  const FilmFinisher finisher(wanted);
  int added = 0;
  expect_error(ErrorCode::Cancelled, "stopped", [&] {
    finisher.finish(
        {0, 1, 2}, frame,
        [&](const Image&) {
          if (++added == 3) {
            progress.cancel();
          }
        },
        progress);
  });
  EXPECT_EQ(added, 3);
}

TEST(FilmFinisher, ChecksItsSettings) {
  FilmFinish wanted;
  EXPECT_FALSE(wanted.wanted());
  validate(wanted);
  wanted.interpolate = 9;
  expect_error(ErrorCode::InvalidArgument, "interpolate: 9, expected 1 to 8",
               [&] { validate(wanted); });
  wanted.interpolate = 1;
  wanted.interpolator = "rife.pth";
  expect_error(ErrorCode::InvalidArgument, "interpolator", [&] { validate(wanted); });
  wanted = {};
  wanted.upscale_by = 2;
  expect_error(ErrorCode::InvalidArgument, "upscale_by: is given", [&] { validate(wanted); });
  wanted.upscaler = "lanczos";
  validate(wanted);
  wanted.upscale_by = 40;
  expect_error(ErrorCode::InvalidArgument, "upscale_by: 40.0", [&] { validate(wanted); });
}

}  // namespace
}  // namespace ptravel
