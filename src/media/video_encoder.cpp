#include "media/video_encoder.h"

#include <system_error>

#include "base/files.h"
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

}  // namespace

VideoEncoder::VideoEncoder(std::filesystem::path target, const EncoderSettings& settings)
    : target_(std::move(target)), temporary_(temporary_sibling(target_)) {
  quiet_ffmpeg();
  AVFormatContext* output = nullptr;
  check_ffmpeg(avformat_alloc_output_context2(&output, nullptr, settings.muxer,
                                              to_ffmpeg_url(temporary_).c_str()),
               "write video", target_);
  output_.reset(output);
  output_->flags |= AVFMT_FLAG_BITEXACT;
  packet_.reset(check_allocated(av_packet_alloc()));
  open_codec(settings);
  try {
    open_file(settings);
  } catch (...) {
    abandon();
    throw;
  }
}

VideoEncoder::~VideoEncoder() { abandon(); }

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
  check_ffmpeg(avio_open(&output_->pb, output_->url, AVIO_FLAG_WRITE), "write video", target_);
  created_ = true;
  OptionDictionary options;
  fill_dictionary(options, settings.muxer_options);
  check_ffmpeg(avformat_write_header(output_.get(), options.address()), "write video", target_);
  check_all_used(*options.address(), settings.muxer);
}

void VideoEncoder::encode(const AVFrame& frame) { send(&frame); }

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
  check_ffmpeg(av_write_trailer(output_.get()), "write video", target_);
  check_ffmpeg(avio_closep(&output_->pb), "write video", target_);
  commit_file(temporary_, target_);
  created_ = false;
}

void VideoEncoder::abandon() noexcept {
  output_.reset();
  if (created_) {
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
    created_ = false;
  }
}

}  // namespace ptravel
