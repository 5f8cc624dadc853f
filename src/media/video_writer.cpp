// Opens the writer of a format; mp4 and webm themselves: RGB to BT.709 4:2:0 and into the encoder.

#include <algorithm>
#include <cstring>

#include "media/ffmpeg.h"
#include "media/gif_writer.h"
#include "media/video_encoder.h"
#include "media/video_names.h"
#include "ptravel/error.h"
#include "ptravel/video.h"

namespace ptravel {
namespace {

constexpr int kMaxSide = 16384;
constexpr double kMinFps = 0.01;
constexpr double kMaxFps = 1000;
constexpr int kMaxFpsTerm = 1001000;  // large enough for 1000 * 1001 / 1001

int round_up_to_even(int side) { return side + side % 2; }

EncoderSettings mp4_settings() {
  EncoderSettings settings;
  settings.encoder = "libx264";
  settings.muxer = "mp4";
  // x264 (164) reads memory that it never wrote when it weighs blocks by their future (mbtree) in
  // pictures of most sizes: the bytes of a video would differ from run to run.
  settings.encoder_options = {{"preset", "medium"}, {"crf", "18"}, {"mbtree", "0"}};
  settings.muxer_options = {{"movflags", "+faststart"}};
  return settings;
}

EncoderSettings webm_settings() {
  EncoderSettings settings;
  settings.encoder = "libvpx-vp9";
  settings.muxer = "webm";
  settings.encoder_options = {
      {"b", "0"}, {"crf", "20"}, {"deadline", "good"}, {"cpu-used", "4"}, {"row-mt", "1"}};
  return settings;
}

SoundSettings sound_settings(const VideoOptions& options) {
  SoundSettings settings;
  settings.file = options.soundtrack;
  if (options.format == VideoFormat::Mp4) {
    settings.encoder = "aac";
    settings.bits_per_channel = 96000;
    settings.sample_rates = {44100, 48000};
  } else {
    settings.encoder = "libopus";
    settings.bits_per_channel = 64000;
    settings.sample_rates = {48000};  // Opus itself has no other
  }
  return settings;
}

/// Writes mp4 and webm.
class YuvWriter final : public VideoWriter {
 public:
  YuvWriter(const std::filesystem::path& path,
            int width,
            int height,
            const EncoderSettings& settings)
      : width_(width),
        height_(height),
        encoder_(path, settings),
        rgb_(make_frame(AV_PIX_FMT_RGB24, settings.width, settings.height)),
        yuv_(make_frame(AV_PIX_FMT_YUV420P, settings.width, settings.height)),
        scaler_(check_allocated(
            sws_getContext(settings.width,
                           settings.height,
                           AV_PIX_FMT_RGB24,
                           settings.width,
                           settings.height,
                           AV_PIX_FMT_YUV420P,
                           SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_BITEXACT,
                           nullptr,
                           nullptr,
                           nullptr))) {
    const int* bt709 = sws_getCoefficients(SWS_CS_ITU709);
    constexpr int kFullRange = 1;
    constexpr int kVideoRange = 0;
    constexpr int kUnchanged = 1 << 16;
    sws_setColorspaceDetails(scaler_.get(), bt709, kFullRange, bt709, kVideoRange, 0, kUnchanged,
                             kUnchanged);
    yuv_->color_range = AVCOL_RANGE_MPEG;
    yuv_->colorspace = AVCOL_SPC_BT709;
    yuv_->color_primaries = AVCOL_PRI_BT709;
    yuv_->color_trc = AVCOL_TRC_BT709;
    yuv_->chroma_location = AVCHROMA_LOC_LEFT;
    yuv_->pts = -1;
  }

  void add_frame(const Image& frame) override {
    check_frame_size(frame, width_, height_);
    copy_padded(frame);
    make_writable(*yuv_);
    const int rows = sws_scale(scaler_.get(), rgb_->data, rgb_->linesize, 0, rgb_->height,
                               yuv_->data, yuv_->linesize);
    check_ffmpeg(rows, "write video", "colour conversion");
    ++yuv_->pts;
    encoder_.encode(*yuv_);
  }

  void finish() override {
    check_has_frames(yuv_->pts + 1);
    encoder_.finish();
  }

 private:
  /// Copies the picture; where the encoded size is larger the last column and row are repeated.
  void copy_padded(const Image& image) {
    for (int y = 0; y < rgb_->height; ++y) {
      std::uint8_t* target = rgb_->data[0] + static_cast<std::ptrdiff_t>(y) * rgb_->linesize[0];
      const std::size_t bytes = static_cast<std::size_t>(image.width) * 3;
      std::memcpy(target, image.row(std::min(y, image.height - 1)), bytes);
      if (rgb_->width > image.width) {
        std::memcpy(target + bytes, target + bytes - 3, 3);
      }
    }
  }

  int width_;
  int height_;
  VideoEncoder encoder_;
  FramePointer rgb_;
  FramePointer yuv_;
  ScalerPointer scaler_;
};

void check_options(int width, int height, const VideoOptions& options) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorCode::InvalidArgument, "[write video] the size is " + std::to_string(width) +
                                                "x" + std::to_string(height) +
                                                ", expected sides of 1 to 16384");
  }
  if (!(options.fps >= kMinFps && options.fps <= kMaxFps)) {
    throw Error(ErrorCode::InvalidArgument,
                "[write video] fps: is " + std::to_string(options.fps) + ", expected 0.01 to 1000");
  }
  if (kVideoFormatNames.name(options.format).empty()) {
    throw Error(ErrorCode::InvalidArgument,
                "[write video] format: expected one of " + kVideoFormatNames.choices());
  }
  if (!options.soundtrack.empty() && options.format == VideoFormat::Gif) {
    throw Error(ErrorCode::InvalidArgument,
                "[write video] soundtrack: a gif has no sound, expected format mp4 or webm");
  }
}

}  // namespace

void check_frame_size(const Image& frame, int width, int height) {
  if (frame.width != width || frame.height != height) {
    throw Error(ErrorCode::InvalidArgument,
                "[write video] the frame is " + std::to_string(frame.width) + "x" +
                    std::to_string(frame.height) + ", expected " + std::to_string(width) + "x" +
                    std::to_string(height));
  }
  PTRAVEL_CHECK(frame.pixels.size() == static_cast<std::size_t>(width) * height * 3);
}

void check_has_frames(std::int64_t frames) {
  if (frames < 1) {
    throw Error(ErrorCode::InvalidArgument,
                "[write video] there are no frames, expected at least 1");
  }
}

std::unique_ptr<VideoWriter> VideoWriter::open(const std::filesystem::path& path,
                                               int width,
                                               int height,
                                               const VideoOptions& options) {
  check_options(width, height, options);
  if (options.format == VideoFormat::Gif) {
    return open_gif_writer(path, width, height, options.fps);
  }
  const bool mp4 = options.format == VideoFormat::Mp4;
  EncoderSettings settings = mp4 ? mp4_settings() : webm_settings();
  settings.pixel_format = AV_PIX_FMT_YUV420P;
  settings.width = mp4 ? round_up_to_even(width) : width;
  settings.height = mp4 ? round_up_to_even(height) : height;
  settings.time_base = av_inv_q(av_d2q(options.fps, kMaxFpsTerm));
  if (!options.soundtrack.empty()) {
    settings.sound = sound_settings(options);
  }
  return std::make_unique<YuvWriter>(path, width, height, settings);
}

}  // namespace ptravel
