// Reading videos back: what they are, and their frames.

#include <algorithm>
#include <cstring>
#include <string_view>

#include "media/ffmpeg.h"
#include "ptravel/error.h"
#include "ptravel/video.h"

namespace ptravel {
namespace {

constexpr int kMaxSide = 16384;

/// An opened video and its one stream.
class VideoReader {
 public:
  explicit VideoReader(const std::filesystem::path& path) : path_(path) {
    quiet_ffmpeg();
    OptionDictionary options({{"format_whitelist", "mov,mp4,gif,matroska,webm"}});
    AVFormatContext* input = nullptr;
    check(avformat_open_input(&input, to_ffmpeg_url(path).c_str(), nullptr, options.address()));
    input_.reset(input);
    check(avformat_find_stream_info(input, nullptr));
    const int index = av_find_best_stream(input, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (index < 0) {
      throw Error(ErrorCode::Unsupported, "[read video] " + path.string() + ": has no video");
    }
    stream_ = input->streams[index];
    packet_.reset(check_allocated(av_packet_alloc()));
    check_size();
  }

  /// Reads the next packet of the stream; false at the end.
  bool next_packet() {
    while (true) {
      av_packet_unref(packet_.get());
      const int code = av_read_frame(input_.get(), packet_.get());
      if (code == AVERROR_EOF) {
        return false;
      }
      check(code);
      if (packet_->stream_index == stream_->index) {
        return true;
      }
    }
  }

  int check(int code) const { return check_ffmpeg(code, "read video", path_); }
  const AVFormatContext& input() const { return *input_; }
  /// Of its sound; empty where there is none.
  std::string sound_codec() const {
    const int index = av_find_best_stream(input_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
    return index < 0 ? "" : avcodec_get_name(input_->streams[index]->codecpar->codec_id);
  }
  AVStream* stream() { return stream_; }
  AVPacket* packet() { return packet_.get(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  void check_size() const {
    const AVCodecParameters& parameters = *stream_->codecpar;
    if (parameters.width < 1 || parameters.height < 1 || parameters.width > kMaxSide ||
        parameters.height > kMaxSide) {
      throw Error(ErrorCode::Corrupt, "[read video] " + path_.string() + ": the size is " +
                                          std::to_string(parameters.width) + "x" +
                                          std::to_string(parameters.height) +
                                          ", expected sides of 1 to 16384");
    }
  }

  std::filesystem::path path_;
  InputPointer input_;
  PacketPointer packet_;
  AVStream* stream_ = nullptr;  // owned by input_
};

/// Matroska and WebM share a reader; the three formats are told apart by container and codec.
VideoFormat format_of(VideoReader& reader) {
  const std::string_view container = reader.input().iformat->name;
  if (container == "gif") {
    return VideoFormat::Gif;
  }
  return container.find("mp4") != std::string_view::npos ? VideoFormat::Mp4 : VideoFormat::Webm;
}

CodecPointer open_decoder(VideoReader& reader) {
  const AVCodecParameters* parameters = reader.stream()->codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters->codec_id);
  if (codec == nullptr) {
    throw Error(ErrorCode::Unsupported, "[read video] " + reader.path().string() +
                                            ": FFmpeg has no decoder for " +
                                            avcodec_get_name(parameters->codec_id));
  }
  CodecPointer decoder(check_allocated(avcodec_alloc_context3(codec)));
  reader.check(avcodec_parameters_to_context(decoder.get(), parameters));
  decoder->thread_count = 1;
  reader.check(avcodec_open2(decoder.get(), codec, nullptr));
  return decoder;
}

/// Converts decoded frames to RGB with the matrix that they are tagged with.
class RgbConverter {
 public:
  Image convert(const AVFrame& frame, const VideoReader& reader) {
    const auto format = static_cast<AVPixelFormat>(frame.format);
    constexpr int kFlags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT;
    scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height, format,
                                       frame.width, frame.height, AV_PIX_FMT_RGB24, kFlags, nullptr,
                                       nullptr, nullptr));
    if (scaler_ == nullptr) {
      throw Error(ErrorCode::Unsupported,
                  "[read video] " + reader.path().string() + ": cannot be converted to RGB");
    }
    const int* matrix =
        sws_getCoefficients(frame.colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_DEFAULT);
    sws_setColorspaceDetails(scaler_.get(), matrix, frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0,
                             sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    const FramePointer rgb = make_frame(AV_PIX_FMT_RGB24, frame.width, frame.height);
    reader.check(sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, rgb->data,
                           rgb->linesize));
    Image image(frame.width, frame.height);
    for (int y = 0; y < frame.height; ++y) {
      std::memcpy(image.row(y), rgb->data[0] + static_cast<std::ptrdiff_t>(y) * rgb->linesize[0],
                  static_cast<std::size_t>(frame.width) * 3);
    }
    return image;
  }

 private:
  ScalerPointer scaler_;
};

/// Decodes a stream packet by packet and hands on its frames.
class FrameDecoder {
 public:
  FrameDecoder(VideoReader& reader, const std::function<void(const Image&)>& sink)
      : reader_(reader),
        sink_(sink),
        decoder_(open_decoder(reader)),
        frame_(check_allocated(av_frame_alloc())) {}

  /// nullptr ends the stream.
  void decode(const AVPacket* packet) {
    reader_.check(avcodec_send_packet(decoder_.get(), packet));
    while (true) {
      const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
        return;
      }
      reader_.check(code);
      sink_(converter_.convert(*frame_, reader_));
    }
  }

 private:
  VideoReader& reader_;
  const std::function<void(const Image&)>& sink_;
  CodecPointer decoder_;
  FramePointer frame_;
  RgbConverter converter_;
};

}  // namespace

VideoInfo probe_video(const std::filesystem::path& path) {
  VideoReader reader(path);
  VideoInfo info;
  info.format = format_of(reader);
  info.codec = avcodec_get_name(reader.stream()->codecpar->codec_id);
  info.sound = reader.sound_codec();
  info.width = reader.stream()->codecpar->width;
  info.height = reader.stream()->codecpar->height;
  std::int64_t duration = 0;
  while (reader.next_packet()) {
    ++info.frames;
    duration += std::max<std::int64_t>(reader.packet()->duration, 0);
  }
  // A gif says only how long each frame lasts; the others state a rate.
  const AVRational rate = reader.stream()->avg_frame_rate;
  const double seconds = static_cast<double>(duration) * av_q2d(reader.stream()->time_base);
  if (info.format == VideoFormat::Gif) {
    info.fps = seconds > 0 ? static_cast<double>(info.frames) / seconds : 0;
  } else {
    info.fps = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
  }
  return info;
}

void read_video(const std::filesystem::path& path, const std::function<void(const Image&)>& frame) {
  VideoReader reader(path);
  FrameDecoder decoder(reader, frame);
  while (reader.next_packet()) {
    decoder.decode(reader.packet());
  }
  decoder.decode(nullptr);
}

std::vector<Image> read_video_frames(const std::filesystem::path& path, int max_frames) {
  std::vector<Image> frames;
  read_video(path, [&](const Image& frame) {
    if (frames.size() >= static_cast<std::size_t>(std::max(max_frames, 0))) {
      throw Error(ErrorCode::Unsupported, "[read video] " + path.string() + ": has more than " +
                                              std::to_string(max_frames) + " frames");
    }
    frames.push_back(frame);
  });
  return frames;
}

}  // namespace ptravel
