#include "checkpoint/safetensors.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/checkpoint/same_tensors.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

SafetensorsHeader parse(const std::string& header, const std::string& data) {
  const std::string bytes = safetensors_bytes(header, data);
  return parse_safetensors_header(std::as_bytes(std::span(bytes)), "tiny");
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST(Safetensors, GivesBackEveryTypeAndShape) {
  const TemporaryFolder folder;
  TinyTensors written;
  for (int i = 0; i <= static_cast<int>(NumberFormat::F8E5M2Fnuz); ++i) {
    const auto format = static_cast<NumberFormat>(i);
    written["t." + std::string(number_format_name(format))] = tiny_tensor(
        {3, 1, 4}, [](std::size_t at) { return static_cast<double>(at); }, format);
  }
  written["empty"] = tiny_tensor({0, 5});
  written["scalar"] = tiny_tensor({}, 2.5, NumberFormat::F64);
  write_tiny_safetensors(folder / "a.safetensors", written, {{"key", "value"}});
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  EXPECT_EQ(file->metadata().at("key"), "value");
  expect_same(*file, written);
  std::byte byte{};
  expect_error(ErrorCode::NotFound, "\"nothing\"", [&] { file->read("nothing", 0, {&byte, 1}); });
}

TEST(Safetensors, ReadsDataAtAnyAlignment) {
  const TemporaryFolder folder;
  const float values[] = {1.5F, -2.0F};
  const std::string data("x" + std::string(reinterpret_cast<const char*>(values), sizeof values));
  for (int padding = 0; padding < 4; ++padding) {
    const std::string header = R"({"a":)" + entry("U8", "[1]", "[0,1]") + R"(,"b":)" +
                               entry("F32", "[2]", "[1,9]") + "}" +
                               std::string(static_cast<std::size_t>(padding), ' ');
    write_bytes(folder / "a.safetensors", safetensors_bytes(header, data));
    const auto file = SafetensorsFile::open(folder / "a.safetensors");
    EXPECT_EQ(read_numbers(*file, "b"), (std::vector<double>{1.5, -2}));
  }
}

TEST(StoredTensors, ReadNumbersOfEveryComputableFormat) {
  const TemporaryFolder folder;
  TinyTensors written;
  for (int i = 0; i <= static_cast<int>(NumberFormat::F8E5M2Fnuz); ++i) {
    const auto format = static_cast<NumberFormat>(i);
    EXPECT_EQ(parse_number_format(number_format_name(format)), format);
    written[std::string(number_format_name(format))] = tiny_tensor(
        {2}, [](std::size_t at) { return static_cast<double>(at); }, format);
  }
  write_tiny_safetensors(folder / "a.safetensors", written);
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  for (const auto& [name, tensor] : written) {
    if (is_computable(tensor.format)) {
      EXPECT_EQ(read_numbers(*file, name), tensor.numbers) << name;
    } else {
      expect_error(ErrorCode::Unsupported, name,
                   [&, &stored = name] { read_numbers(*file, stored); });
    }
  }
  EXPECT_FALSE(parse_number_format("F4"));
}

TEST(StoredTensors, ReadsHalvesToTheLastBit) {
  const TemporaryFolder folder;
  const std::string header = R"({"f":)" + entry("F16", "[6]", "[0,12]") + R"(,"b":)" +
                             entry("BF16", "[2]", "[12,16]") + R"(,"u":)" +
                             entry("U32", "[1]", "[16,20]") + "}";
  std::string data;
  for (const int bits : {0x0001, 0x03ff, 0x0400, 0x3555, 0xfbff, 0x7c00, 0x3f80, 0xc2f7}) {
    data += little_endian(static_cast<std::uint64_t>(bits), 2);
  }
  write_bytes(folder / "a.safetensors",
              safetensors_bytes(header, data + little_endian(4000000000, 4)));
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  EXPECT_EQ(read_numbers(*file, "f"),
            (std::vector<double>{0x1p-24, 1023 * 0x1p-24, 0x1p-14, 0x1.554p-2, -65504, HUGE_VAL}));
  EXPECT_EQ(read_numbers(*file, "b"), (std::vector<double>{1, -123.5}));
  EXPECT_EQ(read_numbers(*file, "u"), std::vector<double>{4000000000});
}

TEST(StoredTensors, RenamedOnesHaveNewShapes) {
  const TemporaryFolder folder;
  const TinyTensor matrix =
      tiny_tensor({2, 3}, [](std::size_t at) { return static_cast<double>(at); });
  write_tiny_safetensors(folder / "a.safetensors", {{"m", matrix}});
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  RenamedTensors renamed;
  renamed.add("conv", file, "m", RenamedTensors::Shape::PointConvolution);
  renamed.add("plain", file, "m");
  EXPECT_EQ(renamed.shape("conv"), (std::vector<std::int64_t>{2, 3, 1, 1}));
  EXPECT_EQ(renamed.shape("plain"), matrix.shape);
  EXPECT_EQ(bytes_of(renamed, "conv"), matrix.bytes());
  EXPECT_EQ(renamed.file("conv"), folder / "a.safetensors");
  renamed.remove("plain");
  EXPECT_FALSE(renamed.contains("plain"));
  expect_error(ErrorCode::NotFound, "\"plain\"", [&] { renamed.shape("plain"); });
}

TEST(StoredTensors, PiecesAndTransposesAreReadInParts) {
  const TemporaryFolder folder;
  const TinyTensor matrix =
      tiny_tensor({6, 2}, [](std::size_t at) { return static_cast<double>(at); });
  write_tiny_safetensors(folder / "a.safetensors", {{"m", matrix}, {"s", tiny_tensor({})}});
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  RenamedTensors renamed;
  renamed.add("k", file, "m", {RenamedTensors::Shape::AsStored, 1, 3});
  renamed.add("t", file, "m", RenamedTensors::Shape::Transposed);
  EXPECT_EQ(renamed.shape("k"), (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(read_numbers(renamed, "k"), (std::vector<double>{4, 5, 6, 7}));
  EXPECT_EQ(renamed.shape("t"), (std::vector<std::int64_t>{2, 6}));
  EXPECT_EQ(read_numbers(renamed, "t"),
            (std::vector<double>{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11}));
  std::vector<std::byte> part(2 * sizeof(float));
  renamed.read("t", 5 * sizeof(float), part);
  float numbers[2];
  std::memcpy(numbers, part.data(), part.size());
  EXPECT_EQ(numbers[0], 10);
  EXPECT_EQ(numbers[1], 1);
  expect_error(ErrorCode::Corrupt, "6 rows, expected a multiple of 4", [&] {
    renamed.add("x", file, "m", {RenamedTensors::Shape::AsStored, 0, 4});
  });
  expect_error(ErrorCode::Corrupt, "no rows", [&] {
    renamed.add("x", file, "s", {RenamedTensors::Shape::AsStored, 0, 3});
  });
}

TEST(Safetensors, RefusesEveryTruncation) {
  const std::string whole =
      safetensors_bytes(R"({"a":)" + entry("F32", "[2]", "[0,8]") + "}", "12345678");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto bytes = std::as_bytes(std::span(whole.data(), length));
    EXPECT_THROW(parse_safetensors_header(bytes, "cut"), Error) << length;
  }
  EXPECT_NO_THROW(parse_safetensors_header(std::as_bytes(std::span(whole)), "whole"));
}

struct Lie {
  const char* header;
  std::size_t data_bytes;
  const char* expected;
};

class LyingSafetensors : public testing::TestWithParam<Lie> {};

TEST_P(LyingSafetensors, IsRefused) {
  const Lie& lie = GetParam();
  expect_error(ErrorCode::Corrupt, lie.expected,
               [&] { parse(lie.header, std::string(lie.data_bytes, 'x')); });
}

INSTANTIATE_TEST_SUITE_P(
    Headers,
    LyingSafetensors,
    testing::Values(
        Lie{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "expected 8 bytes"},
        Lie{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "data_offsets"},
        Lie{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12, "expected 0"},
        Lie{R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
            "overflows"},
        Lie{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 5, "the file has 5"},
        Lie{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
            6, "begins at byte 2"},
        Lie{R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
            1, "twice"},
        Lie{R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1, "not negative"},
        Lie{R"({"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}})", 1, "not a whole one"},
        Lie{R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1, "a list"},
        Lie{R"({"a":{"dtype":"U8","shape":[1]}})", 0, "two data_offsets"},
        Lie{R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}})", 1, "two data_offsets"},
        Lie{R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}})", 1,
            "unexpected field"},
        Lie{R"({"a":[1]})", 0, "a list"},
        Lie{R"({"a":1})", 0, "the number 1"},
        Lie{R"({"__metadata__":{"k":1}})", 0, "the number 1"},
        Lie{R"({"__metadata__":{},"__metadata__":{}})", 0, "twice"},
        Lie{R"([{"a":1}])", 0, "does not begin with {"},
        Lie{"{\"a\":", 0, "not valid JSON"},
        Lie{R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})",
            1, "more than 16"}));

TEST(Safetensors, RefusesUnknownTypesByName) {
  expect_error(ErrorCode::Unsupported, "F4",
               [] { parse(R"({"a":)" + entry("F4", "[2]", "[0,1]") + "}", "x"); });
}

TEST(Safetensors, SurvivesDeepNesting) {
  expect_error(ErrorCode::Corrupt, "", [] { parse("{\"a\":" + std::string(1'000'000, '['), ""); });
  expect_error(ErrorCode::Corrupt, "", [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
      text += "{\"a\":";
    }
    parse(text, "");
  });
}

}  // namespace
}  // namespace ptravel
