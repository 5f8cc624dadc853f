#include "checkpoint/safetensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/checkpoint/errors.h"
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
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
                                    at::kInt, at::kShort, at::kChar, at::kByte, at::kBool}) {
    written[std::string("t.") + c10::toString(type)] =
        at::arange(12, at::kFloat).reshape({3, 1, 4}).to(type);
  }
  written["empty"] = at::empty({0, 5}, at::kFloat);
  written["scalar"] = at::full({}, 2.5, at::kDouble);
  write_tiny_safetensors(folder / "a.safetensors", written, {{"key", "value"}});
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  EXPECT_EQ(file->names().size(), written.size());
  EXPECT_EQ(file->metadata().at("key"), "value");
  for (const auto& [name, tensor] : written) {
    EXPECT_EQ(file->dtype(name), tensor.scalar_type()) << name;
    EXPECT_EQ(file->shape(name), tensor.sizes().vec()) << name;
    EXPECT_TRUE(file->tensor(name).equal(tensor)) << name;
  }
  expect_error(ErrorCode::NotFound, "\"nothing\"", [&] { file->tensor("nothing"); });
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
    const at::Tensor read = SafetensorsFile::open(folder / "a.safetensors")->tensor("b").clone();
    EXPECT_TRUE(read.equal(at::tensor({1.5F, -2.0F})));
  }
}

TEST(Safetensors, WidensUnsignedNumbers) {
  const TemporaryFolder folder;
  const std::string header =
      R"({"a":)" + entry("U32", "[1]", "[0,4]") + R"(,"b":)" + entry("U16", "[1]", "[4,6]") + "}";
  write_bytes(folder / "a.safetensors",
              safetensors_bytes(header, little_endian(4000000000, 4) + little_endian(60000, 2)));
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  EXPECT_EQ(file->tensor("a").item<std::int64_t>(), 4000000000);
  EXPECT_EQ(file->tensor("b").item<std::int64_t>(), 60000);
}

TEST(Safetensors, ListsButRefusesEightBitFloats) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.safetensors",
              safetensors_bytes(R"({"a":)" + entry("F8_E4M3", "[2]", "[0,2]") + "}", "xx"));
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  EXPECT_EQ(file->dtype_name("a"), "F8_E4M3");
  expect_error(ErrorCode::Unsupported, "F8_E4M3", [&] { file->tensor("a"); });
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
