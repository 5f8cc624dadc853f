#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "media/ffmpeg.h"
#include "media/sound_encoder.h"

namespace ptravel {

/// How a stream is encoded and wrapped.
struct EncoderSettings {
  const char* encoder = "";  ///< FFmpeg's encoder, such as "libx264".
  const char* muxer = "";    ///< FFmpeg's container, such as "mp4".
  AVPixelFormat pixel_format = AV_PIX_FMT_NONE;
  int width = 0;
  int height = 0;
  AVRational time_base{1, 1};  ///< The unit of the frames' pts.
  /// Options of the encoder and of the container; an unknown one throws Internal.
  std::vector<OptionDictionary::Entry> encoder_options;
  std::vector<OptionDictionary::Entry> muxer_options;
  std::optional<SoundSettings> sound;  ///< As long as the frames; none: a silent film.
};

/// Encodes frames into a file that takes its name at finish() and is removed without it. Output
/// depends on the frames alone: no dates, no library versions, a fixed number of threads.
class VideoEncoder {
 public:
  /// Throws NotFound, Io, or Unsupported when FFmpeg lacks the encoder or refuses the settings; as
  /// SoundEncoder.
  VideoEncoder(std::filesystem::path target, const EncoderSettings& settings);
  VideoEncoder(const VideoEncoder&) = delete;
  VideoEncoder& operator=(const VideoEncoder&) = delete;

  /// Encodes a frame whose pts is above the one before. Throws Io.
  void encode(const AVFrame& frame);
  /// Writes what the encoder holds back and the index, closes and renames the file. Throws Io.
  void finish();

 private:
  void open_codec(const EncoderSettings& settings);
  void open_file(const EncoderSettings& settings);
  void send(const AVFrame* frame);
  std::filesystem::path target_;
  std::optional<AtomicFile> file_;  // what output_ writes to
  OutputPointer output_;
  CodecPointer codec_;
  PacketPointer packet_;
  AVStream* stream_ = nullptr;  // owned by output_
  std::optional<SoundEncoder> sound_;
};

}  // namespace ptravel
