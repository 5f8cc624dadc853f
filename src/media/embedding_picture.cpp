// How the web UI hides an embedding in a picture: beside the picture itself stand two blocks of
// columns, apart from it and each other by black ones. The low four bits of each byte of the left
// block are the low halves of a zlib stream's bytes, those of the right block the high halves, both
// mixed with a pseudo-random sequence.

#include "media/embedding_picture.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <zlib.h>

#include "base/base64.h"
#include "media/image_codecs.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 24;
constexpr std::size_t kMostText = std::size_t{1} << 25;
constexpr std::size_t kPiece = std::size_t{1} << 16;
constexpr int kColours = 3;

/// Part of a picture: [left, right) by [top, bottom).
struct Area {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
};

const std::uint8_t* pixel(const DecodedImage& image, int x, int y) {
  return image.pixels.data() +
         (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
          static_cast<std::size_t>(x)) *
             static_cast<std::size_t>(image.channels);
}

/// What is left without the black border: pixels of which no colour is 0 decide. All of the picture
/// where there is none.
Area without_border(const DecodedImage& image) {
  Area area{image.width, image.height, 0, 0};
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const std::uint8_t* const colours = pixel(image, x, y);
      if (colours[0] > 0 && colours[1] > 0 && colours[2] > 0) {
        area.left = std::min(area.left, x);
        area.top = std::min(area.top, y);
        area.right = std::max(area.right, x + 1);
        area.bottom = std::max(area.bottom, y + 1);
      }
    }
  }
  return area.right > 0 ? area : Area{0, 0, image.width, image.height};
}

bool is_blank(const DecodedImage& image, const Area& area, int x) {
  for (int y = area.top; y < area.bottom; ++y) {
    const std::uint8_t* const colours = pixel(image, x, y);
    if (((colours[0] | colours[1] | colours[2]) & 0x0f) != 0) {
      return false;
    }
  }
  return true;
}

/// The low halves of a block's bytes, row by row, without the sequence that they are mixed with.
std::vector<std::uint8_t> halves(const DecodedImage& image, const Area& area) {
  std::vector<std::uint8_t> result;
  std::uint32_t state = 0;
  for (int y = area.top; y < area.bottom; ++y) {
    for (int x = area.left; x < area.right; ++x) {
      for (int colour = 0; colour < kColours; ++colour) {
        state = 1664525U * state + 1013904223U;
        result.push_back((pixel(image, x, y)[colour] ^ (state % 255U)) & 0x0f);
      }
    }
  }
  return result;
}

/// Inflates a zlib stream; what follows its end is left out.
std::string inflated(const std::vector<std::uint8_t>& bytes, const std::string& name) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) {
    throw Error(ErrorCode::OutOfMemory, "[read image] " + name + ": no memory for zlib");
  }
  // zlib's interface wants its input without const; it does not write there.
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  int state = Z_OK;
  while (state == Z_OK && text.size() <= kMostText) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + before);
    stream.avail_out = static_cast<uInt>(kPiece);
    state = inflate(&stream, Z_NO_FLUSH);
    text.resize(text.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END || text.size() > kMostText) {
    throw_corrupt_image(name, "the embedding in its pixels is broken");
  }
  return text;
}

}  // namespace

std::optional<std::string> embedding_in_pixels(const DecodedImage& image, const std::string& name) {
  const Area area = without_border(image);
  std::vector<int> blank;
  for (int x = area.left; x < area.right; ++x) {
    if (is_blank(image, area, x)) {
      blank.push_back(x);
    }
  }
  if (blank.size() < 2) {
    return std::nullopt;
  }
  const auto low = halves(image, {area.left, area.top, blank.front(), area.bottom});
  const auto high = halves(image, {blank.back() + 1, area.top, area.right, area.bottom});
  if (low.size() != high.size() || low.empty()) {
    return std::nullopt;
  }
  std::vector<std::uint8_t> bytes(low.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(high[i] << 4 | low[i]);
  }
  return inflated(bytes, name);
}

std::optional<std::string> embedding_in_picture(std::string_view bytes, const std::string& name) {
  const DecodedImage image = decode_pixels(bytes, name, kMostPixels);
  if (const auto text = find_text(image.texts, "sd-ti-embedding")) {
    auto json = from_base64(*text);
    if (!json) {
      throw_corrupt_image(name, "its text sd-ti-embedding is not base64");
    }
    return json;
  }
  return embedding_in_pixels(image, name);
}

}  // namespace ptravel
