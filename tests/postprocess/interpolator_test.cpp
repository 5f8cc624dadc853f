#include "postprocess/interpolator.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/tensor_sources.h"
#include "postprocess/doubling_convolution.h"
#include "postprocess/film.h"
#include "postprocess/picture_tensor.h"
#include "postprocess/rife.h"
#include "tensor/cpu/onednn.h"
#include "tests/postprocess/tiny_networks.h"
#include "tests/support/errors.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

RifeConfig rife_version(const std::string& version) {
  RifeConfig config;
  config.widths = {8, 6, 4, 4};
  const bool old = version == "4.0" || version == "4.2";
  if (old || version == "4.5") {
    config.results = 5;
    config.shuffled = !old;
    config.body = version == "4.0"   ? RifeBody::Prelu
                  : version == "4.2" ? RifeBody::Plain
                                     : RifeBody::Residual;
  } else if (version != "4.6") {
    config.head = 4;
    config.head_width = 6;
    config.head_layers = {"encode.cnn0", "encode.cnn1", "encode.cnn2", "encode.cnn3"};
  }
  if (version == "4.7") {
    config.head_layers = {"encode.0", "encode.1"};
  } else if (version == "4.10") {
    config.head_layers = {"encode.0", "encode.2", "encode.4", "encode.6"};
  } else if (version == "4.22" || version == "4.26") {
    config.features = 8;
    config.results = 13;
  }
  if (version == "4.26") {
    config.widths.push_back(2);
  }
  return config;
}

FilmConfig small_film() {
  FilmConfig config;
  config.filters = 2;
  config.fine = {{2, 4}, {2, 6}, {3, 4}};
  config.coarse = {2, 8};
  return config;
}

/// A picture whose pattern is moved to the right.
Image pattern(int width, int height, double shift) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double phase = 0.35 * (x - shift) + 0.2 * y * (c + 1) + c;
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(127.5 + 120 * std::sin(phase));
      }
    }
  }
  return image;
}

/// RIFE by LibTorch's operators, layer by layer as its authors write it.
class PlainRife {
 public:
  PlainRife(const FileTensors& tensors, RifeConfig config)
      : tensors_(tensors), config_(std::move(config)) {}

  at::Tensor operator()(const at::Tensor& first, const at::Tensor& second, double t) const {
    const std::int64_t height = first.size(2), width = first.size(3);
    const at::Tensor a = at::constant_pad_nd(first, {0, 64 - width, 0, 64 - height});
    const at::Tensor b = at::constant_pad_nd(second, {0, 64 - width, 0, 64 - height});
    const at::Tensor time = at::full({1, 1, 64, 64}, t);
    const at::Tensor code_a = encode(a), code_b = encode(b);
    at::Tensor flow, mask, rest, near_a = a, near_b = b;
    for (std::size_t i = 0; i < config_.widths.size(); ++i) {
      std::vector<at::Tensor> parts = {near_a, near_b};
      if (config_.head > 0) {
        parts.push_back(flow.defined() ? moved(code_a, flow.narrow(1, 0, 2)) : code_a);
        parts.push_back(flow.defined() ? moved(code_b, flow.narrow(1, 2, 2)) : code_b);
      }
      parts.push_back(time);
      for (const at::Tensor& known : {mask, rest}) {
        if (known.defined()) {
          parts.push_back(known);
        }
      }
      const std::int64_t scale = std::int64_t{1} << (config_.widths.size() - 1 - i);
      const at::Tensor out = block(config_.block(i), at::cat(parts, 1), flow, scale);
      flow = flow.defined() ? flow + out.narrow(1, 0, 4) : out.narrow(1, 0, 4);
      const at::Tensor new_mask = out.narrow(1, 4, 1);
      mask = mask.defined() && config_.head == 0 ? mask + new_mask : new_mask;
      rest = config_.features > 0 ? out.narrow(1, 5, config_.features) : at::Tensor();
      near_a = moved(a, flow.narrow(1, 0, 2));
      near_b = moved(b, flow.narrow(1, 2, 2));
    }
    const at::Tensor share = at::sigmoid(mask);
    return (near_a * share + near_b * (1 - share)).narrow(2, 0, height).narrow(3, 0, width);
  }

 private:
  at::Tensor weight(const std::string& name) const { return tensors_.tensor(name); }
  at::Tensor conv(const at::Tensor& x, const std::string& name, std::int64_t stride = 1) const {
    return at::conv2d(x, weight(name + ".weight"), weight(name + ".bias"), stride, 1);
  }
  at::Tensor up(const at::Tensor& x, const std::string& name) const {
    return at::conv_transpose2d(x, weight(name + ".weight"), weight(name + ".bias"), 2, 1);
  }
  at::Tensor active(const at::Tensor& x, const std::string& name) const {
    return config_.body == RifeBody::Prelu ? at::prelu(x, weight(name + ".1.weight"))
                                           : at::leaky_relu(x, 0.2);
  }
  static at::Tensor moved(const at::Tensor& x, const at::Tensor& flow) {
    const std::int64_t h = x.size(2), w = x.size(3);
    const at::Tensor columns = at::linspace(-1, 1, w).reshape({1, 1, w});
    const at::Tensor rows = at::linspace(-1, 1, h).reshape({1, h, 1});
    const at::Tensor grid = at::stack(
        {columns + flow.select(1, 0) / ((w - 1) / 2.0), rows + flow.select(1, 1) / ((h - 1) / 2.0)},
        3);
    return at::grid_sampler_2d(x, grid, 0, 1, true);
  }
  at::Tensor encode(at::Tensor x) const {
    for (std::size_t i = 0; i + 1 < config_.head_layers.size(); ++i) {
      x = conv(x, config_.head_layers[i], i == 0 ? 2 : 1);
      x = config_.head_layers.size() > 2 ? at::leaky_relu(x, 0.2) : x;
    }
    return config_.head > 0 ? up(x, config_.head_layers.back()) : x;
  }
  at::Tensor block(const std::string& name,
                   at::Tensor x,
                   const at::Tensor& flow,
                   std::int64_t scale) const {
    const auto sized = [](const at::Tensor& picture, std::int64_t side) {
      return at::upsample_bilinear2d(picture, {side, side}, false);
    };
    x = sized(x, 64 / scale);
    if (flow.defined()) {
      x = at::cat({x, sized(flow, 64 / scale) / static_cast<double>(scale)}, 1);
    }
    x = active(conv(x, name + ".conv0.0.0", 2), name + ".conv0.0");
    x = active(conv(x, name + ".conv0.1.0", 2), name + ".conv0.1");
    const at::Tensor start = x;
    for (int layer = 0; layer < 8; ++layer) {
      const std::string part = name + ".convblock." + std::to_string(layer);
      x = config_.body == RifeBody::Residual
              ? at::leaky_relu(conv(x, part + ".conv") * weight(part + ".beta") + x, 0.2)
              : active(conv(x, part + ".0"), part);
    }
    x = config_.body == RifeBody::Prelu ? x + start : x;
    x = config_.shuffled ? at::pixel_shuffle(up(x, name + ".lastconv.0"), 2)
                         : up(x, name + ".lastconv");
    const double larger = 64.0 / static_cast<double>(x.size(2));
    x = sized(x, 64);
    return at::cat({x.narrow(1, 0, 4) * larger, x.narrow(1, 4, x.size(1) - 4)}, 1);
  }

  const FileTensors& tensors_;
  RifeConfig config_;
};

class InterpolatorFile : public testing::Test {
 protected:
  std::filesystem::path write(const TinyTensors& tensors) {
    write_tiny_safetensors(folder_ / "net.safetensors", tensors);
    return folder_ / "net.safetensors";
  }
  std::unique_ptr<Interpolator> interpolator_of(const TinyTensors& tensors) {
    return open_interpolator(write(tensors), {});
  }
  void expect_refused(ErrorCode code, const std::string& part, const TinyTensors& tensors) {
    const std::filesystem::path path = write(tensors);
    expect_error(code, part, [&] { open_interpolator(path, {}); });
    expect_error(code, path.string(), [&] { open_interpolator(path, {}); });
  }

  TemporaryFolder folder_;
};

TEST(DoublingConvolution, IsTheTransposedOne) {
  const auto source = std::make_shared<MemoryTensors>();
  const at::Tensor weight = at::randn({5, 3, 4, 4}), bias = at::randn({3});
  source->add("net.weight", weight);
  source->add("net.bias", bias);
  const DoublingConvolution doubling(Weights(source, "net", "test"), 5, 3, {});
  const at::Tensor x = at::randn({2, 5, 6, 7});
  EXPECT_CLOSE(doubling(x), at::conv_transpose2d(x, weight, bias, 2, 1), 1e-4);
}

TEST_F(InterpolatorFile, EveryVersionOfRifeIsRecognizedAndComputed) {
  const at::Tensor first = unit_tensor(pattern(50, 41, 0)),
                   second = unit_tensor(pattern(50, 41, 3));
  const std::pair<const char*, const char*> versions[] = {
      {"4.0", "RIFE 4.0, 4 blocks"},           {"4.2", "RIFE 4.1 to 4.4, 4 blocks"},
      {"4.5", "RIFE 4.5, 4 blocks"},           {"4.6", "RIFE 4.6, 4 blocks"},
      {"4.7", "RIFE 4.7 to 4.9, 4 blocks"},    {"4.10", "RIFE 4.10 to 4.21, 4 blocks"},
      {"4.17", "RIFE 4.10 to 4.21, 4 blocks"}, {"4.22", "RIFE 4.22 to 4.24, 4 blocks"},
      {"4.26", "RIFE 4.25 or later, 5 blocks"}};
  for (const auto& [version, description] : versions) {
    SCOPED_TRACE(version);
    const RifeConfig config = rife_version(version);
    const NetworkFile file = rife_tensors(NetworkFile::open(write(tiny_rife(config))));
    EXPECT_EQ(recognize_rife(file), config);
    EXPECT_EQ(describe(config), description);
    const Rife rife = load_network<Rife>(file, config, {});
    const FileTensors tensors(file.tensors());
    EXPECT_CLOSE(rife(first, second, 0.3).picture, PlainRife(tensors, config)(first, second, 0.3),
                 1e-4);
  }
}

TEST_F(InterpolatorFile, NamesOfRifeFiles) {
  const TinyTensors plain = tiny_rife(rife_version("4.6"));
  const Image first = pattern(30, 20, 0), second = pattern(30, 20, 2);
  const std::vector<Image> expected = interpolator_of(plain)->between(first, second, 2);
  ASSERT_EQ(expected.size(), 2U);
  EXPECT_EQ(expected[0].width, 30);
  EXPECT_EQ(expected[0].height, 20);
  for (const std::string prefix : {"module.", "flownet.", "module.flownet."}) {
    EXPECT_EQ(interpolator_of(with_prefix(plain, prefix))->between(first, second, 2), expected);
  }
  RifeConfig dotted = rife_version("4.6");
  dotted.block_prefix = "blocks.";
  EXPECT_EQ(interpolator_of(tiny_rife(dotted))->between(first, second, 2), expected);
  TinyTensors trained = plain;
  for (const char* name :
       {"teacher.block.weight", "caltime.0.bias", "contextnet.conv1.weight", "unet.down0.weight"}) {
    trained[name] = tiny_tensor({2});
  }
  EXPECT_EQ(interpolator_of(trained)->between(first, second, 2), expected);
  write_checkpoint(folder_ / "flownet.pkl", with_prefix(plain, "module."), {.state_dict = false});
  EXPECT_EQ(open_interpolator(folder_ / "flownet.pkl", {})->between(first, second, 2), expected);
}

TEST_F(InterpolatorFile, AnEnsembleDoesNotCareWhichIsFirst) {
  const RifeConfig config = rife_version("4.6");
  const NetworkFile file = NetworkFile::open(write(tiny_rife(config)));
  const Rife rife = load_network<Rife>(file, config, {});
  const at::Tensor first = unit_tensor(pattern(40, 30, 0)),
                   second = unit_tensor(pattern(40, 30, 2));
  const at::Tensor there = rife(first, second, 0.25, RifeEnsemble::Yes).picture;
  const at::Tensor back = rife(second, first, 0.75, RifeEnsemble::Yes).picture;
  EXPECT_CLOSE(there, back, 1e-5);
  EXPECT_FALSE(close_to(there, rife(first, second, 0.25).picture, 1e-3));
}

TEST_F(InterpolatorFile, BothPortsOfFilmAreOneNetwork) {
  const FilmConfig config = small_film();
  const TinyTensors plain = tiny_film(config);
  const auto renamed = [&](const std::string& part, bool all) {
    TinyTensors result;
    for (const auto& [name, tensor] : plain) {
      const std::size_t dot = name.rfind('.');
      const bool bare =
          name.starts_with("fuse.output_conv") ||
          (!all && (name.starts_with("fuse.convs.") && name[name.find('.', 11) + 1] == '0'));
      result[bare ? name : name.substr(0, dot) + part + name.substr(dot)] = tensor;
    }
    return result;
  };
  const Image first = pattern(70, 50, 0), second = pattern(70, 50, 4);
  const auto film = interpolator_of(plain);
  EXPECT_EQ(film->description(), "FILM, 2 filters");
  const std::vector<Image> expected = film->between(first, second, 1);
  ASSERT_EQ(expected.size(), 1U);
  EXPECT_EQ(expected[0].width, 70);
  EXPECT_EQ(interpolator_of(renamed(".0", false))->between(first, second, 1), expected);
  EXPECT_EQ(interpolator_of(renamed(".conv", true))->between(first, second, 1), expected);
  const NetworkFile file = film_tensors(NetworkFile::open(write(renamed(".conv", true))));
  EXPECT_EQ(recognize_film(file), config);
}

TEST_F(InterpolatorFile, FilmHalvesWhereItCan) {
  const auto film = interpolator_of(tiny_film(small_film()));
  const Image first = pattern(64, 64, 0), second = pattern(64, 64, 4);
  const std::vector<Image> three = film->between(first, second, 3);
  ASSERT_EQ(three.size(), 3U);
  EXPECT_EQ(three[1], film->between(first, second, 1)[0]);
  EXPECT_EQ(film->between(first, second, 2).size(), 2U);
  EXPECT_TRUE(film->between(first, second, 0).empty());
}

TEST_F(InterpolatorFile, BytesDoNotDependOnThreads) {
  if (!cpu::onednn_available()) {
    GTEST_SKIP() << "without oneDNN the convolutions are LibTorch's, which promises nothing";
  }
  RifeConfig rife = rife_version("4.26");
  rife.widths = {32, 16, 16, 16, 16};
  const Image first = pattern(150, 130, 0), second = pattern(150, 130, 4);
  for (const TinyTensors& tensors : {tiny_rife(rife), tiny_film(small_film())}) {
    const auto interpolator = interpolator_of(tensors);
    set_num_threads(1);
    const std::vector<Image> one = interpolator->between(first, second, 2);
    set_num_threads(3);
    EXPECT_EQ(interpolator->between(first, second, 2), one);
    set_num_threads(1);
  }
}

TEST_F(InterpolatorFile, RefusesOtherFilesInOneLine) {
  expect_refused(ErrorCode::Unsupported, "is no network for pictures in between", tiny_sd1());
  expect_refused(ErrorCode::Unsupported, "found no tensors", {});
  TinyTensors rife = tiny_rife(rife_version("4.26"));
  rife.erase("block3.convblock.7.beta");
  rife["block1.stray"] = tiny_tensor({1});
  rife["encode.cnn2.weight"] = tiny_tensor({6, 6, 1, 1});
  expect_refused(ErrorCode::Corrupt, "block3.convblock.7.beta: missing", rife);
  expect_refused(ErrorCode::Corrupt, "block1.stray: not used", rife);
  expect_refused(ErrorCode::Corrupt, "encode.cnn2.weight: expected [6, 6, 3, 3]", rife);
  TinyTensors film = tiny_film(small_film());
  film.erase("fuse.convs.1.2.bias");
  expect_refused(ErrorCode::Corrupt, "fuse.convs.1.2.bias: missing", film);
  film = tiny_film(small_film());
  film["fuse.output_conv.bias"].numbers[1] = std::nan("");
  expect_refused(ErrorCode::Corrupt, "not finite", film);
}

TEST_F(InterpolatorFile, RefusesAbsurdSizes) {
  const auto changed = [](TinyTensors tensors, const std::string& name,
                          const std::vector<std::int64_t>& shape) {
    tensors[name] = tiny_tensor(shape);
    return tensors;
  };
  const TinyTensors rife = tiny_rife(rife_version("4.26"));
  expect_refused(ErrorCode::Unsupported, "block0.lastconv.0.weight has channels 30, expected",
                 changed(rife, "block0.lastconv.0.weight", {8, 30, 4, 4}));
  expect_refused(ErrorCode::Unsupported, "block1.conv0.0.0.weight has channels 21, expected 20",
                 changed(rife, "block1.conv0.0.0.weight", {3, 21, 3, 3}));
  expect_refused(ErrorCode::Unsupported, "block2.conv0.1.0.weight has channels 1026",
                 changed(rife, "block2.conv0.1.0.weight", {1026, 2, 3, 3}));
  expect_refused(ErrorCode::Unsupported, "block2.conv0.1.0.weight has channels 3, expected an even",
                 changed(rife, "block2.conv0.1.0.weight", {3, 2, 3, 3}));
  expect_refused(ErrorCode::Unsupported, "encode.cnn3.weight has channels 65",
                 changed(rife, "encode.cnn3.weight", {6, 65, 4, 4}));
  expect_refused(ErrorCode::Corrupt, "block0.conv0.0.0.weight",
                 changed(rife, "block0.conv0.0.0.weight", {4, 0, 3, 3}));
  TinyTensors many = rife;
  for (int i = 0; i < 9; ++i) {
    many["block" + std::to_string(i) + ".conv0.0.0.weight"] = tiny_tensor({1});
  }
  expect_refused(ErrorCode::Unsupported, "more than 7 blocks", many);
  const TinyTensors film = tiny_film(small_film());
  const std::string extractor = "extract.extract_sublevels.convs.";
  expect_refused(ErrorCode::Unsupported, "has channels 300, expected at most 256",
                 changed(film, extractor + "0.0.weight", {300, 3, 3, 3}));
  expect_refused(ErrorCode::Unsupported, "predict_flow._predictor has 4 convolutions of 5 channels",
                 changed(film, "predict_flow._predictor._convs.0.weight", {5, 60, 3, 3}));
  TinyTensors levels = film;
  for (int i = 0; i < 9; ++i) {
    levels["fuse.convs." + std::to_string(i) + ".0.weight"] = tiny_tensor({1});
  }
  expect_refused(ErrorCode::Unsupported, "more than 6 levels of fusion", levels);
}

}  // namespace
}  // namespace ptravel
