#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "media/ffmpeg.h"
#include "media/soundtrack.h"

namespace ptravel {

/// Which sound a video has, and how it is encoded.
struct SoundSettings {
  std::filesystem::path file;
  const char* encoder = "";            ///< FFmpeg's encoder, such as "aac".
  std::int64_t bits_per_channel = 0;   ///< Per second.
  std::vector<int> sample_rates = {};  ///< That are kept; others become the last one.
};

/// The sound of a video: a stream of the container that is about to be written. One thread at a
/// time.
class SoundEncoder {
 public:
  /// Opens the file and adds the stream to `output`, before its header is written. Throws as
  /// SoundReader, and Unsupported when FFmpeg lacks the encoder.
  SoundEncoder(AVFormatContext& output,
               const SoundSettings& settings,
               const std::filesystem::path& target);

  /// Encodes the sound up to `time`, in units of `time_base`. Throws as SoundReader::read; Io.
  void encode_until(std::int64_t time, AVRational time_base);
  /// Writes what the encoder holds back. Throws Io.
  void finish();

 private:
  void open_codec(const SoundSettings& settings, int sample_rate, int channels);
  void encode(int count);
  void send(const AVFrame* frame);
  int check(int code) const { return check_ffmpeg(code, "write video", target_); }

  AVFormatContext& output_;
  std::filesystem::path target_;
  std::optional<Soundtrack> track_;
  CodecPointer codec_;
  PacketPointer packet_;
  AVStream* stream_ = nullptr;  // owned by output_
  std::int64_t wanted_ = 0;     // samples for each channel
  std::int64_t encoded_ = 0;
};

}  // namespace ptravel
