#include "media/sound_encoder.h"

#include <algorithm>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// Where an encoder takes samples in any number.
constexpr int kUsualFrame = 1024;

/// Lays interleaved samples out as the encoder wants them.
void fill(AVFrame& frame, const std::vector<float>& samples) {
  const int channels = frame.ch_layout.nb_channels;
  if (frame.format == AV_SAMPLE_FMT_FLT) {
    std::copy(samples.begin(), samples.end(), reinterpret_cast<float*>(frame.extended_data[0]));
    return;
  }
  for (int channel = 0; channel < channels; ++channel) {
    auto* plane = reinterpret_cast<float*>(frame.extended_data[channel]);
    for (int i = 0; i < frame.nb_samples; ++i) {
      plane[i] = samples[static_cast<std::size_t>(i) * static_cast<std::size_t>(channels) +
                         static_cast<std::size_t>(channel)];
    }
  }
}

bool takes(const AVCodec& codec, AVSampleFormat format) {
  for (const AVSampleFormat* each = codec.sample_fmts;
       each != nullptr && *each != AV_SAMPLE_FMT_NONE; ++each) {
    if (*each == format) {
      return true;
    }
  }
  return false;
}

}  // namespace

SoundEncoder::SoundEncoder(AVFormatContext& output,
                           const SoundSettings& settings,
                           const std::filesystem::path& target)
    : output_(output), target_(target), packet_(check_allocated(av_packet_alloc())) {
  const SoundReader source(settings.file);
  const std::vector<int>& rates = settings.sample_rates;
  const bool kept = std::find(rates.begin(), rates.end(), source.sample_rate()) != rates.end();
  const int rate = kept ? source.sample_rate() : rates.back();
  track_.emplace(settings.file, rate, source.channels());
  open_codec(settings, rate, source.channels());
  stream_ = check_allocated(avformat_new_stream(&output_, nullptr));
  stream_->time_base = codec_->time_base;
  check(avcodec_parameters_from_context(stream_->codecpar, codec_.get()));
}

void SoundEncoder::open_codec(const SoundSettings& settings, int sample_rate, int channels) {
  const AVCodec* codec = avcodec_find_encoder_by_name(settings.encoder);
  if (codec == nullptr) {
    throw Error(ErrorCode::Unsupported,
                std::string("[write video] FFmpeg has no encoder ") + settings.encoder);
  }
  codec_.reset(check_allocated(avcodec_alloc_context3(codec)));
  codec_->sample_fmt = takes(*codec, AV_SAMPLE_FMT_FLTP) ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_FLT;
  codec_->sample_rate = sample_rate;
  codec_->time_base = {1, sample_rate};
  codec_->bit_rate = settings.bits_per_channel * channels;
  av_channel_layout_default(&codec_->ch_layout, channels);
  codec_->thread_count = 1;
  codec_->flags |= AV_CODEC_FLAG_BITEXACT;
  if ((output_.oformat->flags & AVFMT_GLOBALHEADER) != 0) {
    codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  }
  check(avcodec_open2(codec_.get(), codec, nullptr));
}

void SoundEncoder::encode_until(std::int64_t time, AVRational time_base) {
  wanted_ = av_rescale_q(time, time_base, codec_->time_base);
  const int frame = codec_->frame_size > 0 ? codec_->frame_size : kUsualFrame;
  while (wanted_ - encoded_ >= frame) {
    encode(frame);
  }
}

void SoundEncoder::encode(int count) {
  std::vector<float> samples;
  track_->take(static_cast<std::size_t>(count), samples);
  const FramePointer frame(check_allocated(av_frame_alloc()));
  frame->format = codec_->sample_fmt;
  frame->sample_rate = codec_->sample_rate;
  frame->nb_samples = count;
  check(av_channel_layout_copy(&frame->ch_layout, &codec_->ch_layout));
  check(av_frame_get_buffer(frame.get(), 0));
  fill(*frame, samples);
  frame->pts = encoded_;
  encoded_ += count;
  send(frame.get());
}

void SoundEncoder::send(const AVFrame* frame) {
  check(avcodec_send_frame(codec_.get(), frame));
  while (true) {
    const int received = avcodec_receive_packet(codec_.get(), packet_.get());
    if (received == AVERROR(EAGAIN) || received == AVERROR_EOF) {
      return;
    }
    check(received);
    av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
    packet_->stream_index = stream_->index;
    check(av_interleaved_write_frame(&output_, packet_.get()));
  }
}

void SoundEncoder::finish() {
  if (wanted_ > encoded_) {
    encode(static_cast<int>(wanted_ - encoded_));
  }
  send(nullptr);
}

}  // namespace ptravel
