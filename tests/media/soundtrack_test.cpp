// Sound in videos: what is muxed is decoded again.

#include "media/soundtrack.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "media/sound_reader.h"
#include "media/video_names.h"
#include "ptravel/video.h"
#include "tests/support/errors.h"
#include "tests/support/sounds.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using namespace sounds;

/// All that a file sounds like, by channel.
struct Decoded {
  int rate = 0;
  std::string codec;
  std::vector<Samples> channels;
  std::int64_t broken = 0;

  double seconds() const { return static_cast<double>(channels.front().size()) / rate; }
  double strength(double hertz, double from, double to, std::size_t channel = 0) const {
    return sounds::strength(channels.at(channel), hertz, rate, from, to);
  }
};

Decoded decode(const std::filesystem::path& path, int rate = 0, int channels = 0) {
  SoundReader reader(path, rate, channels);
  std::vector<float> samples;
  while (reader.read(samples)) {
  }
  Decoded decoded{reader.sample_rate(), reader.codec(), {}, reader.broken()};
  const auto count = static_cast<std::size_t>(reader.channels());
  decoded.channels.resize(count);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    decoded.channels[i % count].push_back(samples[i]);
  }
  return decoded;
}

class VideoWithSound : public testing::TestWithParam<VideoFormat> {
 protected:
  std::filesystem::path clip() const {
    return folder_ / ("clip." + std::string(kVideoFormatNames.name(GetParam())));
  }
  /// A clip of so many frames, ten a second.
  void write_clip(const std::filesystem::path& sound, int frames) const {
    const VideoOptions options{.format = GetParam(), .fps = 10, .soundtrack = sound};
    const auto writer = VideoWriter::open(clip(), 32, 32, options);
    for (int i = 0; i < frames; ++i) {
      Image frame(32, 32);
      frame.pixels.assign(frame.pixels.size(), static_cast<std::uint8_t>(i * 5));
      writer->add_frame(frame);
    }
    writer->finish();
  }

  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Both,
                         VideoWithSound,
                         testing::Values(VideoFormat::Mp4, VideoFormat::Webm),
                         [](const auto& info) {
                           return std::string(kVideoFormatNames.name(info.param));
                         });

TEST_P(VideoWithSound, IsCutToTheFilmsLength) {
  const auto song = folder_ / "song.wav";
  write_wav(song, {tone(440, 8, 44100)}, 44100);
  write_clip(song, 31);
  const bool mp4 = GetParam() == VideoFormat::Mp4;
  const VideoInfo info = probe_video(clip());
  EXPECT_EQ(info.frames, 31);
  EXPECT_NEAR(info.fps, 10, 1e-6);
  EXPECT_EQ(info.sound, mp4 ? "aac" : "opus");
  const Decoded sound = decode(clip());
  EXPECT_EQ(sound.rate, mp4 ? 44100 : 48000);
  EXPECT_EQ(sound.channels.size(), 1u);
  EXPECT_NEAR(sound.seconds(), 3.1, 0.03);
  EXPECT_NEAR(sound.strength(440, 0.2, 2.8), 0.5, 0.03);
  EXPECT_LT(sound.strength(660, 0.2, 2.8), 0.02);
}

TEST_P(VideoWithSound, BeginsAgainAtItsEnd) {
  Samples samples = tone(440, 0.5, 22050);
  append(samples, tone(880, 0.5, 22050));
  const auto song = folder_ / "song.wav";
  write_wav(song, {samples}, 22050);
  write_clip(song, 35);
  const Decoded sound = decode(clip());
  EXPECT_EQ(sound.rate, 48000);
  EXPECT_NEAR(sound.seconds(), 3.5, 0.03);
  for (int second = 0; second < 3; ++second) {
    EXPECT_GT(sound.strength(440, second + 0.1, second + 0.4), 0.4) << second;
    EXPECT_LT(sound.strength(440, second + 0.6, second + 0.9), 0.05) << second;
    EXPECT_GT(sound.strength(880, second + 0.6, second + 0.9), 0.4) << second;
  }
}

TEST_P(VideoWithSound, KeepsTwoChannelsApart) {
  const auto song = folder_ / "song.wav";
  write_wav(song, {tone(440, 2, 48000), tone(880, 2, 48000)}, 48000);
  write_clip(song, 20);
  const Decoded sound = decode(clip());
  ASSERT_EQ(sound.channels.size(), 2u);
  EXPECT_GT(sound.strength(440, 0.3, 1.7, 0), 0.4);
  EXPECT_LT(sound.strength(880, 0.3, 1.7, 0), 0.1);
  EXPECT_GT(sound.strength(880, 0.3, 1.7, 1), 0.4);
}

TEST_P(VideoWithSound, MixesSixChannelsToTwo) {
  const Samples still = silence(2, 48000);
  const auto song = folder_ / "song.wav";
  write_wav(song, {still, still, tone(500, 2, 48000), still, still, tone(900, 2, 48000)}, 48000);
  write_clip(song, 20);
  const Decoded sound = decode(clip());
  ASSERT_EQ(sound.channels.size(), 2u);
  const double left = sound.strength(500, 0.3, 1.7, 0);
  EXPECT_GT(left, 0.08);
  EXPECT_NEAR(sound.strength(500, 0.3, 1.7, 1), left, 0.02);  // The centre is in both.
  EXPECT_GT(sound.strength(900, 0.3, 1.7, 1), 0.08);          // A speaker on the right is not.
  EXPECT_LT(sound.strength(900, 0.3, 1.7, 0), 0.02);
}

TEST_P(VideoWithSound, EqualSoundsGiveEqualBytes) {
  const auto song = folder_ / "song.wav";
  write_wav(song, {clicks(120, 0.1, 3, 44100)}, 44100);
  write_clip(song, 20);
  const std::string first = read_file(clip());
  write_clip(song, 20);
  EXPECT_EQ(read_file(clip()), first);
}

TEST_P(VideoWithSound, TakesOneSampleForever) {
  const auto song = folder_ / "song.wav";
  write_wav(song, {{0.5F}}, 48000);
  write_clip(song, 20);
  EXPECT_NEAR(decode(clip()).seconds(), 2, 0.03);
}

TEST(Gif, HasNoSound) {
  const TemporaryFolder folder;
  write_wav(folder / "song.wav", {tone(440, 1, 8000)}, 8000);
  expect_error(ErrorCode::InvalidArgument, "soundtrack: a gif has no sound", [&] {
    VideoWriter::open(folder / "a.gif", 8, 8,
                      {.format = VideoFormat::Gif, .soundtrack = folder / "song.wav"});
  });
}

TEST(SoundReader, ConvertsRateAndChannels) {
  const TemporaryFolder folder;
  write_wav(folder / "song.wav", {tone(300, 1, 8000), tone(300, 1, 8000)}, 8000);
  const Decoded sound = decode(folder / "song.wav", 44100, 1);
  EXPECT_EQ(sound.rate, 44100);
  ASSERT_EQ(sound.channels.size(), 1u);
  EXPECT_NEAR(sound.seconds(), 1, 0.002);
  EXPECT_NEAR(sound.strength(300, 0.1, 0.9), 0.5, 0.01);
}

TEST(SoundReader, RefusesWhatHasNoSoundInOneLineThatNamesIt) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "text.mp3", "these are words and no music at all\n");
  write_file_atomic(folder / "empty.wav", "");
  write_wav(folder / "none.wav", {{}}, 48000);
  const auto writer = VideoWriter::open(folder / "silent.mp4", 8, 8, {});
  writer->add_frame(Image(8, 8));
  writer->finish();
  for (const char* name : {"text.mp3", "empty.wav", "none.wav", "silent.mp4", "missing.flac"}) {
    try {
      decode(folder / name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(name), std::string::npos) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      EXPECT_NE(error.code(), ErrorCode::Internal) << message;
    }
  }
}

TEST(SoundReader, LeavesBrokenPartsOutAndCountsThem) {
  const TemporaryFolder folder;
  write_wav(folder / "song.wav", {noise(4, 44100)}, 44100);
  const auto writer =
      VideoWriter::open(folder / "song.mp4", 8, 8, {.fps = 10, .soundtrack = folder / "song.wav"});
  for (int i = 0; i < 40; ++i) {
    writer->add_frame(Image(8, 8));
  }
  writer->finish();
  EXPECT_EQ(check_sound(folder / "song.mp4", 100).broken, 0);
  std::string bytes = read_file(folder / "song.mp4");
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 2000; ++i) {
    bytes[i] = static_cast<char>(0xff);
  }
  write_file_atomic(folder / "song.mp4", bytes);
  const SoundCheck check = check_sound(folder / "song.mp4", 100);
  EXPECT_GT(check.broken, 0);
  EXPECT_GT(check.seconds, 3);
}

TEST(CheckSound, StopsWhereItIsLongEnough) {
  const TemporaryFolder folder;
  write_wav(folder / "song.wav", {silence(60, 8000)}, 8000);
  EXPECT_NEAR(check_sound(folder / "song.wav", 1000).seconds, 60, 0.01);
  const double part = check_sound(folder / "song.wav", 2).seconds;
  EXPECT_GT(part, 2);
  EXPECT_LT(part, 10);
}

}  // namespace
}  // namespace ptravel
