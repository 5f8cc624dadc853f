// WebP through libwebp (still pictures) and libwebpdemux (the EXIF chunk).

#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

#include "media/image_codecs.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

struct DemuxerDeleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};

std::string collect_exif(std::string_view bytes) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  const std::unique_ptr<WebPDemuxer, DemuxerDeleter> demuxer(WebPDemux(&data));
  WebPChunkIterator chunk{};
  std::string exif;
  if (demuxer != nullptr && WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) != 0) {
    exif.assign(reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size);
  }
  WebPDemuxReleaseChunkIterator(&chunk);
  return exif;
}

}  // namespace

bool is_webp(std::string_view bytes) {
  return bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP";
}

DecodedImage decode_webp(std::string_view bytes, const std::string& name) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) {
    throw_corrupt_image(name, "the WebP header is broken or cut off");
  }
  if (features.has_animation != 0) {
    throw Error(ErrorCode::Unsupported,
                "[read image] " + name + ": is an animated WebP, expected a still picture");
  }
  check_image_size(static_cast<std::uint64_t>(features.width),
                   static_cast<std::uint64_t>(features.height), name);
  DecodedImage decoded;
  decoded.width = features.width;
  decoded.height = features.height;
  decoded.channels = features.has_alpha != 0 ? 4 : 3;
  const int stride = decoded.width * decoded.channels;
  decoded.pixels.resize(static_cast<std::size_t>(stride) *
                        static_cast<std::size_t>(decoded.height));
  const auto decode = decoded.channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (decode(data, bytes.size(), decoded.pixels.data(), decoded.pixels.size(), stride) == nullptr) {
    throw_corrupt_image(name, "the WebP data is broken or cut off");
  }
  decoded.exif = collect_exif(bytes);
  return decoded;
}

}  // namespace ptravel
