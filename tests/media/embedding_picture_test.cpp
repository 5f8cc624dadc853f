#include "media/embedding_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "media/image_codecs.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string bytes_of(const std::string& name) {
  return read_file(std::string(PTRAVEL_MEDIA_DATA) + "/../../data/addons/embeddings/" + name);
}

TEST(EmbeddingPicture, TextComesFromTheChunkOrThePixels) {
  for (const char* const name : {"pngfile.png", "pixfile.png"}) {
    const auto json = embedding_in_picture(bytes_of(name), name);
    ASSERT_TRUE(json) << name;
    EXPECT_THAT(*json, StartsWith("{")) << name;
    EXPECT_THAT(*json, HasSubstr("TORCHTENSOR")) << name;
  }
  EXPECT_FALSE(embedding_in_picture(bytes_of("justpicture.png"), "x"));
}

TEST(EmbeddingPicture, BrokenOnesAreRefused) {
  DecodedImage image = decode_png(bytes_of("pixfile.png"), "x");
  ASSERT_TRUE(embedding_in_pixels(image, "x"));
  // A few bits of the stream's first row.
  for (std::size_t i = 0; i < 12; ++i) {
    image.pixels[static_cast<std::size_t>(image.width * image.channels) + i] ^= 5;
  }
  for (std::size_t i = 0; i < image.pixels.size(); i += 41) {
    image.pixels[i] ^= 3;
  }
  try {
    EXPECT_FALSE(embedding_in_pixels(image, "x"));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Corrupt);
  }
  const Image plain(8, 8);
  const std::vector<ImageText> texts = {{"sd-ti-embedding", "no base64 {}"}};
  EXPECT_THROW(embedding_in_picture(encode_png(plain, texts), "x"), Error);
  EXPECT_FALSE(embedding_in_picture(encode_png(plain), "x")) << "black columns, nothing beside";
}

}  // namespace
}  // namespace ptravel
