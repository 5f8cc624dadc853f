// WebP through libwebp (still pictures) and libwebpdemux (EXIF and XMP chunks).

#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

#include "media/image_codecs.h"
#include "media/metadata_text.h"
#include "media/picture_format.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

struct DemuxerDeleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};

using Demuxer = std::unique_ptr<WebPDemuxer, DemuxerDeleter>;

/// The chunks of a complete file; null when something is missing.
Demuxer open_chunks(std::string_view bytes) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  return Demuxer(WebPDemux(&data));
}

/// The first chunk of this kind; empty when there is none.
std::string collect_chunk(const Demuxer& demuxer, const char (&kind)[5]) {
  WebPChunkIterator chunk{};
  std::string content;
  if (WebPDemuxGetChunk(demuxer.get(), kind, 1, &chunk) != 0) {
    content.assign(reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size);
  }
  WebPDemuxReleaseChunkIterator(&chunk);
  return content;
}

}  // namespace

DecodedImage decode_webp(std::string_view bytes,
                         const std::string& name,
                         std::uint64_t most_pixels) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features{};
  // libwebp would take a bare bitstream too, of which a few bytes can ask for a gigabyte.
  if (picture_format(bytes) != PictureFormat::WebP ||
      WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) {
    throw_corrupt_image(name, "the WebP header is broken or cut off");
  }
  if (features.has_animation != 0) {
    throw Error(ErrorCode::Unsupported,
                "[read image] " + name + ": is an animated WebP, expected a still picture");
  }
  check_image_size(static_cast<std::uint64_t>(features.width),
                   static_cast<std::uint64_t>(features.height), name, most_pixels);
  // Before memory is taken: a header alone can ask for a gigabyte.
  const Demuxer chunks = open_chunks(bytes);
  if (chunks == nullptr) {
    throw_corrupt_image(name, "the WebP data is broken or cut off");
  }
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
  decoded.exif = collect_chunk(chunks, "EXIF");
  if (const std::string xmp = collect_chunk(chunks, "XMP "); !xmp.empty()) {
    decoded.texts.push_back({"XML:com.adobe.xmp", decode_metadata_text(xmp)});
  }
  return decoded;
}

}  // namespace ptravel
