// PNG files: pixels, every text in UTF-8, the latent of a frame.
#include <vector>

#include "media/image_codecs.h"
#include "media/latent_chunk.h"
#include "media/text_encoding.h"
#include "tests/fuzz/harness.h"

namespace {

constexpr std::size_t kSignature = 8;

std::uint64_t big_endian(const std::uint8_t* data) {
  return static_cast<std::uint64_t>(data[0]) << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

/// Whether the header asks for more pixels than are worth waiting for.
bool is_large(const std::uint8_t* data, std::size_t size) {
  return size >= 24 && big_endian(data + 16) * big_endian(data + 20) > 1 << 18;
}

std::uint32_t crc_of(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
  }
  return ~crc;
}

void append_number(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value >> shift & 0xff);
  }
}

/// Type and content of every chunk; the last may be cut short.
std::vector<std::string> chunks_of(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> chunks;
  for (std::size_t at = kSignature; size - at >= 8;) {
    const std::size_t length = std::min<std::size_t>(big_endian(data + at), size - at - 8);
    chunks.emplace_back(reinterpret_cast<const char*>(data) + at + 4, length + 4);
    at += std::min<std::size_t>(length + 12, size - at);
  }
  return chunks;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  if (is_large(data, size)) {
    return 0;
  }
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto check = [](const std::vector<ImageText>& texts) {
    for (const ImageText& text : texts) {
      fuzz::require(is_utf8(text.text), "a text in UTF-8");
    }
  };
  fuzz::parse([&] {
    const DecodedImage image = decode_png(bytes, "fuzz");
    const auto wanted = static_cast<std::size_t>(image.width) *
                        static_cast<std::size_t>(image.height) *
                        static_cast<std::size_t>(image.channels);
    fuzz::require(image.pixels.size() == wanted, "as many pixels as the size says");
    check(image.texts);
    if (const auto latent = parse_latent(image.latent)) {
      const std::size_t numbers = std::size_t(latent->channels) * latent->height * latent->width;
      fuzz::require(latent->values.size() == numbers, "as many numbers as the latent's shape says");
    }
  });
  fuzz::parse([&] { check(decode_png_texts(bytes, "fuzz")); });
  return 0;
}

/// Mutates, repeats or drops one chunk and gives all of them true lengths and checksums.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned int seed) {
  using namespace ptravel;
  if (seed % 8 == 0 || size < kSignature + 12) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::vector<std::string> chunks = chunks_of(data, size);
  const std::size_t chosen = seed / 8 % chunks.size();
  if (seed % 8 == 1) {
    chunks.push_back(chunks[chosen]);
  } else if (seed % 8 == 2 && chunks.size() > 1) {
    chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(chosen));
  } else {
    std::string content = fuzz::mutated(chunks[chosen].substr(4), chunks[chosen].size() + 64);
    chunks[chosen] = chunks[chosen].substr(0, 4) + content;
  }
  std::string made(fuzz::text_of(data, size).substr(0, kSignature));
  for (const std::string& chunk : chunks) {
    append_number(made, static_cast<std::uint32_t>(chunk.size() - 4));
    made += chunk;
    append_number(made, crc_of(chunk));
  }
  return fuzz::hand_over(made, data, size, max_size);
}
