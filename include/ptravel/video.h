#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ptravel/image.h"

namespace ptravel {

/// The video formats; their names (media/video_names.h) are also the file name extensions.
enum class VideoFormat {
  Mp4,   ///< H.264, 4:2:0, BT.709, index in front ("faststart").
  Gif,   ///< One palette of its own for the whole clip, loops for ever.
  Webm,  ///< VP9, 4:2:0, BT.709.
};

struct VideoOptions {
  VideoFormat format = VideoFormat::Mp4;
  /// Frames per second, 0.01 to 1000; fractions are kept (29.97 is 2997/100). GIF counts time in
  /// 1/100 s: each frame begins at the nearest one and lasts at least 2 of them, because viewers
  /// slow down shorter ones; above 50 the clip therefore plays slower than asked for.
  double fps = 10;
  /// File whose sound the video has, from its beginning: AAC in mp4, Opus in webm, cut or repeated
  /// to the video's length. Mono stays mono, more than two channels are mixed to two. Empty: none.
  std::filesystem::path soundtrack = {};
};

/// Writes a video frame by frame, within memory that does not depend on its length. The file is
/// built beside its place under another name and appears, complete, with finish(). Equal frames
/// give equal bytes on every machine with the same libraries. One thread at a time.
class VideoWriter {
 public:
  /// Begins a video of width x height, each side 1 to 16384. Any size works: gif and webm keep odd
  /// sides, mp4 repeats the last column or row once to make them even (4:2:0 needs it). A gif keeps
  /// its frames in an unnamed file in the same folder until finish(), 3 bytes for each pixel.
  /// Throws InvalidArgument for values out of range, NotFound or Io when the folder cannot be
  /// written to, Unsupported when FFmpeg lacks the encoder; with a soundtrack InvalidArgument for
  /// gif, and what SoundReader (media/sound_reader.h) throws.
  static std::unique_ptr<VideoWriter> open(const std::filesystem::path& path,
                                           int width,
                                           int height,
                                           const VideoOptions& options);
  /// Without finish() before: removes what was written.
  virtual ~VideoWriter() = default;

  /// Adds a frame. Throws InvalidArgument for another size than open() got; Io when the disk is
  /// full.
  virtual void add_frame(const Image& frame) = 0;

  /// Completes the file and gives it its name. Throws InvalidArgument when there was no frame; Io.
  /// Neither method may be called afterwards.
  virtual void finish() = 0;

 protected:
  VideoWriter() = default;
};

/// What a video file is.
struct VideoInfo {
  VideoFormat format = VideoFormat::Mp4;
  std::string codec;  ///< FFmpeg's name: "h264", "vp9", "gif".
  std::string sound;  ///< Codec of its sound: "aac", "opus"; empty: none.
  int width = 0;
  int height = 0;
  std::int64_t frames = 0;  ///< Counted, not taken from the header.
  double fps = 0;           ///< Average; 0 when the file does not say.
};

/// Reads what a video in one of the three formats is. Throws NotFound, Io, Corrupt, and Unsupported
/// for other containers.
VideoInfo probe_video(const std::filesystem::path& path);

/// Decodes a video frame by frame, within memory that does not depend on its length: `frame` is
/// called for each in order; what it throws ends the reading. Throws as probe_video.
void read_video(const std::filesystem::path& path, const std::function<void(const Image&)>& frame);

/// Decodes all frames into memory; for short clips. Throws as probe_video, and Unsupported for more
/// than `max_frames` frames.
std::vector<Image> read_video_frames(const std::filesystem::path& path, int max_frames = 10000);

}  // namespace ptravel
