// GIF with one palette for the whole clip: the frames wait in a spool file while their colours are
// counted; finish() chooses the palette and sends them through it into the encoder.

#include "media/gif_writer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "media/ffmpeg.h"
#include "media/palette.h"
#include "media/spool_file.h"
#include "media/video_encoder.h"

namespace ptravel {
namespace {

constexpr std::int64_t kShortestDelay = 2;
constexpr std::int64_t kUnitsPerSecond = 100;

/// When frame `index` begins, in 1/100 s.
std::int64_t frame_start(std::int64_t index, double fps) {
  const double delay = static_cast<double>(kUnitsPerSecond) / fps;
  const double step = std::max(delay, static_cast<double>(kShortestDelay));
  return std::llround(static_cast<double>(index) * step);
}

EncoderSettings gif_settings(int width, int height, double fps) {
  EncoderSettings settings;
  settings.encoder = "gif";
  settings.muxer = "gif";
  settings.pixel_format = AV_PIX_FMT_PAL8;
  settings.width = width;
  settings.height = height;
  settings.time_base = {1, static_cast<int>(kUnitsPerSecond)};
  settings.encoder_options = {{"gifflags", "-transdiff"}};
  settings.muxer_options = {{"loop", "0"}, {"final_delay", std::to_string(frame_start(1, fps))}};
  return settings;
}

/// Stores a palette in a frame as FFmpeg has it: 256 opaque colours, ARGB in one number each.
void set_palette(AVFrame& frame, const std::vector<Colour>& palette) {
  auto* entries = reinterpret_cast<std::uint32_t*>(frame.data[1]);
  for (std::size_t i = 0; i < AVPALETTE_COUNT; ++i) {
    const Colour& colour = palette[std::min(i, palette.size() - 1)];
    entries[i] = 0xFFu << 24 | std::uint32_t{colour[0]} << 16 | std::uint32_t{colour[1]} << 8 |
                 std::uint32_t{colour[2]};
  }
}

class GifWriter final : public VideoWriter {
 public:
  GifWriter(const std::filesystem::path& path, int width, int height, double fps)
      : width_(width),
        height_(height),
        fps_(fps),
        encoder_(path, gif_settings(width, height, fps)),
        spool_(temporary_sibling(path.string() + ".frames")) {}

  void add_frame(const Image& frame) override {
    check_frame_size(frame, width_, height_);
    spool_.append(frame.pixels);
    histogram_.add(frame);
    ++count_;
  }

  void finish() override {
    check_has_frames(count_);
    const std::vector<Colour> palette = histogram_.choose_palette();
    PaletteMapper mapper(palette);
    const FramePointer frame = make_frame(AV_PIX_FMT_PAL8, width_, height_);
    Image image(width_, height_);
    spool_.rewind();
    for (std::int64_t i = 0; i < count_; ++i) {
      spool_.read(image.pixels);
      make_writable(*frame);
      set_palette(*frame, palette);
      mapper.map(image, frame->data[0], static_cast<std::size_t>(frame->linesize[0]));
      frame->pts = frame_start(i, fps_);
      encoder_.encode(*frame);
    }
    encoder_.finish();
  }

 private:
  int width_;
  int height_;
  double fps_;
  VideoEncoder encoder_;
  SpoolFile spool_;
  ColourHistogram histogram_;
  std::int64_t count_ = 0;
};

}  // namespace

std::unique_ptr<VideoWriter> open_gif_writer(const std::filesystem::path& path,
                                             int width,
                                             int height,
                                             double fps) {
  return std::make_unique<GifWriter>(path, width, height, fps);
}

}  // namespace ptravel
