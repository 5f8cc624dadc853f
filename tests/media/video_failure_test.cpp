#include <fstream>

#include "base/files.h"
#include "media/video_names.h"
#include "ptravel/video.h"
#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

Image noise(int width, int height, unsigned seed) {
  std::uint32_t state = seed * 2654435761u + 1;
  Image image(width, height);
  for (std::uint8_t& value : image.pixels) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

class VideoFailure : public testing::TestWithParam<VideoFormat> {
 protected:
  std::unique_ptr<VideoWriter> open(const std::filesystem::path& path,
                                    int width = 32,
                                    int height = 32,
                                    double fps = 10) const {
    return VideoWriter::open(path, width, height, {.format = GetParam(), .fps = fps});
  }

  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(All,
                         VideoFailure,
                         testing::Values(VideoFormat::Mp4, VideoFormat::Gif, VideoFormat::Webm),
                         [](const auto& info) {
                           return std::string(kVideoFormatNames.name(info.param));
                         });

TEST_P(VideoFailure, WithoutFinishNothingIsLeft) {
  {
    const auto writer = open(folder_ / "a");
    writer->add_frame(noise(32, 32, 1));
  }
  EXPECT_TRUE(folder_.names().empty());
}

TEST_P(VideoFailure, NoFramesAreRefused) {
  {
    const auto writer = open(folder_ / "a");
    expect_error(ErrorCode::InvalidArgument, [&] { writer->finish(); });
  }
  EXPECT_TRUE(folder_.names().empty());
}

TEST_P(VideoFailure, FramesOfAnotherSizeAreRefused) {
  const auto writer = open(folder_ / "a");
  writer->add_frame(noise(32, 32, 1));
  const std::string message =
      expect_error(ErrorCode::InvalidArgument, [&] { writer->add_frame(noise(31, 32, 1)); });
  EXPECT_NE(message.find("31x32"), std::string::npos);
  EXPECT_NE(message.find("32x32"), std::string::npos);
  writer->finish();
  EXPECT_EQ(probe_video(folder_ / "a").frames, 1);
}

TEST_P(VideoFailure, WrongOptionsAreRefused) {
  const std::filesystem::path path = folder_ / "a";
  for (const double fps : {0.0, -1.0, 1e9, 1e-9, std::nan(""), double{INFINITY}}) {
    expect_error(ErrorCode::InvalidArgument, [&] { open(path, 32, 32, fps); });
  }
  for (const auto& size : {std::pair(0, 8), {8, -1}, {20000, 8}, {8, 20000}}) {
    expect_error(ErrorCode::InvalidArgument, [&] { open(path, size.first, size.second); });
  }
  EXPECT_TRUE(folder_.names().empty());
}

TEST_P(VideoFailure, UnwritablePlaces) {
  expect_error(ErrorCode::NotFound, [&] { open(folder_ / "absent/a"); });
  write_file_atomic(folder_ / "file", "x");
  expect_error(ErrorCode::Io, [&] { open(folder_ / "file/a"); });
}

TEST_P(VideoFailure, FullDiskIsAnErrorAndLeavesNothing) {
  {
    const FileSizeLimit full(20'000);
    expect_error(ErrorCode::Io, [&] {
      const auto writer = open(folder_ / "a", 64, 64);
      for (unsigned i = 0; i < 40; ++i) {
        writer->add_frame(noise(64, 64, i));
      }
      writer->finish();
    });
  }
  EXPECT_TRUE(folder_.names().empty());
}

TEST_P(VideoFailure, DamagedFilesAreSurvived) {
  const std::filesystem::path path = folder_ / "a";
  const auto writer = open(path, 16, 16);
  for (unsigned i = 0; i < 3; ++i) {
    writer->add_frame(noise(16, 16, i));
  }
  writer->finish();
  const std::string bytes = read_file(path);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 60) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
    try {
      EXPECT_LE(probe_video(path).frames, 3);
      EXPECT_LE(read_video_frames(path).size(), 3u);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::Internal) << error.what();
    }
  }
}

TEST(VideoReading, RefusesOtherFiles) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::NotFound, [&] { probe_video(folder / "absent.mp4"); });
  write_file_atomic(folder / "text.mp4", "this is no video, only some text in a file");
  expect_error(ErrorCode::Corrupt, [&] { probe_video(folder / "text.mp4"); });
  EXPECT_THROW(probe_video(data_file("rgba.png")), Error);
}

TEST(VideoReading, TooManyFramesAreRefused) {
  const TemporaryFolder folder;
  const auto writer = VideoWriter::open(folder / "a.gif", 8, 8, {.format = VideoFormat::Gif});
  for (unsigned i = 0; i < 4; ++i) {
    writer->add_frame(noise(8, 8, i));
  }
  writer->finish();
  expect_error(ErrorCode::Unsupported, [&] { read_video_frames(folder / "a.gif", 3); });
  EXPECT_EQ(read_video_frames(folder / "a.gif", 4).size(), 4u);
}

}  // namespace
}  // namespace ptravel
