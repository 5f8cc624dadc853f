#include "postprocess/upscaler.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/tensor_sources.h"
#include "tensor/cpu/onednn.h"
#include "tests/postprocess/tiny_networks.h"
#include "tests/support/errors.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

RrdbConfig small_rrdb() {
  RrdbConfig config;
  config.width = 8;
  config.growth = 4;
  config.blocks = 2;
  return config;
}

at::Tensor picture(std::int64_t height, std::int64_t width) {
  const at::Tensor y = at::arange(height, at::kFloat).reshape({1, height, 1});
  const at::Tensor x = at::arange(width, at::kFloat).reshape({1, 1, width});
  const at::Tensor phase = at::arange(3, at::kFloat).reshape({3, 1, 1});
  return (at::sin(0.31 * y + 0.11 * x * x / 20 + phase) * 0.5 + 0.5).unsqueeze(0);
}

/// A network of tensors that were written to a file of this name.
class UpscalerFile : public testing::Test {
 protected:
  Upscaler upscaler_of(const TinyTensors& tensors, const std::string& name = "net.safetensors") {
    write_tiny_safetensors(folder_ / name, tensors);
    return Upscaler::open(folder_ / name, {});
  }
  void expect_refused(ErrorCode code, const std::string& part, const TinyTensors& tensors) {
    write_tiny_safetensors(folder_ / "bad.safetensors", tensors);
    expect_error(code, part, [&] { Upscaler::open(folder_ / "bad.safetensors", {}); });
    expect_error(code, (folder_ / "bad.safetensors").string(),
                 [&] { Upscaler::open(folder_ / "bad.safetensors", {}); });
  }

  TemporaryFolder folder_;
};

TEST_F(UpscalerFile, AllLayoutsAreOneNetwork) {
  RrdbConfig config = small_rrdb();
  const at::Tensor expected = upscaler_of(tiny_rrdb(config))(picture(9, 12));
  EXPECT_EQ(expected.sizes(), (std::vector<std::int64_t>{1, 3, 36, 48}));
  for (const RrdbLayout layout : {RrdbLayout::Old, RrdbLayout::First}) {
    config.layout = layout;
    const Upscaler upscaler = upscaler_of(tiny_rrdb(config));
    EXPECT_EQ(std::get<RrdbConfig>(upscaler.config()), config);
    EXPECT_TRUE(at::equal(upscaler(picture(9, 12)), expected));
  }
}

TEST_F(UpscalerFile, SizesComeFromShapes) {
  for (const RrdbLayout layout : {RrdbLayout::Old, RrdbLayout::New, RrdbLayout::First}) {
    for (std::int64_t ups = 0; ups <= 4; ++ups) {
      RrdbConfig config = small_rrdb();
      config.layout = layout;
      config.ups = ups;
      config.blocks = 1 + ups;
      config.growth = 3 + ups;
      const Upscaler upscaler = upscaler_of(tiny_rrdb(config));
      EXPECT_EQ(std::get<RrdbConfig>(upscaler.config()), config);
      EXPECT_EQ(upscaler.scale(), 1 << ups);
      EXPECT_EQ(upscaler(picture(3, 5)).size(3), 5 << ups);
    }
  }
  const CompactConfig compact{6, 3, 3};
  const Upscaler upscaler = upscaler_of(tiny_compact(compact));
  EXPECT_EQ(std::get<CompactConfig>(upscaler.config()), compact);
  EXPECT_EQ(upscaler(picture(4, 6)).size(2), 12);
}

TEST_F(UpscalerFile, UnshufflingNetworksTakeAnySize) {
  for (const std::int64_t unshuffle : {2, 4}) {
    RrdbConfig config = small_rrdb();
    config.unshuffle = unshuffle;
    const Upscaler upscaler = upscaler_of(tiny_rrdb(config));
    EXPECT_EQ(upscaler.scale(), 4 / unshuffle);
    for (const std::int64_t side : {1, 2, 3, 5, 8}) {
      const at::Tensor large = upscaler(picture(side, 7));
      EXPECT_EQ(large.size(2), side * upscaler.scale());
      EXPECT_EQ(large.size(3), 7 * upscaler.scale());
    }
    // What is added at the edge is mirrored.
    const at::Tensor odd = picture(7, 8);
    const at::Tensor even = at::cat({odd, odd.narrow(2, 5, 1)}, 2);
    EXPECT_TRUE(at::equal(upscaler(odd), upscaler(even).narrow(2, 0, 7 * upscaler.scale())));
  }
}

TEST_F(UpscalerFile, TheNameTellsAboutAnEnlargementByThree) {
  RrdbConfig config = small_rrdb();
  config.ups = 1;
  const auto scale_of = [&](const std::string& name) {
    return upscaler_of(tiny_rrdb(config), name).scale();
  };
  EXPECT_EQ(scale_of("3x_lace.safetensors"), 3);
  EXPECT_EQ(scale_of("esrgan-x3plus.safetensors"), 3);
  EXPECT_EQ(scale_of("2x_lace.safetensors"), 2);
  EXPECT_EQ(scale_of("13x_x32.safetensors"), 2);
  config.ups = 2;
  EXPECT_EQ(scale_of("3x_lace.safetensors"), 4);
  config.ups = 1;
  const at::Tensor large = upscaler_of(tiny_rrdb(config), "x3.safetensors")(picture(4, 5));
  EXPECT_EQ(large.sizes(), (std::vector<std::int64_t>{1, 3, 12, 15}));
}

TEST_F(UpscalerFile, EsrganPlusAddsItsPaths) {
  RrdbConfig config = small_rrdb();
  config.cross = true;
  config.blocks = 1;
  const TinyTensors tensors = tiny_rrdb(config);
  write_tiny_safetensors(folder_ / "plus.safetensors", tensors);
  const auto file = FileTensors::open(folder_ / "plus.safetensors");
  const auto conv = [&](const at::Tensor& x, const std::string& name) {
    return at::conv2d(x, file->tensor(name + ".weight"), file->tensor(name + ".bias"), 1, 1);
  };
  const auto lrelu = [](const at::Tensor& x) { return at::leaky_relu(x, 0.2); };
  const auto dense = [&](const at::Tensor& x, const std::string& part) {
    const at::Tensor x1 = lrelu(conv(x, part + "conv1"));
    const at::Tensor x2 = lrelu(conv(at::cat({x, x1}, 1), part + "conv2")) +
                          at::conv2d(x, file->tensor(part + "conv1x1.weight"));
    const at::Tensor x3 = lrelu(conv(at::cat({x, x1, x2}, 1), part + "conv3"));
    const at::Tensor x4 = lrelu(conv(at::cat({x, x1, x2, x3}, 1), part + "conv4")) + x2;
    return conv(at::cat({x, x1, x2, x3, x4}, 1), part + "conv5") * 0.2 + x;
  };
  const at::Tensor start = conv(picture(6, 7), "conv_first");
  at::Tensor x = start;
  for (const char* part : {"body.0.rdb1.", "body.0.rdb2.", "body.0.rdb3."}) {
    x = dense(x, part);
  }
  x = start + conv(x * 0.2 + start, "conv_body");
  for (const char* up : {"conv_up1", "conv_up2"}) {
    x = lrelu(conv(at::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2}), up));
  }
  const at::Tensor expected = conv(lrelu(conv(x, "conv_hr")), "conv_last");
  EXPECT_CLOSE(Upscaler::open(folder_ / "plus.safetensors", {})(picture(6, 7)), expected, 1e-4);
}

TEST_F(UpscalerFile, TakesOffWhatTrainingWrapsAround) {
  const CompactConfig config{6, 2, 2};
  const TinyTensors plain = tiny_compact(config);
  const at::Tensor expected = upscaler_of(plain)(picture(5, 6));
  for (const std::string prefix : {"params.", "params_ema.", "module.", "params.module."}) {
    EXPECT_TRUE(at::equal(upscaler_of(with_prefix(plain, prefix))(picture(5, 6)), expected));
  }
  TinyTensors both = with_prefix(plain, "params_ema.");
  both.merge(with_prefix(tiny_compact({9, 1, 3}), "params."));
  EXPECT_TRUE(at::equal(upscaler_of(both)(picture(5, 6)), expected));
  write_checkpoint(folder_ / "net.pth", with_prefix(plain, "params."), {.state_dict = false});
  EXPECT_TRUE(at::equal(Upscaler::open(folder_ / "net.pth", {})(picture(5, 6)), expected));
  write_checkpoint(folder_ / "old.pth", plain, {.legacy = true});
  EXPECT_TRUE(at::equal(Upscaler::open(folder_ / "old.pth", {})(picture(5, 6)), expected));
}

TEST_F(UpscalerFile, TilesShowNoSeams) {
  RrdbConfig config = small_rrdb();
  std::vector<Upscaler> upscalers = {upscaler_of(tiny_rrdb(config)),
                                     upscaler_of(tiny_compact({8, 4, 2}))};
  config.unshuffle = 2;
  upscalers.push_back(upscaler_of(tiny_rrdb(config)));
  const at::Tensor x = picture(170, 90);
  for (const Upscaler& upscaler : upscalers) {
    const at::Tensor whole = upscaler(x, {.most_side = 1000});
    EXPECT_CLOSE(upscaler(x, {.most_side = 80}), whole, 1.0 / 255);
  }
}

TEST_F(UpscalerFile, TellsHowFarItIsAndStops) {
  const Upscaler upscaler = upscaler_of(tiny_compact({6, 1, 2}));
  std::vector<double> shares;
  upscaler(picture(150, 40), {.most_side = 100}, [&](double share) { shares.push_back(share); });
  EXPECT_EQ(shares, (std::vector<double>{0, 0.2, 0.4, 0.6, 0.8, 1}));
  expect_error(ErrorCode::Cancelled, "enough", [&] {
    upscaler(picture(150, 40), {}, [](double) { throw Error(ErrorCode::Cancelled, "enough"); });
  });
}

TEST_F(UpscalerFile, BytesDoNotDependOnThreads) {
  if (!cpu::onednn_available()) {
    GTEST_SKIP() << "without oneDNN the convolutions are LibTorch's, which promises nothing";
  }
  RrdbConfig config = small_rrdb();
  config.width = 32;
  const Upscaler rrdb = upscaler_of(tiny_rrdb(config));
  const Upscaler compact = upscaler_of(tiny_compact({24, 3, 4}));
  for (const Upscaler* upscaler : {&rrdb, &compact}) {
    set_num_threads(1);
    const at::Tensor one = (*upscaler)(picture(61, 83));
    set_num_threads(3);
    EXPECT_TRUE(at::equal((*upscaler)(picture(61, 83)), one));
    set_num_threads(1);
  }
}

TEST_F(UpscalerFile, RefusesOtherFilesInOneLine) {
  expect_refused(ErrorCode::Unsupported, "is no upscaler that is known: expected", tiny_sd1());
  expect_refused(ErrorCode::Unsupported, "found no tensors", {});
  TinyTensors tensors = tiny_rrdb(small_rrdb());
  tensors.erase("body.1.rdb2.conv3.bias");
  tensors["stray"] = tiny_tensor({1});
  tensors["conv_hr.weight"] = tiny_tensor({8, 8, 5, 5});
  expect_refused(ErrorCode::Corrupt, "body.1.rdb2.conv3.bias: missing", tensors);
  expect_refused(ErrorCode::Corrupt, "conv_hr.weight: expected [8, 8, 3, 3]", tensors);
  expect_refused(ErrorCode::Corrupt, "stray: not used", tensors);
  TinyTensors endless = tiny_compact({4, 1, 2});
  endless["body.0.weight"].numbers[3] = std::nan("");
  expect_refused(ErrorCode::Corrupt, "not finite", endless);
}

TEST_F(UpscalerFile, RefusesAbsurdSizes) {
  const auto changed = [](const std::string& name, const std::vector<std::int64_t>& shape) {
    TinyTensors tensors = tiny_rrdb(small_rrdb());
    tensors[name] = tiny_tensor(shape);
    return tensors;
  };
  expect_refused(ErrorCode::Corrupt, "conv_first.weight is [8, 3], expected 4 dimensions",
                 changed("conv_first.weight", {8, 3}));
  expect_refused(ErrorCode::Corrupt, "conv_first.weight is [0, 3, 3, 3]",
                 changed("conv_first.weight", {0, 3, 3, 3}));
  expect_refused(ErrorCode::Corrupt, "is [5000, 8, 1, 1], expected 4 dimensions from 1 to 4096",
                 changed("body.0.rdb1.conv1.weight", {5000, 8, 1, 1}));
  expect_refused(ErrorCode::Unsupported, "channels 2000, expected at most 1024",
                 changed("body.0.rdb1.conv1.weight", {2000, 8, 1, 1}));
  expect_refused(ErrorCode::Unsupported, "conv_first.weight takes channels 4, expected 3",
                 changed("conv_first.weight", {8, 4, 3, 3}));
  expect_refused(ErrorCode::Unsupported, "conv_last.weight gives channels 1, expected 3",
                 changed("conv_last.weight", {1, 8, 3, 3}));
  TinyTensors many = tiny_rrdb(small_rrdb());
  for (int block = 0; block < 300; ++block) {
    many["body." + std::to_string(block) + ".rdb1.conv1.weight"] = tiny_tensor({1});
  }
  expect_refused(ErrorCode::Unsupported, "more than 256 blocks", many);
  TinyTensors ups = tiny_rrdb(small_rrdb());
  for (int up = 3; up <= 5; ++up) {
    ups["conv_up" + std::to_string(up) + ".weight"] = tiny_tensor({1});
  }
  expect_refused(ErrorCode::Unsupported, "more than 4 enlargements", ups);
  TinyTensors compact = tiny_compact({4, 1, 2});
  compact["body.4.weight"] = tiny_tensor({13, 4, 3, 3});
  expect_refused(ErrorCode::Unsupported, "body.4.weight gives channels 13, expected 3 s^2",
                 compact);
  std::string wrapped = "body.0.weight";
  for (int i = 0; i < 10000; ++i) {
    wrapped.insert(0, "module.");
  }
  expect_refused(ErrorCode::Unsupported, "is no upscaler", {{wrapped, tiny_tensor({1})}});
}

/// A file of a megabyte that claims to be a network of more than a hundred gigabytes is refused by
/// its shapes, before memory is taken.
TEST_F(UpscalerFile, ClaimsTakeNoMemory) {
  TinyTensors tensors = {{"conv_first.weight", tiny_tensor({1024, 3, 1, 1})},
                         {"conv_last.weight", tiny_tensor({3, 1, 1, 1})}};
  for (int block = 0; block < 256; ++block) {
    tensors["body." + std::to_string(block) + ".rdb1.conv1.weight"] = tiny_tensor({1024, 1, 1, 1});
  }
  expect_refused(ErrorCode::Corrupt, "the weights do not fit the network", tensors);
}

TEST_F(UpscalerFile, RefusesAFileThatIsCutShort) {
  write_tiny_safetensors(folder_ / "net.safetensors", tiny_compact({4, 1, 2}));
  std::filesystem::resize_file(folder_ / "net.safetensors",
                               std::filesystem::file_size(folder_ / "net.safetensors") - 8);
  expect_error(ErrorCode::Corrupt, "net.safetensors",
               [&] { Upscaler::open(folder_ / "net.safetensors", {}); });
  write_checkpoint(folder_ / "net.pth", tiny_compact({4, 1, 2}));
  std::filesystem::resize_file(folder_ / "net.pth", 700);
  expect_error(ErrorCode::Corrupt, "net.pth", [&] { Upscaler::open(folder_ / "net.pth", {}); });
}

TEST_F(UpscalerFile, RefusesResultsThatAreNoNumbers) {
  TinyTensors tensors = tiny_compact({4, 1, 1});
  tensors["body.2.weight"] = tiny_tensor({4, 4, 3, 3}, 3e38);
  tensors["body.0.weight"] = tiny_tensor({4, 3, 3, 3}, 3e38);
  const Upscaler upscaler = upscaler_of(tensors);
  Image image(3, 3);
  image.pixels.assign(27, 200);
  expect_error(ErrorCode::Unsupported, "not numbers", [&] { upscaler(image); });
}

}  // namespace
}  // namespace ptravel
