// PNG through libpng. Its errors arrive by longjmp: every step that may fail runs inside
// PngReader::guarded, holds no object with a destructor and keeps its results in outer variables.

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <png.h>

#include "media/image_codecs.h"
#include "media/latent_chunk.h"
#include "media/metadata_text.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr png_alloc_size_t kMaxChunkBytes = png_alloc_size_t{1} << 24;
constexpr png_uint_32 kMaxChunks = 4096;
constexpr char kBrokenLatent[] = "the latent in it is broken";
/// No deflate stream expands further than 1032 times; one that claims to is refused unread.
constexpr std::uint64_t kMaxExpansion = 1100;

/// Where reading ends: at the first chunk that claims more bytes than the file has, for which
/// libpng would take memory at once. Pixels may be cut off; they are read piece by piece.
std::size_t readable_bytes(std::string_view bytes) {
  constexpr std::size_t kSignature = 8;
  constexpr std::size_t kChunkHead = 8;  // a length, big-endian, and a name
  constexpr std::size_t kChecksum = 4;
  for (std::size_t at = kSignature; at < bytes.size() && bytes.size() - at >= kChunkHead;) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      length = length << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    const std::size_t left = bytes.size() - at - kChunkHead;
    if (length > left) {
      return bytes.substr(at + 4, 4) == "IDAT" ? bytes.size() : at;
    }
    at += kChunkHead + length + std::min(kChecksum, left - length);
  }
  return bytes.size();
}

/// A libpng reader over bytes in memory.
class PngReader {
 public:
  PngReader(std::string_view bytes, const std::string& name)
      : bytes_(bytes), readable_(readable_bytes(bytes)), name_(name) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      throw Error(ErrorCode::OutOfMemory, "[read image] " + name + ": no memory for the decoder");
    }
    png_set_read_fn(png_, this, on_read);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(png_, kMaxChunkBytes);
    png_set_chunk_cache_max(png_, kMaxChunks);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_ALWAYS,
                                reinterpret_cast<png_const_bytep>(kLatentChunk), 1);
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// Runs a step of libpng calls; an error in it becomes Error(Corrupt).
  template <typename Step>
  void guarded(Step step) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      throw_corrupt_image(name_, message_);
    }
    step(png_, info_);
  }

  /// Runs a step of libpng calls; whether it ended without an error, which message() tells then.
  template <typename Step>
  bool attempted(Step step) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      return false;
    }
    step(png_, info_);
    return true;
  }

  std::string message() const { return message_; }
  bool latent_broken() const { return latent_broken_; }
  std::string_view bytes() const { return bytes_; }
  const std::string& name() const { return name_; }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(reader->message_, sizeof reader->message_, "%s", message);
    png_longjmp(png, 1);
  }
  /// libpng keeps a chunk of ours whose checksum is wrong, and says so here only.
  static void on_warning(png_structp png, png_const_charp message) {
    auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
    reader->latent_broken_ =
        reader->latent_broken_ || std::string_view(message).starts_with(kLatentChunk);
  }
  static void on_read(png_structp png, png_bytep target, std::size_t count) {
    auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > reader->readable_ - reader->position_) {
      png_error(png, "the file is cut off");
    }
    std::memcpy(target, reader->bytes_.data() + reader->position_, count);
    reader->position_ += count;
  }

  std::string_view bytes_;
  std::size_t readable_;
  const std::string& name_;
  std::size_t position_ = 0;
  bool latent_broken_ = false;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[200] = "";
};

std::vector<ImageText> collect_texts(PngReader& reader) {
  png_textp entries = nullptr;
  int count = 0;
  reader.guarded(
      [&](png_structp png, png_infop info) { png_get_text(png, info, &entries, &count); });
  std::vector<ImageText> texts;
  for (int i = 0; i < count; ++i) {
    const png_text& entry = entries[i];
    const bool international = entry.compression == PNG_ITXT_COMPRESSION_NONE ||
                               entry.compression == PNG_ITXT_COMPRESSION_zTXt;
    const std::size_t length = international ? entry.itxt_length : entry.text_length;
    const std::string_view text(entry.text == nullptr ? "" : entry.text,
                                entry.text == nullptr ? 0 : length);
    texts.push_back({decode_metadata_text(entry.key), decode_metadata_text(text)});
  }
  return texts;
}

std::string collect_exif(PngReader& reader) {
  png_uint_32 size = 0;
  png_bytep data = nullptr;
  reader.guarded([&](png_structp png, png_infop info) {
    if (png_get_eXIf_1(png, info, &size, &data) == 0) {
      size = 0;
    }
  });
  return size == 0 ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

/// The first chunk of a latent.
std::string collect_latent(PngReader& reader) {
  png_unknown_chunkp chunks = nullptr;
  int count = 0;
  reader.guarded(
      [&](png_structp png, png_infop info) { count = png_get_unknown_chunks(png, info, &chunks); });
  return count == 0 ? std::string()
                    : std::string(reinterpret_cast<const char*>(chunks[0].data), chunks[0].size);
}

/// Reads the header, checks the size and asks for 8-bit RGB or RGBA. Returns the number of passes.
int read_header(PngReader& reader, DecodedImage& decoded, std::uint64_t most_pixels) {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  std::uint64_t stored_bytes = 0;
  reader.guarded([&](png_structp png, png_infop info) {
    png_read_info(png, info);
    width = png_get_image_width(png, info);
    height = png_get_image_height(png, info);
    stored_bytes = std::uint64_t{png_get_rowbytes(png, info)} * height;
  });
  check_image_size(width, height, reader.name(), most_pixels);
  if (stored_bytes / kMaxExpansion > reader.bytes().size()) {
    throw_corrupt_image(reader.name(), "the file is too short for its number of pixels");
  }
  decoded.width = static_cast<int>(width);
  decoded.height = static_cast<int>(height);
  int passes = 1;
  reader.guarded([&](png_structp png, png_infop info) {
    png_set_strip_16(png);
    png_set_expand(png);
    png_set_gray_to_rgb(png);
    passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    decoded.channels = png_get_channels(png, info);
  });
  PTRAVEL_CHECK(decoded.channels == 3 || decoded.channels == 4);
  return passes;
}

}  // namespace

DecodedImage decode_png(std::string_view bytes,
                        const std::string& name,
                        std::uint64_t most_pixels) {
  PngReader reader(bytes, name);
  DecodedImage decoded;
  read_header(reader, decoded, most_pixels);
  const std::size_t row_bytes =
      static_cast<std::size_t>(decoded.width) * static_cast<std::size_t>(decoded.channels);
  decoded.pixels.resize(row_bytes * static_cast<std::size_t>(decoded.height));
  std::vector<png_bytep> rows(static_cast<std::size_t>(decoded.height));
  for (std::size_t y = 0; y < rows.size(); ++y) {
    rows[y] = decoded.pixels.data() + y * row_bytes;
  }
  reader.guarded([&](png_structp png, png_infop) { png_read_image(png, rows.data()); });
  // All pixels are there: what is wrong from here on costs texts at most.
  if (!reader.attempted([](png_structp png, png_infop info) { png_read_end(png, info); })) {
    decoded.note = "broken behind its last pixel (" + reader.message() + ")";
  }
  decoded.texts = collect_texts(reader);
  decoded.exif = collect_exif(reader);
  if (reader.latent_broken()) {
    decoded.note = kBrokenLatent;
  } else {
    decoded.latent = collect_latent(reader);
  }
  return decoded;
}

std::vector<ImageText> decode_png_texts(std::string_view bytes, const std::string& name) {
  PngReader reader(bytes, name);
  DecodedImage header;
  const int passes = read_header(reader, header, kMostImagePixels);
  std::vector<png_byte> row(static_cast<std::size_t>(header.width) *
                            static_cast<std::size_t>(header.channels));
  reader.guarded([&](png_structp png, png_infop info) {
    for (std::int64_t rows = std::int64_t{passes} * header.height; rows > 0; --rows) {
      png_read_row(png, row.data(), nullptr);
    }
    png_read_end(png, info);
  });
  if (reader.latent_broken()) {
    throw_corrupt_image(name, kBrokenLatent);
  }
  return collect_texts(reader);
}

}  // namespace ptravel
