#include "model/tiny_decoder.h"

#include <functional>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "checkpoint/tensor_file.h"
#include "model/tensor_sources.h"
#include "ptravel/error.h"
#include "tests/model/tiny.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_testing.h"
#include "tests/support/tiny_files.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

// scripts/make_tiny_decoder.py made both.
const fs::path kFile = PTRAVEL_TEST_DATA "/tiny_decoder/decoder.pth";

at::Tensor reference(const std::string& name) {
  return FileTensors::open(PTRAVEL_TEST_DATA "/tiny_decoder/decode.safetensors")->tensor(name);
}

/// The fixture's tensors under other names, as a file.
TinyTensors renamed(const std::function<std::string(int layer, const std::string& rest)>& name) {
  const TensorFile file = open_tensor_file(kFile);
  TinyTensors tensors;
  for (const std::string& old : file.tensors->names()) {
    const std::size_t dot = old.find('.');
    const auto numbers = read_numbers(*file.tensors, old);
    tensors[name(std::stoi(old.substr(0, dot)), old.substr(dot + 1))] =
        tiny_tensor(file.tensors->shape(old), [&](std::size_t i) { return numbers.at(i); });
  }
  return tensors;
}

std::string plain(int layer, const std::string& rest) { return std::to_string(layer) + "." + rest; }

class TinyDecoderFiles : public testing::Test {
 protected:
  fs::path written(const TinyTensors& tensors) {
    write_tiny_safetensors(folder_.path() / "taesd_decoder.safetensors", tensors);
    return folder_.path() / "taesd_decoder.safetensors";
  }
  void expect_refusal(ErrorCode code, const std::string& part, const TinyTensors& tensors) {
    const fs::path path = written(tensors);
    expect_error(code, part, [&] { TinyDecoder::load(path, cpu_fp32()); });
    expect_error(code, path.string(), [&] { TinyDecoder::load(path, cpu_fp32()); });
  }
  TemporaryFolder folder_;
};

TEST(TinyDecoder, GivesThePictureOfTheReference) {
  const TinyDecoder decoder = TinyDecoder::load(kFile, cpu_fp32());
  EXPECT_EQ(decoder.config(), (TinyDecoderConfig{4, 8, {2, 1, 1, 1}}));
  const at::Tensor picture = decoder.decode(reference("latent"));
  EXPECT_EQ(picture.sizes(), at::IntArrayRef({1, 3, 40, 56}));
  EXPECT_CLOSE(picture, reference("picture"), 1e-5);
}

TEST(TinyDecoder, Bfloat16IsClose) {
  const TinyDecoder decoder = TinyDecoder::load(kFile, cpu_bf16());
  EXPECT_CLOSE(decoder.decode(reference("latent")), reference("picture"), 0.05);
}

TEST(TinyDecoder, APictureDoesNotDependOnBatchOrThreads) {
  const TinyDecoder decoder = TinyDecoder::load(kFile, cpu_fp32());
  const at::Tensor latents = at::randn({3, 4, 6, 5});
  set_num_threads(2);
  const at::Tensor all = decoder.decode(latents);
  set_num_threads(other_threads());
  EXPECT_TRUE(at::equal(all.narrow(0, 2, 1), decoder.decode(latents.narrow(0, 2, 1))));
}

TEST(TinyDecoder, RefusesOperandsThatDoNotFit) {
  const TinyDecoder decoder = TinyDecoder::load(kFile, cpu_fp32());
  EXPECT_THROW(decoder.decode(at::zeros({1, 3, 8, 8})), Error);
  EXPECT_THROW(decoder.decode(at::zeros({4, 8, 8})), Error);
  EXPECT_THROW(decoder.decode(at::zeros({0, 4, 8, 8})), Error);
}

TEST_F(TinyDecoderFiles, AllNamesOfTheLayersGiveTheSame) {
  const std::function<std::string(int, const std::string&)> layouts[] = {
      plain,
      [](int layer, const std::string& rest) { return "taesd_decoder." + plain(layer, rest); },
      [](int layer, const std::string& rest) { return "decoder." + plain(layer, rest); },
      // Diffusers: without the first layer, which has no weights.
      [](int layer, const std::string& rest) { return "decoder.layers." + plain(layer - 1, rest); },
  };
  for (const auto& layout : layouts) {
    TinyTensors tensors = renamed(layout);
    tensors["encoder.layers.0.weight"] = tiny_tensor({8, 3, 3, 3});
    if (tensors.begin()->first.find("decoder") == std::string::npos) {
      tensors.erase("encoder.layers.0.weight");  // Files of the decoder alone have no prefix.
    }
    const TinyDecoder decoder = TinyDecoder::load(written(tensors), cpu_fp32());
    EXPECT_CLOSE(decoder.decode(reference("latent")), reference("picture"), 1e-5);
  }
}

TEST_F(TinyDecoderFiles, SaysWhatDoesNotFit) {
  using enum ErrorCode;
  TinyTensors tensors = renamed(plain);
  tensors.erase("3.conv.2.bias");
  expect_refusal(Corrupt, "levels.0.blocks.0.conv.2.bias", tensors);
  tensors = renamed(plain);
  tensors["3.conv.2.bias"] = tiny_tensor({9});
  expect_refusal(Corrupt, "levels.0.blocks.0.conv.2.bias", tensors);
  tensors = renamed(plain);
  tensors["3.skip.weight"] = tiny_tensor({8, 8, 1, 1});
  expect_refusal(Corrupt, "skip.weight", tensors);
  expect_refusal(Unsupported, "is a Stable Diffusion 1.x, expected a tiny decoder", tiny_sd1());
  expect_refusal(Unsupported, "has 1.norm, which no tiny decoder", {{"1.norm", tiny_tensor({8})}});
  expect_refusal(Corrupt, "8 between, 0 of the picture", {{"1.weight", tiny_tensor({8, 4, 3, 3})}});
  expect_refusal(
      Corrupt, "5000 between",
      {{"1.weight", tiny_tensor({5000, 4, 1, 1})}, {"2.weight", tiny_tensor({3, 5000, 1, 1})}});
}

TEST_F(TinyDecoderFiles, AreFoundByTheModelsFamily) {
  EXPECT_EQ(find_tiny_decoder({folder_.path()}, ModelFamily::Sd1), std::nullopt);
  const fs::path file = written(renamed(plain));
  EXPECT_EQ(find_tiny_decoder({"/nowhere", folder_.path()}, ModelFamily::Sd1), file);
  EXPECT_EQ(find_tiny_decoder({folder_.path()}, ModelFamily::Sd2), file);
  EXPECT_EQ(find_tiny_decoder({folder_.path()}, ModelFamily::Sdxl), std::nullopt);
  const fs::path xl = folder_.path() / "taesdxl" / "diffusion_pytorch_model.safetensors";
  write_bytes(xl, "");
  EXPECT_EQ(find_tiny_decoder({folder_.path()}, ModelFamily::SdxlInpainting), xl);
}

}  // namespace
}  // namespace ptravel
