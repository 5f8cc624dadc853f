#include "media/sound_reader.h"

extern "C" {
#include <libavutil/opt.h>
}

#include <algorithm>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kMostRate = 768000;
constexpr int kMostChannels = 64;

std::string refusal(const std::filesystem::path& path, const std::string& why) {
  return "[read sound] " + path.string() + ": " + why;
}

/// Where a file does not say which speakers its channels are for: the usual ones for their number.
class Speakers {
 public:
  Speakers(const AVChannelLayout& told, int channels) {
    if (told.order == AV_CHANNEL_ORDER_NATIVE && told.nb_channels == channels) {
      av_channel_layout_copy(&layout_, &told);
    } else {
      av_channel_layout_default(&layout_, channels);
    }
  }
  explicit Speakers(int channels) { av_channel_layout_default(&layout_, channels); }
  Speakers(const Speakers&) = delete;
  Speakers& operator=(const Speakers&) = delete;
  ~Speakers() { av_channel_layout_uninit(&layout_); }
  AVChannelLayout* get() { return &layout_; }

 private:
  AVChannelLayout layout_{};
};

InputPointer open_input(const std::filesystem::path& path) {
  quiet_ffmpeg();
  // No playlists, and nothing but this one file: what it names is not opened.
  OptionDictionary options({{"format_whitelist",
                             "wav,w64,aiff,caf,au,flac,ogg,mp3,aac,ac3,asf,mov,mp4,matroska,webm,"
                             "avi,mpegts,ape,wv"},
                            {"protocol_whitelist", "file"}});
  AVFormatContext* input = nullptr;
  const int code =
      avformat_open_input(&input, to_ffmpeg_url(path).c_str(), nullptr, options.address());
  if (code == AVERROR_INVALIDDATA || code == AVERROR(EINVAL)) {
    throw Error(ErrorCode::Unsupported,
                refusal(path, "is no sound file, expected one such as .flac, .mp3 or .wav"));
  }
  check_ffmpeg(code, "read sound", path);
  InputPointer opened(input);
  check_ffmpeg(avformat_find_stream_info(input, nullptr), "read sound", path);
  return opened;
}

}  // namespace

SoundReader::SoundReader(const std::filesystem::path& path, int sample_rate, int channels)
    : path_(path),
      input_(open_input(path)),
      packet_(check_allocated(av_packet_alloc())),
      frame_(check_allocated(av_frame_alloc())),
      sample_rate_(sample_rate),
      channels_(channels) {
  const AVCodec* codec = nullptr;
  stream_ = av_find_best_stream(input_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
  if (stream_ < 0 || codec == nullptr) {
    throw Error(ErrorCode::Unsupported,
                refusal(path, stream_ == AVERROR_DECODER_NOT_FOUND
                                  ? "FFmpeg cannot decode its sound"
                                  : "has no sound, expected a file such as .flac or .mp3"));
  }
  const AVCodecParameters& parameters = *input_->streams[stream_]->codecpar;
  if (parameters.sample_rate < 1 || parameters.sample_rate > kMostRate ||
      parameters.ch_layout.nb_channels < 1 || parameters.ch_layout.nb_channels > kMostChannels) {
    throw Error(
        ErrorCode::Corrupt,
        refusal(path, "has " + std::to_string(parameters.sample_rate) + " samples a second in " +
                          std::to_string(parameters.ch_layout.nb_channels) +
                          " channels, expected 1 to 768000 in 1 to 64"));
  }
  sample_rate_ = sample_rate == 0 ? parameters.sample_rate : sample_rate;
  channels_ = channels == 0 ? std::min(parameters.ch_layout.nb_channels, 2) : channels;
  decoder_.reset(check_allocated(avcodec_alloc_context3(codec)));
  check(avcodec_parameters_to_context(decoder_.get(), &parameters));
  decoder_->pkt_timebase = input_->streams[stream_]->time_base;
  decoder_->thread_count = 1;
  check(avcodec_open2(decoder_.get(), codec, nullptr));
}

std::string SoundReader::codec() const { return avcodec_get_name(decoder_->codec_id); }

/// Hands the decoder its next packet; false when there is none left.
bool SoundReader::send_packet() {
  while (true) {
    av_packet_unref(packet_.get());
    const int code = av_read_frame(input_.get(), packet_.get());
    if (code == AVERROR(EIO) || code == AVERROR(ENOMEM)) {
      check(code);
    }
    if (code < 0) {  // The end, or a place behind which nothing can be found any more.
      broken_ += code == AVERROR_EOF ? 0 : 1;
      avcodec_send_packet(decoder_.get(), nullptr);
      return false;
    }
    if (packet_->stream_index != stream_) {
      continue;
    }
    const int sent = avcodec_send_packet(decoder_.get(), packet_.get());
    if (sent >= 0) {
      return true;
    }
    if (sent == AVERROR(ENOMEM)) {
      check(sent);
    }
    ++broken_;
  }
}

/// Decodes into frame_; false at the end.
bool SoundReader::next_frame() {
  while (true) {
    const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (code >= 0) {
      const int channels = frame_->ch_layout.nb_channels;
      if (frame_->sample_rate >= 1 && frame_->sample_rate <= kMostRate && channels >= 1 &&
          channels <= kMostChannels) {
        ++frames_;
        return true;
      }
      ++broken_;
    } else if (code == AVERROR_EOF) {
      return false;
    } else if (code == AVERROR(ENOMEM)) {
      check(code);
    } else if (code != AVERROR(EAGAIN)) {
      ++broken_;
    }
    if (!at_end_) {
      at_end_ = !send_packet();
    } else if (code < 0) {
      return false;
    }
  }
}

bool SoundReader::fits_converter() const {
  return converter_ != nullptr && source_rate_ == frame_->sample_rate &&
         source_format_ == frame_->format && source_channels_ == frame_->ch_layout.nb_channels;
}

void SoundReader::open_converter() {
  source_rate_ = frame_->sample_rate;
  source_format_ = frame_->format;
  source_channels_ = frame_->ch_layout.nb_channels;
  Speakers from(frame_->ch_layout, source_channels_);
  Speakers to(channels_);
  SwrContext* converter = nullptr;
  check(swr_alloc_set_opts2(&converter, to.get(), AV_SAMPLE_FMT_FLT, sample_rate_, from.get(),
                            static_cast<AVSampleFormat>(source_format_), source_rate_, 0, nullptr));
  converter_.reset(converter);
  // Channels that are mixed never become louder than the format can say.
  check(av_opt_set_double(converter, "rematrix_maxval", 1, 0));
  check(swr_init(converter));
}

/// Appends what the converter makes of a frame, or of nothing what it holds back. Returns whether
/// there was anything.
bool SoundReader::convert(const AVFrame* frame, std::vector<float>& samples) {
  const int taken = frame == nullptr ? 0 : frame->nb_samples;
  const int room = check(swr_get_out_samples(converter_.get(), taken));
  const std::size_t before = samples.size();
  const auto channels = static_cast<std::size_t>(channels_);
  samples.resize(before + static_cast<std::size_t>(room) * channels);
  auto* target = reinterpret_cast<std::uint8_t*>(samples.data() + before);
  const auto** source =
      frame == nullptr ? nullptr : const_cast<const std::uint8_t**>(frame->extended_data);
  const int made = swr_convert(converter_.get(), &target, room, source, taken);
  samples.resize(before + static_cast<std::size_t>(std::max(made, 0)) * channels);
  check(made);
  return made > 0;
}

bool SoundReader::read(std::vector<float>& samples) {
  while (next_frame()) {
    if (!fits_converter()) {
      const bool held_back = converter_ != nullptr && convert(nullptr, samples);
      open_converter();
      if (convert(frame_.get(), samples) || held_back) {
        return true;
      }
    } else if (convert(frame_.get(), samples)) {
      return true;
    }
  }
  if (frames_ == 0) {
    throw Error(ErrorCode::Corrupt, refusal(path_, "nothing of its sound can be decoded"));
  }
  return convert(nullptr, samples);
}

}  // namespace ptravel
