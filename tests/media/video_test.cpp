#include "ptravel/video.h"

#include "base/files.h"
#include "media/video_names.h"
#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

/// A slowly moving gradient of few enough colours for a palette.
Image frame_image(int width, int height, int index) {
  return make_image(width, height, [&](int x, int y) -> Pixel {
    const double phase = (x + 2.0 * y) / (width + height) + index * 0.05;
    return {low_byte(static_cast<int>(128 + 100 * std::sin(phase))),
            low_byte(static_cast<int>(128 + 100 * std::cos(phase))), 90};
  });
}

void write_clip(const std::filesystem::path& path,
                int width,
                int height,
                int frames,
                const VideoOptions& options) {
  const auto writer = VideoWriter::open(path, width, height, options);
  for (int i = 0; i < frames; ++i) {
    writer->add_frame(frame_image(width, height, i));
  }
  writer->finish();
}

class VideoOfFormat : public testing::TestWithParam<VideoFormat> {
 protected:
  VideoOptions options(double fps = 10) const { return {.format = GetParam(), .fps = fps}; }
  std::filesystem::path clip() const {
    return folder_ / ("clip." + std::string(kVideoFormatNames.name(GetParam())));
  }

  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(All,
                         VideoOfFormat,
                         testing::Values(VideoFormat::Mp4, VideoFormat::Gif, VideoFormat::Webm),
                         [](const auto& info) {
                           return std::string(kVideoFormatNames.name(info.param));
                         });

TEST_P(VideoOfFormat, DecodesToWhatWasEncoded) {
  write_clip(clip(), 64, 48, 12, options());
  const VideoInfo info = probe_video(clip());
  EXPECT_EQ(info.format, GetParam());
  EXPECT_EQ(info.width, 64);
  EXPECT_EQ(info.height, 48);
  EXPECT_EQ(info.frames, 12);
  EXPECT_NEAR(info.fps, 10, 1e-6);
  const std::vector<Image> frames = read_video_frames(clip());
  ASSERT_EQ(frames.size(), 12u);
  for (int i = 0; i < 12; ++i) {
    EXPECT_LT(mean_difference(frames[static_cast<std::size_t>(i)], frame_image(64, 48, i)), 3) << i;
  }
  EXPECT_EQ(folder_.names(), std::set<std::string>{clip().filename().string()});
}

TEST_P(VideoOfFormat, EqualFramesGiveEqualBytes) {
  write_clip(clip(), 50, 40, 5, options());
  const std::string first = read_file(clip());
  write_clip(clip(), 50, 40, 5, options());
  EXPECT_EQ(read_file(clip()), first);
}

TEST_P(VideoOfFormat, OddSizesAndSingleFrames) {
  for (const auto& [width, height] : {std::pair(1, 1), {33, 17}, {2, 15}, {17, 2}}) {
    write_clip(clip(), width, height, 1, options());
    const VideoInfo info = probe_video(clip());
    const bool even = GetParam() == VideoFormat::Mp4;
    EXPECT_EQ(info.width, even ? width + width % 2 : width);
    EXPECT_EQ(info.height, even ? height + height % 2 : height);
    EXPECT_EQ(info.frames, 1);
    EXPECT_EQ(read_video_frames(clip()).size(), 1u);
  }
}

TEST_P(VideoOfFormat, FrameRates) {
  for (const double fps : {0.5, 5.0, 12.5, 25.0, 29.97, 50.0, 60.0, 240.0}) {
    write_clip(clip(), 16, 16, 20, options(fps));
    const bool gif = GetParam() == VideoFormat::Gif;
    const double expected = gif ? std::min(fps, 50.0) : fps;
    EXPECT_NEAR(probe_video(clip()).fps, expected, gif ? expected * 0.02 : 1e-3) << fps;
    EXPECT_EQ(read_video_frames(clip()).size(), 20u);
  }
}

TEST_P(VideoOfFormat, RepeatedFramesAllCount) {
  const auto writer = VideoWriter::open(clip(), 20, 20, options());
  for (int i = 0; i < 9; ++i) {
    writer->add_frame(frame_image(20, 20, i / 3));
  }
  writer->finish();
  EXPECT_EQ(probe_video(clip()).frames, 9);
  EXPECT_EQ(read_video_frames(clip()).size(), 9u);
}

TEST_P(VideoOfFormat, ReplacesAnOldFile) {
  write_file_atomic(clip(), "old");
  write_clip(clip(), 16, 16, 2, options());
  EXPECT_EQ(probe_video(clip()).frames, 2);
}

TEST(Video, PathsMayHoldAnyCharacter) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "http:%03d größe,[a].mp4";
  write_clip(path, 16, 16, 2, {});
  EXPECT_EQ(probe_video(path).frames, 2);
}

TEST(Video, Mp4CanBePlayedWhileItLoads) {
  const TemporaryFolder folder;
  write_clip(folder / "a.mp4", 32, 32, 3, {});
  const std::string bytes = read_file(folder / "a.mp4");
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
  EXPECT_NE(bytes.find("colr"), std::string::npos);
}

TEST(Video, GifLoopsForEver) {
  const TemporaryFolder folder;
  write_clip(folder / "a.gif", 16, 16, 3, {.format = VideoFormat::Gif, .fps = 10});
  const std::string bytes = read_file(folder / "a.gif");
  EXPECT_NE(bytes.find(std::string("NETSCAPE2.0\x03\x01\0\0", 15)), std::string::npos);
}

TEST(Video, ColoursKeepTheirPlace) {
  const TemporaryFolder folder;
  const Pixel colours[] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}, {0, 0, 0}};
  for (const VideoFormat format : {VideoFormat::Mp4, VideoFormat::Gif, VideoFormat::Webm}) {
    const auto writer = VideoWriter::open(folder / "a", 16, 16, {.format = format, .fps = 10});
    for (const Pixel& colour : colours) {
      writer->add_frame(make_image(16, 16, [&](int, int) { return colour; }));
    }
    writer->finish();
    const std::vector<Image> frames = read_video_frames(folder / "a");
    ASSERT_EQ(frames.size(), std::size(colours));
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const Image expected = make_image(16, 16, [&](int, int) { return colours[i]; });
      EXPECT_LE(largest_difference(frames[i], expected), 6) << kVideoFormatNames.name(format) << i;
    }
  }
}

TEST(Video, NamesRoundTrip) {
  for (const VideoFormat format : {VideoFormat::Mp4, VideoFormat::Gif, VideoFormat::Webm}) {
    EXPECT_EQ(kVideoFormatNames.parse(kVideoFormatNames.name(format)), format);
  }
  EXPECT_EQ(kVideoFormatNames.parse("avi"), std::nullopt);
}

}  // namespace
}  // namespace ptravel
