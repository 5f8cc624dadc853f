#include "checkpoint/scaled_tensors.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "checkpoint/decode_numbers.h"
#include "checkpoint/model_files.h"
#include "checkpoint/noise_schedule.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/model.h"
#include "tests/checkpoint/same_tensors.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

constexpr const char* kLayer = "model.diffusion_model.time_embed.0";

double decoded(NumberFormat format, int bits) {
  const auto byte = static_cast<std::byte>(bits);
  return decode_number(&byte, format);
}

TEST(DecodeNumbers, EightBitFloatsToTheLastBit) {
  const std::pair<int, double> e4m3[] = {
      {0x00, 0},   {0x01, 0x1p-9}, {0x07, 7 * 0x1p-9}, {0x08, 0x1p-6}, {0x38, 1},   {0x39, 1.125},
      {0x7e, 448}, {0xfe, -448},   {0xb8, -1},         {0x78, 256},    {0x80, -0.0}};
  for (const auto& [bits, value] : e4m3) {
    EXPECT_EQ(decoded(NumberFormat::F8E4M3, bits), value) << bits;
  }
  const std::pair<int, double> e5m2[] = {
      {0x00, 0},    {0x01, 0x1p-16}, {0x03, 3 * 0x1p-16}, {0x04, 0x1p-14},  {0x3c, 1},
      {0x3d, 1.25}, {0x7b, 57344},   {0xfb, -57344},      {0x7c, HUGE_VAL}, {0xfc, -HUGE_VAL}};
  for (const auto& [bits, value] : e5m2) {
    EXPECT_EQ(decoded(NumberFormat::F8E5M2, bits), value) << bits;
  }
  EXPECT_TRUE(std::isnan(decoded(NumberFormat::F8E4M3, 0x7f)));
  EXPECT_TRUE(std::isnan(decoded(NumberFormat::F8E4M3, 0xff)));
  EXPECT_TRUE(std::isnan(decoded(NumberFormat::F8E5M2, 0x7d)));
  // All of them at once give the same.
  for (const NumberFormat format : {NumberFormat::F8E4M3, NumberFormat::F8E5M2}) {
    std::vector<std::byte> bytes(256);
    std::vector<float> numbers(256);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::byte>(i);
    }
    decode_numbers(format, bytes, numbers);
    for (int i = 0; i < 256; ++i) {
      const double one = decoded(format, i);
      const double other = numbers[static_cast<std::size_t>(i)];
      EXPECT_TRUE(one == other || (std::isnan(one) && std::isnan(other))) << i;
    }
  }
}

/// A tiny model whose matrices and filters are stored in 8 bits; others stay.
TinyTensors in_format(TinyTensors tensors, NumberFormat format) {
  for (auto& [name, tensor] : tensors) {
    if (tensor.shape.size() > 1) {
      tensor.format = format;
    }
  }
  return tensors;
}

TEST(ScaledTensors, FilesOfEightBitFloatsOpenAsTheyAre) {
  const TemporaryFolder folder;
  for (const NumberFormat format : {NumberFormat::F8E4M3, NumberFormat::F8E5M2}) {
    const TinyTensors expected = in_format(tiny_sd1(), format);
    TinyTensors file = expected;
    // The whole file was cast, its noise schedule too.
    const auto levels = *alphas_cumprod_of({.zero_terminal_snr = true});
    file["alphas_cumprod"] = tiny_tensor(
        {1000}, [&](std::size_t i) { return levels[i]; }, format);
    write_tiny_safetensors(folder / "m.safetensors", file);
    const ModelFiles model = open_model(folder / "m.safetensors");
    expect_same(*model.weights, expected);
    EXPECT_EQ(model.alphas_cumprod, levels) << "rounded numbers give way to their rule";
    EXPECT_TRUE(model.notes.empty());
  }
}

TinyTensor counting(std::int64_t rows, std::int64_t columns, NumberFormat format) {
  return tiny_tensor(
      {rows, columns}, [](std::size_t i) { return static_cast<double>(i % 13) - 6; }, format);
}

TinyTensor text_tensor(const std::string& text) {
  return tiny_tensor(
      {static_cast<std::int64_t>(text.size())},
      [&](std::size_t i) { return static_cast<unsigned char>(text[i]); }, NumberFormat::U8);
}

/// One layer's file.
struct Layer {
  const char* title;
  TinyTensors file;
  std::vector<double> scales;  ///< Of each row.
};

std::vector<Layer> layers() {
  const TinyTensor e4m3 = counting(3, 5000, NumberFormat::F8E4M3);
  const TinyTensor i8 = counting(3, 5000, NumberFormat::I8);
  const auto rows = [](std::vector<std::int64_t> shape, double unit) {
    return tiny_tensor(std::move(shape),
                       [unit](std::size_t i) { return unit * static_cast<double>(i + 1); });
  };
  return {
      {"ComfyUI's first way",
       {{"a.weight", e4m3},
        {"a.scale_weight", tiny_tensor({}, 0.5)},
        {"a.scale_input", tiny_tensor({}, 3)},
        {"scaled_fp8", tiny_tensor({2}, 0, NumberFormat::F8E4M3)}},
       {0.5, 0.5, 0.5}},
      {"ComfyUI's second way",
       {{"a.weight", e4m3},
        {"a.weight_scale", tiny_tensor({1}, 0.25, NumberFormat::BF16)},
        {"a.input_scale", tiny_tensor({}, 3)},
        {"a.comfy_quant", text_tensor(R"({"format":"float8_e4m3fn"})")}},
       {0.25, 0.25, 0.25}},
      {"one for each row",
       {{"a.weight", i8},
        {"a.weight_scale", rows({3, 1}, 0.5)},
        {"a.comfy_quant", text_tensor(R"({"format":"int8_rowwise"})")}},
       {0.5, 1, 1.5}},
      {"bitsandbytes",
       {{"a.weight", i8},
        {"a.SCB", rows({3}, 127)},
        {"a.weight_format", tiny_tensor({}, 0, NumberFormat::U8)}},
       {1, 2, 3}},
      {"quanto",
       {{"a.weight._data", i8},
        {"a.weight._scale", rows({3, 1}, 2)},
        {"a.input_scale", tiny_tensor({}, 1)},
        {"a.output_scale", tiny_tensor({}, 1)}},
       {2, 4, 6}},
      {"a scale beside halves",
       {{"a.weight", counting(3, 5000, NumberFormat::F16)},
        {"a.scale_weight", tiny_tensor({1}, 2)}},
       {2, 2, 2}},
  };
}

TEST(ScaledTensors, ScalesAreAppliedToWeights) {
  const TemporaryFolder folder;
  for (Layer& layer : layers()) {
    layer.file["a.bias"] = tiny_tensor({3}, 1, NumberFormat::F16);
    write_tiny_safetensors(folder / "l.safetensors", layer.file);
    const auto tensors = with_scales_applied(open_tensor_file(folder / "l.safetensors").tensors);
    EXPECT_EQ(tensors->names().size(), 2U) << layer.title;
    ASSERT_TRUE(tensors->contains("a.weight")) << layer.title;
    EXPECT_TRUE(tensors->contains("a.bias"));
    EXPECT_EQ(tensors->format("a.bias"), NumberFormat::F16);
    EXPECT_EQ(tensors->format("a.weight"), NumberFormat::F32);
    EXPECT_EQ(tensors->shape("a.weight"), (std::vector<std::int64_t>{3, 5000}));
    const std::vector<double> numbers = read_numbers(*tensors, "a.weight");
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      ASSERT_EQ(numbers[i], (static_cast<double>(i % 13) - 6) * layer.scales[i / 5000])
          << layer.title << " " << i;
    }
    // From any place on.
    std::vector<std::byte> piece(8);
    tensors->read("a.weight", 4 * 4999, piece);
    float pair[2];
    std::memcpy(pair, piece.data(), sizeof pair);
    EXPECT_EQ(pair[0], static_cast<float>(numbers[4999])) << layer.title;
    EXPECT_EQ(pair[1], static_cast<float>(numbers[5000])) << layer.title;
  }
}

TEST(ScaledTensors, AWholeModelOpens) {
  const TemporaryFolder folder;
  TinyTensors file = tiny_sd1();
  const std::string layer = kLayer;
  const TinyTensor plain = file.at(layer + ".weight");
  TinyTensor stored = changed(plain, [](double number) { return number * 1024; });
  stored.format = NumberFormat::F8E4M3;
  file[layer + ".weight"] = stored;
  file[layer + ".scale_weight"] = tiny_tensor({}, 1.0 / 1024);
  file["model.diffusion_model.scaled_fp8"] = tiny_tensor({2}, 0, NumberFormat::F8E4M3);
  write_tiny_safetensors(folder / "m.safetensors", file);
  const ModelFiles model = open_model(folder / "m.safetensors");
  EXPECT_EQ(model.weights->names().size(), tiny_sd1().size());
  EXPECT_TRUE(model.notes.empty());
  const std::vector<double> numbers = read_numbers(*model.weights, layer + ".weight");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    ASSERT_NEAR(numbers[i], plain.numbers[i], std::fabs(plain.numbers[i]) / 16 + 0x1p-20) << i;
  }
  // What the file holds is still told.
  const ModelInfo info = inspect_model(folder / "m.safetensors", Hashing::No);
  EXPECT_GT(info.parts.at(0).dtypes.at("F8_E4M3"), 0U);
}

TEST(ScaledTensors, RefusesWhatItDoesNotKnow) {
  struct Case {
    ErrorCode code;
    const char* part;
    TinyTensors file;
  };
  const TinyTensor i8 = counting(4, 4, NumberFormat::I8);
  const TinyTensor one = tiny_tensor({}, 1);
  const Case cases[] = {
      {ErrorCode::Unsupported,
       "4 numbers stored as F32",
       {{"a.weight", i8}, {"a.weight_scale", tiny_tensor({2, 2}, 1)}}},
      {ErrorCode::Unsupported,
       "4 numbers stored as U8",
       {{"a.weight", i8}, {"a.weight_scale", tiny_tensor({4, 1}, 1, NumberFormat::U8)}}},
      {ErrorCode::Unsupported, "0 numbers", {{"a.weight", i8}, {"a.SCB", tiny_tensor({0})}}},
      {ErrorCode::Corrupt, "not a number", {{"a.weight", i8}, {"a.SCB", tiny_tensor({4}, NAN)}}},
      {ErrorCode::Corrupt,
       "not a number",
       {{"a.weight", i8}, {"a.weight_scale", tiny_tensor({}, 1e300, NumberFormat::F64)}}},
      {ErrorCode::Corrupt,
       "a second scale of a.weight",
       {{"a.weight", i8}, {"a.weight_scale", one}, {"a.scale_weight", one}}},
      {ErrorCode::Corrupt,
       "a second scale of a.weight",
       {{"a.weight", i8}, {"a.weight._data", i8}, {"a.weight._scale", one}}},
      {ErrorCode::Unsupported, "NVFP4", {{"a.weight", i8}, {"a.weight_scale_2", one}}},
      {ErrorCode::Unsupported, "4-bit numbers", {{"a.weight", i8}, {"a.weight.absmax", one}}},
      {ErrorCode::Unsupported, "zero point", {{"a.weight", i8}, {"a.weight_zero_point", one}}},
      {ErrorCode::Unsupported, "packed numbers", {{"a.qweight", i8}}},
      {ErrorCode::Unsupported,
       "the format \"mxfp8\"",
       {{"a.weight", i8}, {"a.comfy_quant", text_tensor(R"({"format":"mxfp8"})")}}},
      {ErrorCode::Unsupported,
       "with \"convrot\"",
       {{"a.weight", i8},
        {"a.comfy_quant", text_tensor(R"({"format":"int8_tensorwise","convrot":true})")}}},
      {ErrorCode::Corrupt,
       "does not tell a format",
       {{"a.weight", i8}, {"a.comfy_quant", text_tensor("{[")}}},
      {ErrorCode::Corrupt, "is not the text", {{"a.weight", i8}, {"a.comfy_quant", one}}},
  };
  const TemporaryFolder folder;
  for (const Case& wrong : cases) {
    write_tiny_safetensors(folder / "l.safetensors", wrong.file);
    const auto file = open_tensor_file(folder / "l.safetensors").tensors;
    expect_error(wrong.code, wrong.part, [&] { with_scales_applied(file); });
    expect_error(wrong.code, "l.safetensors", [&] { with_scales_applied(file); });
  }
  // Whole numbers without a scale are no weights.
  TinyTensors file = tiny_sd1();
  file[std::string(kLayer) + ".weight"].format = NumberFormat::I8;
  write_tiny_safetensors(folder / "m.safetensors", file);
  expect_error(ErrorCode::Unsupported, "stored as I8 without a scale",
               [&] { open_model(folder / "m.safetensors"); });
}

}  // namespace
}  // namespace ptravel
