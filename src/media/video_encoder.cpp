#include "media/video_encoder.h"

#include <cstdio>
#include <string_view>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// The bytes of an encoder may depend on its number of threads, so it is the same on all machines.
constexpr int kEncoderThreads = 4;

void check_all_used(AVDictionary* left, const char* owner) {
  if (const AVDictionaryEntry* entry = av_dict_get(left, "", nullptr, AV_DICT_IGNORE_SUFFIX)) {
    throw Error(ErrorCode::Internal,
                std::string("[write video] ") + owner + " does not know option " + entry->key);
  }
}

void fill_dictionary(OptionDictionary& dictionary,
                     const std::vector<OptionDictionary::Entry>& entries) {
  for (const auto& [key, value] : entries) {
    dictionary.set(key, value);
  }
}

#if LIBAVFORMAT_VERSION_MAJOR >= 61
using OutputBytes = const std::uint8_t*;
#else
using OutputBytes = std::uint8_t*;
#endif

int write_bytes(void* file, OutputBytes bytes, int count) {
  const std::string_view view(reinterpret_cast<const char*>(bytes),
                              static_cast<std::size_t>(count));
  const int number = static_cast<AtomicFile*>(file)->try_write(view);
  return number == 0 ? count : AVERROR(number);
}

std::int64_t seek_bytes(void* file, std::int64_t offset, int whence) {
  auto& atomic = *static_cast<AtomicFile*>(file);
  if ((whence & AVSEEK_SIZE) != 0) {
    return atomic.size();
  }
  // FFmpeg works out the other kinds itself.
  return whence == SEEK_SET ? atomic.seek(offset) : AVERROR(EINVAL);
}

/// FFmpeg's view of a file; OutputDeleter frees it.
AVIOContext* make_stream(AtomicFile& file) {
  constexpr int kBufferBytes = 1 << 15;
  constexpr int kWritable = 1;
  auto* buffer = static_cast<unsigned char*>(check_allocated(av_malloc(kBufferBytes)));
  AVIOContext* stream =
      avio_alloc_context(buffer, kBufferBytes, kWritable, &file, nullptr, write_bytes, seek_bytes);
  if (stream == nullptr) {
    av_free(buffer);
    throw_out_of_memory();
  }
  return stream;
}

}  // namespace

VideoEncoder::VideoEncoder(std::filesystem::path target, const EncoderSettings& settings)
    : target_(std::move(target)) {
  quiet_ffmpeg();
  file_.emplace(target_);
  // The mp4 muxer opens this name to move what it has written.
  AVFormatContext* output = nullptr;
  check_ffmpeg(avformat_alloc_output_context2(&output, nullptr, settings.muxer,
                                              to_ffmpeg_url(file_->temporary()).c_str()),
               "write video", target_);
  output_.reset(output);
  output_->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
  packet_.reset(check_allocated(av_packet_alloc()));
  open_codec(settings);
  open_file(settings);
}

void VideoEncoder::open_codec(const EncoderSettings& settings) {
  const AVCodec* codec = avcodec_find_encoder_by_name(settings.encoder);
  if (codec == nullptr) {
    throw Error(ErrorCode::Unsupported,
                std::string("[write video] FFmpeg has no encoder ") + settings.encoder);
  }
  codec_.reset(check_allocated(avcodec_alloc_context3(codec)));
  codec_->width = settings.width;
  codec_->height = settings.height;
  codec_->pix_fmt = settings.pixel_format;
  codec_->time_base = settings.time_base;
  codec_->framerate = av_inv_q(settings.time_base);
  codec_->sample_aspect_ratio = {1, 1};
  codec_->thread_count = kEncoderThreads;
  codec_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (settings.pixel_format == AV_PIX_FMT_YUV420P) {
    codec_->color_range = AVCOL_RANGE_MPEG;
    codec_->colorspace = AVCOL_SPC_BT709;
    codec_->color_primaries = AVCOL_PRI_BT709;
    codec_->color_trc = AVCOL_TRC_BT709;
    codec_->chroma_sample_location = AVCHROMA_LOC_LEFT;
  }
  if ((output_->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
    codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  }
  OptionDictionary options;
  fill_dictionary(options, settings.encoder_options);
  check_ffmpeg(avcodec_open2(codec_.get(), codec, options.address()), "write video", target_);
  check_all_used(*options.address(), settings.encoder);
}

void VideoEncoder::open_file(const EncoderSettings& settings) {
  stream_ = check_allocated(avformat_new_stream(output_.get(), nullptr));
  stream_->time_base = settings.time_base;
  stream_->avg_frame_rate = codec_->framerate;
  check_ffmpeg(avcodec_parameters_from_context(stream_->codecpar, codec_.get()), "write video",
               target_);
  if (settings.sound) {
    sound_.emplace(*output_, *settings.sound, target_);
  }
  output_->pb = make_stream(*file_);
  OptionDictionary options;
  fill_dictionary(options, settings.muxer_options);
  check_ffmpeg(avformat_write_header(output_.get(), options.address()), "write video", target_);
  check_all_used(*options.address(), settings.muxer);
}

void VideoEncoder::encode(const AVFrame& frame) {
  send(&frame);
  if (sound_) {
    sound_->encode_until(frame.pts + 1, codec_->time_base);
  }
}

void VideoEncoder::send(const AVFrame* frame) {
  check_ffmpeg(avcodec_send_frame(codec_.get(), frame), "write video", target_);
  while (true) {
    const int received = avcodec_receive_packet(codec_.get(), packet_.get());
    if (received == AVERROR(EAGAIN) || received == AVERROR_EOF) {
      return;
    }
    check_ffmpeg(received, "write video", target_);
    if (packet_->duration == 0) {
      packet_->duration = 1;
    }
    av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
    packet_->stream_index = stream_->index;
    check_ffmpeg(av_interleaved_write_frame(output_.get(), packet_.get()), "write video", target_);
  }
}

void VideoEncoder::finish() {
  send(nullptr);
  if (sound_) {
    sound_->finish();
  }
  check_ffmpeg(av_write_trailer(output_.get()), "write video", target_);
  avio_flush(output_->pb);
  check_ffmpeg(output_->pb->error, "write video", target_);
  output_.reset();
  file_->commit();
}

}  // namespace ptravel
