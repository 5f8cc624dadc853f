// JPEG through libjpeg. Its errors arrive by longjmp: steps run inside JpegReader::guarded, hold no
// object with a destructor and keep their results in outer variables.

#include <csetjmp>
#include <cstdio>
// jpeglib.h uses FILE and size_t without including what declares them.
#include <jpeglib.h>

#include "media/image_codecs.h"
#include "media/metadata_text.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kMaxScans = 500;  // a progressive file with more is made to waste time
constexpr unsigned kMaxMarkerBytes = 0xFFFF;
/// A coded 8x8 block takes at least one bit; with slack for subsampling, a byte cannot stand for
/// more pixels than this.
constexpr std::uint64_t kMaxPixelsPerByte = 4096;

/// A libjpeg decoder. The order of calls is read_header(), then steps.
class JpegReader {
 public:
  explicit JpegReader(const std::string& name) : name_(name) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.emit_message = [](j_common_ptr, int) {};
    info_.client_data = this;
    guarded([](jpeg_decompress_struct& info) { jpeg_create_decompress(&info); });
    progress_.progress_monitor = on_progress;
    info_.progress = &progress_;
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info_); }

  /// Reads the header of the JPEG in `bytes`, which must outlive the reader.
  void read_header(std::string_view bytes) {
    guarded([&](jpeg_decompress_struct& info) {
      jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()),
                   static_cast<unsigned long>(bytes.size()));
      info.src->fill_input_buffer = on_end_of_data;
      jpeg_save_markers(&info, JPEG_APP0 + 1, kMaxMarkerBytes);
      jpeg_save_markers(&info, JPEG_COM, kMaxMarkerBytes);
      jpeg_read_header(&info, TRUE);
    });
  }

  /// Runs a step of libjpeg calls; an error in it becomes Error(Corrupt).
  template <typename Step>
  void guarded(Step step) {
    if (setjmp(jump_) != 0) {
      throw_corrupt_image(name_, message_);
    }
    step(info_);
  }

  const jpeg_decompress_struct& info() const { return info_; }

 private:
  [[noreturn]] static void fail(j_common_ptr info, const char* message) {
    auto* reader = static_cast<JpegReader*>(info->client_data);
    std::snprintf(reader->message_, sizeof reader->message_, "%s", message);
    std::longjmp(reader->jump_, 1);
  }
  [[noreturn]] static void on_error(j_common_ptr info) {
    char message[JMSG_LENGTH_MAX];
    info->err->format_message(info, message);
    fail(info, message);
  }
  static boolean on_end_of_data(j_decompress_ptr info) {
    fail(reinterpret_cast<j_common_ptr>(info), "the file is cut off");
  }
  static void on_progress(j_common_ptr info) {
    if (info->is_decompressor &&
        reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) {
      fail(info, "the file has too many scans");
    }
  }

  const std::string& name_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_;
  char message_[JMSG_LENGTH_MAX] = "";
};

/// EXIF, XMP and comments.
void collect_metadata(const jpeg_decompress_struct& info, DecodedImage& decoded) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  constexpr std::string_view kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (marker->marker == JPEG_COM) {
      decoded.texts.push_back({"comment", decode_metadata_text(data)});
    } else if (data.starts_with(kExif) && decoded.exif.empty()) {
      decoded.exif = data;
    } else if (data.starts_with(kXmp)) {
      decoded.texts.push_back(
          {"XML:com.adobe.xmp", decode_metadata_text(data.substr(kXmp.size()))});
    }
  }
}

/// The product of two bytes over 255, with Pillow's rounding.
unsigned scaled(unsigned value, unsigned factor) {
  const unsigned product = value * factor + 128;
  return (product + (product >> 8)) >> 8;
}

/// Turns rows of CMYK into RGB within their memory. Adobe's files store the inverse of the inks.
void cmyk_to_rgb(std::vector<std::uint8_t>& pixels, bool inverted) {
  const std::size_t count = pixels.size() / 4;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned flip = inverted ? 255 : 0;
    const unsigned paper = 255 - (pixels[4 * i + 3] ^ flip);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const unsigned ink = pixels[4 * i + channel] ^ flip;
      pixels[3 * i + channel] = static_cast<std::uint8_t>(paper - scaled(ink, paper));
    }
  }
  pixels.resize(count * 3);
}

void check_header(const jpeg_decompress_struct& info,
                  std::size_t file_bytes,
                  const std::string& name,
                  std::uint64_t most_pixels) {
  check_image_size(info.image_width, info.image_height, name, most_pixels);
  const std::uint64_t pixels = std::uint64_t{info.image_width} * info.image_height;
  if (!info.arith_code && pixels / kMaxPixelsPerByte > file_bytes) {
    throw_corrupt_image(name, "the file is too short for its number of pixels");
  }
}

}  // namespace

DecodedImage decode_jpeg(std::string_view bytes,
                         const std::string& name,
                         std::uint64_t most_pixels) {
  JpegReader reader(name);
  reader.read_header(bytes);
  check_header(reader.info(), bytes.size(), name, most_pixels);
  const bool cmyk =
      reader.info().jpeg_color_space == JCS_CMYK || reader.info().jpeg_color_space == JCS_YCCK;
  DecodedImage decoded;
  collect_metadata(reader.info(), decoded);
  decoded.width = static_cast<int>(reader.info().image_width);
  decoded.height = static_cast<int>(reader.info().image_height);
  const std::size_t row_bytes = static_cast<std::size_t>(decoded.width) * (cmyk ? 4 : 3);
  decoded.pixels.resize(row_bytes * static_cast<std::size_t>(decoded.height));
  std::uint8_t* const target = decoded.pixels.data();
  reader.guarded([&](jpeg_decompress_struct& info) {
    info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = target + row_bytes * info.output_scanline;
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_abort_decompress(&info);
  });
  if (cmyk) {
    cmyk_to_rgb(decoded.pixels, reader.info().saw_Adobe_marker);
  }
  return decoded;
}

}  // namespace ptravel
