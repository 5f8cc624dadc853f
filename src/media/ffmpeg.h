#pragma once

// FFmpeg's libraries as this room uses them: owning pointers and error codes as exceptions.

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

namespace ptravel {

/// Frees FFmpeg objects.
struct FfmpegDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
  void operator()(SwrContext* context) const { swr_free(&context); }
};
using FramePointer = std::unique_ptr<AVFrame, FfmpegDeleter>;
using PacketPointer = std::unique_ptr<AVPacket, FfmpegDeleter>;
using CodecPointer = std::unique_ptr<AVCodecContext, FfmpegDeleter>;
using ScalerPointer = std::unique_ptr<SwsContext, FfmpegDeleter>;
using ResamplerPointer = std::unique_ptr<SwrContext, FfmpegDeleter>;

struct InputDeleter {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};
using InputPointer = std::unique_ptr<AVFormatContext, InputDeleter>;

/// Also frees the stream (make_stream) that the container is written to.
struct OutputDeleter {
  void operator()(AVFormatContext* context) const {
    if (context->pb != nullptr) {
      av_freep(&context->pb->buffer);
      avio_context_free(&context->pb);
    }
    avformat_free_context(context);
  }
};
using OutputPointer = std::unique_ptr<AVFormatContext, OutputDeleter>;

/// A dictionary of options for FFmpeg; what a call leaves in it was not understood.
class OptionDictionary {
 public:
  using Entry = std::pair<const char*, std::string>;

  OptionDictionary() = default;
  explicit OptionDictionary(std::initializer_list<Entry> entries);
  OptionDictionary(const OptionDictionary&) = delete;
  OptionDictionary& operator=(const OptionDictionary&) = delete;
  ~OptionDictionary() { av_dict_free(&dictionary_); }

  void set(const char* key, const std::string& value);
  AVDictionary** address() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

/// Returns `code` when it is no error; else throws Error "[operation] path: reason" with the code's
/// kind: NotFound, OutOfMemory, Corrupt, Unsupported or Io.
int check_ffmpeg(int code, const std::string& operation, const std::filesystem::path& path);

/// Throws Error(OutOfMemory).
[[noreturn]] void throw_out_of_memory();

/// `pointer`, or Error(OutOfMemory) when it is null.
template <typename T>
T* check_allocated(T* pointer) {
  if (pointer == nullptr) {
    throw_out_of_memory();
  }
  return pointer;
}

/// A path in the form that FFmpeg takes for a file, whatever characters it contains.
std::string to_ffmpeg_url(const std::filesystem::path& path);

/// Keeps FFmpeg from printing: what goes wrong arrives as an Error. Called before any other use;
/// takes effect once per process.
void quiet_ffmpeg();

/// A frame with its own padded, aligned memory.
FramePointer make_frame(AVPixelFormat format, int width, int height);

/// Makes the memory of `frame` writable, also after an encoder kept a reference to it.
void make_writable(AVFrame& frame);

}  // namespace ptravel
