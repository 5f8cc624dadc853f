#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "media/ffmpeg.h"

namespace ptravel {

/// Decodes the sound of a file (WAV, FLAC, MP3, Ogg, M4A, the sound of a video, ...) from its
/// beginning, as interleaved samples from -1 to 1. Parts that cannot be decoded are left out, as
/// players do, and counted. Within memory that does not depend on the length. One thread at a time.
class SoundReader {
 public:
  /// `sample_rate` per second (0: the file's own) and `channels` (0: the file's own, but of more
  /// than two are made two) are what samples are converted to. Throws NotFound, Io, Corrupt, and
  /// Unsupported for what is no sound file or has no sound.
  explicit SoundReader(const std::filesystem::path& path, int sample_rate = 0, int channels = 0);

  /// Appends some samples; false (and nothing) at the end. Throws Io; Corrupt at the end when
  /// nothing at all could be decoded.
  bool read(std::vector<float>& samples);

  int sample_rate() const { return sample_rate_; }
  int channels() const { return channels_; }
  /// FFmpeg's name: "mp3".
  std::string codec() const;
  /// Parts so far that could not be decoded.
  std::int64_t broken() const { return broken_; }

 private:
  bool next_frame();
  bool send_packet();
  bool fits_converter() const;
  void open_converter();
  bool convert(const AVFrame* frame, std::vector<float>& samples);
  int check(int code) const { return check_ffmpeg(code, "read sound", path_); }

  std::filesystem::path path_;
  InputPointer input_;
  CodecPointer decoder_;
  PacketPointer packet_;
  FramePointer frame_;
  ResamplerPointer converter_;
  int source_rate_ = 0;  // of what the converter takes, with its format and channels
  int source_format_ = 0;
  int source_channels_ = 0;
  int stream_ = 0;
  int sample_rate_;
  int channels_;
  std::int64_t frames_ = 0;  // that were decoded
  std::int64_t broken_ = 0;
  bool at_end_ = false;
};

}  // namespace ptravel
