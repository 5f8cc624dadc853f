#include <gmock/gmock.h>

#include "media/image_codecs.h"
#include "media/image_file.h"
#include "tests/media/media_testing.h"

namespace ptravel {
namespace {

using namespace media_testing;

std::vector<ImageText> round_trip(const std::vector<ImageText>& texts) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", Image(2, 2), texts);
  EXPECT_EQ(read_image(folder / "a.png").texts, texts);
  return read_png_text(folder / "a.png");
}

TEST(PngText, EveryChunkKindIsRead) {
  const std::vector<ImageText> expected = {{"Title", "grün"},
                                           {"Comment", "packed é"},
                                           {"parameters", "漢字, a: \"b\""},
                                           {"After", "the pixels"}};
  EXPECT_EQ(read_png_text(data_file("texts.png")), expected);
  EXPECT_EQ(read_image(data_file("texts.png")).texts, expected);
}

TEST(PngText, RoundTrips) {
  const std::vector<ImageText> texts = {{"parameters", "a cat\nSteps: 20, größe"},
                                        {"Travel", "漢字 😀"},
                                        {"empty", ""},
                                        {"garbled", "cafÃ©"},
                                        {"long", std::string(100'000, 'x')}};
  EXPECT_EQ(round_trip(texts), texts);
}

TEST(PngText, Latin1IsPlainTextAndTheRestInternational) {
  const ImageText latin{"parameters", "größe"};
  const ImageText wide{"parameters", "漢"};
  const std::string plain = encode_png(Image(1, 1), {&latin, 1});
  const std::string international = encode_png(Image(1, 1), {&wide, 1});
  EXPECT_NE(plain.find(std::string("tEXtparameters\0gr\xF6\xDF"
                                   "e",
                                   20)),
            std::string::npos);
  EXPECT_NE(international.find(std::string("iTXtparameters\0\0\0\0\0漢", 22)), std::string::npos);
  EXPECT_LT(plain.find("tEXt"), plain.find("IDAT"));
  EXPECT_LT(international.find("iTXt"), international.find("IDAT"));
}

/// A tEXt chunk with these bytes, whatever they are, in a PNG of one pixel.
std::string png_with_text(const std::string& kind, const std::string& data) {
  const auto number = [](std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes += static_cast<char>(value >> shift & 0xFF);
    }
    return bytes;
  };
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : kind + data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
  }
  const std::string chunk =
      number(static_cast<std::uint32_t>(data.size())) + kind + data + number(~crc);
  std::string bytes = encode_png(Image(1, 1));
  return bytes.insert(bytes.find("IDAT") - 4, chunk);
}

TEST(PngText, PlainTextThatIsUtf8IsReadAsUtf8) {
  const auto text_of = [](const std::string& bytes) {
    return decode_png_texts(bytes, "made.png").at(0).text;
  };
  EXPECT_EQ(text_of(png_with_text("tEXt", std::string("parameters\0猫, größe", 24))), "猫, größe");
  EXPECT_EQ(text_of(png_with_text("tEXt", std::string("parameters\0gr\xF6\xDF"
                                                      "e",
                                                      16))),
            "größe");
  const std::string head("parameters\0\0\0\0\0", 15);
  EXPECT_EQ(text_of(png_with_text("iTXt", head + "猫")), "猫");
  EXPECT_EQ(text_of(png_with_text("iTXt", head + "gr\xF6\xDF"
                                                 "e")),
            "größe");
}

TEST(PngText, RefusesWhatCannotBeStored) {
  const auto refused = [](ImageText text) {
    expect_error(ErrorCode::InvalidArgument, [&] { encode_png(Image(1, 1), {&text, 1}); });
  };
  refused({"parameters", std::string("a\0b", 3)});
  refused({"parameters", "\xFF"});
  refused({"", "a"});
  refused({std::string(80, 'k'), "a"});
  refused({" lead", "a"});
  refused({"clé", "a"});
}

TEST(PngText, CutOffFilesAreCorrupt) {
  const ImageText text{"parameters", "a cat"};
  const std::string bytes = encode_png(make_image(9, 9, pattern_pixel), {&text, 1});
  for (std::size_t size = 8; size < bytes.size(); ++size) {
    expect_error(ErrorCode::Corrupt,
                 [&] { decode_png_texts(std::string_view(bytes).substr(0, size), "cut.png"); });
  }
  expect_error(ErrorCode::Unsupported, [] { read_png_text(data_file("plain.jpg")); });
}

}  // namespace
}  // namespace ptravel
