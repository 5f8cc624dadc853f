// PNG writing through libpng; errors arrive by longjmp, as in png_decoder.cpp.

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <optional>

#include <png.h>

#include "media/image_file.h"
#include "media/latent_chunk.h"
#include "media/text_encoding.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kCompressionLevel = 6;

/// A libpng writer into a string.
class PngWriter {
 public:
  PngWriter() {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_write_struct(&png_, &info_);
      throw Error(ErrorCode::OutOfMemory, "[write png] no memory for the encoder");
    }
    png_set_write_fn(png_, this, on_write, on_flush);
    png_set_compression_level(png_, kCompressionLevel);
  }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }

  template <typename Step>
  void guarded(Step step) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      throw Error(ErrorCode::Internal, std::string("[write png] ") + message_);
    }
    step(png_, info_);
  }

  std::string take_bytes() { return std::move(bytes_); }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto* writer = static_cast<PngWriter*>(png_get_error_ptr(png));
    std::snprintf(writer->message_, sizeof writer->message_, "%s", message);
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_flush(png_structp) {}
  static void on_write(png_structp png, png_bytep data, std::size_t count) {
    auto* writer = static_cast<PngWriter*>(png_get_io_ptr(png));
    bool stored = true;
    try {
      writer->bytes_.append(reinterpret_cast<const char*>(data), count);
    } catch (const std::exception&) {
      stored = false;
    }
    if (!stored) {
      png_error(png, "no memory for the encoded picture");
    }
  }

  std::string bytes_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[200] = "";
};

bool is_keyword(std::string_view keyword) {
  const bool printable =
      std::all_of(keyword.begin(), keyword.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  return !keyword.empty() && keyword.size() <= 79 && printable && keyword.front() != ' ' &&
         keyword.back() != ' ' && keyword.find("  ") == std::string_view::npos;
}

void check_text(const ImageText& entry) {
  if (!is_keyword(entry.keyword)) {
    throw Error(ErrorCode::InvalidArgument,
                "[write png] text keyword \"" + entry.keyword +
                    "\": expected 1 to 79 printable ASCII characters without spaces at the ends");
  }
  if (!is_utf8(entry.text) || entry.text.find('\0') != std::string::npos) {
    throw Error(ErrorCode::InvalidArgument,
                "[write png] text \"" + entry.keyword + "\": expected UTF-8 without zero bytes");
  }
}

/// The text as tEXt holds it: Latin-1 whose bytes nobody takes for UTF-8 (readers must guess,
/// because many programs write UTF-8 there). Nullopt for any other text.
std::optional<std::string> as_plain_text(const std::string& text) {
  const std::optional<std::string> latin1 = utf8_to_latin1(text);
  return latin1 && (*latin1 == text || !is_utf8(*latin1)) ? latin1 : std::nullopt;
}

/// libpng's view of the texts; the Latin-1 forms live in `storage`.
std::vector<png_text> to_png_texts(std::span<const ImageText> texts,
                                   std::vector<std::string>& storage) {
  std::vector<png_text> entries(texts.size());
  storage.resize(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    check_text(texts[i]);
    const std::optional<std::string> latin1 = as_plain_text(texts[i].text);
    storage[i] = latin1.value_or(texts[i].text);
    png_text& entry = entries[i];
    entry.compression = latin1 ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    entry.key = const_cast<char*>(texts[i].keyword.c_str());
    entry.text = storage[i].data();
    (latin1 ? entry.text_length : entry.itxt_length) = storage[i].size();
  }
  return entries;
}

}  // namespace

std::string encode_png(const Image& image,
                       std::span<const ImageText> texts,
                       std::string_view latent) {
  if (image.width < 1 || image.height < 1) {
    throw Error(ErrorCode::InvalidArgument, "[write png] the picture is empty");
  }
  PTRAVEL_CHECK(image.pixels.size() == static_cast<std::size_t>(image.width) * image.height * 3);
  std::vector<std::string> storage;
  std::vector<png_text> entries = to_png_texts(texts, storage);
  PngWriter writer;
  writer.guarded([&](png_structp png, png_infop info) {
    png_set_IHDR(png, info, static_cast<png_uint_32>(image.width),
                 static_cast<png_uint_32>(image.height), 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!entries.empty()) {
      png_set_text(png, info, entries.data(), static_cast<int>(entries.size()));
    }
    png_write_info(png, info);
    if (!latent.empty()) {
      png_write_chunk(png, reinterpret_cast<png_const_bytep>(kLatentChunk),
                      reinterpret_cast<png_const_bytep>(latent.data()), latent.size());
    }
    for (int y = 0; y < image.height; ++y) {
      png_write_row(png, image.row(y));
    }
    png_write_end(png, info);
  });
  return writer.take_bytes();
}

}  // namespace ptravel
