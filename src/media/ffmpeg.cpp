#include "media/ffmpeg.h"

extern "C" {
#include <libavutil/error.h>
#include <libavutil/log.h>
}

#include <cerrno>
#include <mutex>

#include "ptravel/error.h"

namespace ptravel {
namespace {

ErrorCode code_of(int code) {
  switch (code) {
    case AVERROR(ENOENT):
      return ErrorCode::NotFound;
    case AVERROR(ENOMEM):
      return ErrorCode::OutOfMemory;
    case AVERROR_INVALIDDATA:
    case AVERROR_EOF:
      return ErrorCode::Corrupt;
    case AVERROR(EINVAL):
    case AVERROR(ENOSYS):
    case AVERROR_PATCHWELCOME:
    case AVERROR_ENCODER_NOT_FOUND:
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_MUXER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_OPTION_NOT_FOUND:
      return ErrorCode::Unsupported;
    default:
      return ErrorCode::Io;
  }
}

}  // namespace

OptionDictionary::OptionDictionary(std::initializer_list<Entry> entries) {
  for (const auto& [key, value] : entries) {
    set(key, value);
  }
}

void OptionDictionary::set(const char* key, const std::string& value) {
  if (av_dict_set(&dictionary_, key, value.c_str(), 0) < 0) {
    throw_out_of_memory();
  }
}

int check_ffmpeg(int code, const std::string& operation, const std::filesystem::path& path) {
  if (code >= 0) {
    return code;
  }
  char reason[AV_ERROR_MAX_STRING_SIZE] = "";
  av_strerror(code, reason, sizeof reason);
  throw Error(code_of(code), "[" + operation + "] " + path.string() + ": " + reason);
}

void throw_out_of_memory() { throw Error(ErrorCode::OutOfMemory, "[video] no memory left"); }

std::string to_ffmpeg_url(const std::filesystem::path& path) { return "file:" + path.string(); }

void quiet_ffmpeg() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_level(AV_LOG_FATAL); });
}

FramePointer make_frame(AVPixelFormat format, int width, int height) {
  FramePointer frame(check_allocated(av_frame_alloc()));
  frame->format = format;
  frame->width = width;
  frame->height = height;
  check_ffmpeg(av_frame_get_buffer(frame.get(), 0), "video", "frame memory");
  return frame;
}

void make_writable(AVFrame& frame) {
  check_ffmpeg(av_frame_make_writable(&frame), "video", "frame memory");
}

}  // namespace ptravel
