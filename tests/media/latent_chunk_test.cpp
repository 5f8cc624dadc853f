#include "media/latent_chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

const std::vector<float> kValues = {0, 1, -1, 0.25F, -15.5F, 1.0F / 2048};

std::string sample() { return latent_bytes(3, 1, 2, kValues); }

TEST(LatentChunk, KeepsShapeAndValues) {
  const auto latent = parse_latent(sample());
  ASSERT_TRUE(latent);
  EXPECT_EQ(latent->channels, 3);
  EXPECT_EQ(latent->height, 1);
  EXPECT_EQ(latent->width, 2);
  EXPECT_EQ(latent->values, kValues);
}

TEST(LatentChunk, ValuesAreRoundedAndClamped) {
  const std::vector<float> values = {0.1F, -0.1F, 100, -100};
  const auto latent = parse_latent(latent_bytes(4, 1, 1, values));
  ASSERT_TRUE(latent);
  EXPECT_THAT(latent->values,
              testing::ElementsAre(205.0F / 2048, -205.0F / 2048, 32767.0F / 2048, -16.0F));
}

TEST(LatentChunk, OtherBytesAreNone) {
  const std::string good = sample();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_latent(good.substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_latent(good + "x"));
  std::string other = good;
  other[0] = 2;
  EXPECT_FALSE(parse_latent(other)) << "a format that is not known";
  EXPECT_FALSE(parse_latent(std::string("\1\0\0\0\0\0", 6))) << "nothing in it";
  EXPECT_FALSE(parse_latent("\1\xff\xff\xff\xff\xff" + std::string(100, 'x')));
}

TEST(LatentChunk, TravelsInsideAPng) {
  const TemporaryFolder folder;
  Image image(5, 4);
  const ImageText text{"parameters", "a cat"};
  write_png(folder / "a.png", image, {&text, 1}, sample());
  const LoadedImage loaded = read_image(folder / "a.png");
  EXPECT_EQ(loaded.latent, sample());
  EXPECT_EQ(loaded.image, image);
  EXPECT_EQ(find_text(loaded.texts, "parameters"), "a cat");
  EXPECT_TRUE(read_png_text(folder / "a.png") == loaded.texts);
  write_png(folder / "b.png", image);
  EXPECT_EQ(read_image(folder / "b.png").latent, "");
}

TEST(LatentChunk, ADamagedOneIsFoundOut) {
  std::string bytes = encode_png(Image(5, 4), {}, sample());
  bytes[bytes.find("ptLT") + 8] ^= 1;  // behind the chunk's name: its checksum does not fit now
  const LoadedImage loaded = decode_image(bytes, "a");
  EXPECT_EQ(loaded.latent, "");
  EXPECT_EQ(loaded.note, "the latent in it is broken");
  const TemporaryFolder folder;
  write_file_atomic(folder / "a.png", bytes);
  EXPECT_THROW(read_png_text(folder / "a.png"), Error);
}

}  // namespace
}  // namespace ptravel
