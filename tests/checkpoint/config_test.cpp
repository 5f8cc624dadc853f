#include "checkpoint/config.h"

#include <gtest/gtest.h>

#include "checkpoint/stored_tensors.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

/// Shapes alone: configs are read from nothing else.
class Shapes : public StoredTensors {
 public:
  explicit Shapes(const TinyTensors& tensors) {
    for (const auto& [name, tensor] : tensors) {
      set(name, tensor.shape);
    }
  }
  void set(const std::string& name, std::vector<std::int64_t> shape) {
    shapes_[name] = std::move(shape);
  }

  std::vector<std::string> names() const override { return {}; }
  bool contains(std::string_view name) const override { return shapes_.contains(name); }
  std::vector<std::int64_t> shape(std::string_view name) const override {
    return shapes_.find(name)->second;
  }
  NumberFormat format(std::string_view) const override { return NumberFormat::F16; }
  std::filesystem::path file(std::string_view) const override { return "shapes"; }
  void read(std::string_view, std::uint64_t, std::span<std::byte>) const override {
    ADD_FAILURE() << "a config is read from shapes";
  }

 private:
  std::map<std::string, std::vector<std::int64_t>, std::less<>> shapes_;
};

TEST(Config, IsReadFromShapes) {
  const Shapes source(tiny_sd1());
  const UnetConfig unet = read_unet_config(source, {});
  EXPECT_EQ(unet.model_channels, 32);
  EXPECT_EQ(unet.num_res_blocks, 1);
  EXPECT_EQ(unet.channel_mult, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(unet.transformer_depth, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(unet.middle_depth, 1);
  EXPECT_EQ(unet.heads, (std::vector<std::int64_t>{8, 8}));
  EXPECT_EQ(unet.context_dim, 64);
  EXPECT_FALSE(unet.linear_projection);
  const ClipConfig clip = read_clip_config(source, {});
  EXPECT_EQ(clip.vocab_size, 60);
  EXPECT_EQ(clip.width, 64);
  EXPECT_EQ(clip.num_layers, 2);
  EXPECT_EQ(clip.num_heads, 1);
  EXPECT_EQ(clip.intermediate, 256);
  EXPECT_EQ(clip.max_positions, 77);
  const VaeConfig vae = read_vae_config(source, {});
  EXPECT_EQ(vae.channels, 32);
  EXPECT_EQ(vae.channel_mult, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(vae.num_res_blocks, 1);
  EXPECT_EQ(vae.factor(), 2);
  EXPECT_EQ(vae.embed_dim, 4);
}

TEST(Config, HintsGiveWhatShapesDoNotShow) {
  ConfigHints hints;
  hints.unet_heads = {4};
  hints.texts[0].heads = 2;
  hints.texts[0].quick_gelu = false;
  hints.scale_factor = 0.5;
  const Shapes source(tiny_sd1());
  EXPECT_EQ(read_unet_config(source, hints).heads, (std::vector<std::int64_t>{4, 4}));
  EXPECT_EQ(read_clip_config(source, hints).num_heads, 2);
  EXPECT_FALSE(read_clip_config(source, hints).quick_gelu);
  EXPECT_EQ(read_vae_config(source, hints).scale_factor, 0.5);
}

TEST(Config, HeadsOfEachLevel) {
  using Heads = std::vector<std::int64_t>;
  const Shapes source(tiny_sd1());  // 32 wide, then 64
  ConfigHints hints;
  hints.unet_heads = {2, 16};
  EXPECT_EQ(read_unet_config(source, hints).heads, (Heads{2, 16}));
  hints.unet_heads = {2, 4, 8};
  expect_error(ErrorCode::Corrupt, "heads for 3 levels of the UNet, the weights have 2",
               [&] { read_unet_config(source, hints); });
  hints.unet_heads = {2, 3};  // the middle block's, though the last level has no attention
  expect_error(ErrorCode::Corrupt, "multiple of 3", [&] { read_unet_config(source, hints); });
  hints.unet_heads = {};
  hints.unet_head_channels = 16;
  EXPECT_EQ(read_unet_config(source, hints).heads, (Heads{2, 4}));
  hints.unet_head_channels = 64;  // wider than the first level
  expect_error(ErrorCode::Corrupt, "multiple of 64", [&] { read_unet_config(source, hints); });
}

/// Without a config: SD 2.x and SDXL, whose projections are Linear, have heads of 64 channels.
TEST(Config, HeadsFollowTheKindOfProjection) {
  using Heads = std::vector<std::int64_t>;
  Shapes source(tiny_sd1({.model_channels = 64}));
  EXPECT_EQ(read_unet_config(source, {}).heads, (Heads{8, 8}));
  const std::string first = "model.diffusion_model.input_blocks.1.1.proj_in.weight";
  source.set(first, {64, 64});
  EXPECT_EQ(read_unet_config(source, {}).heads, (Heads{1, 2}));
  Shapes narrow(tiny_sd1());
  narrow.set(first, {32, 32});
  EXPECT_EQ(read_unet_config(narrow, {}).heads, (Heads{8, 8}));
}

TEST(Config, ReadsTheVectorThatTheUnetTakes) {
  Shapes source(tiny_sd1());
  EXPECT_EQ(read_unet_config(source, {}).vector_dim, 0);
  source.set("model.diffusion_model.label_emb.0.0.weight", {128, 2816});
  EXPECT_EQ(read_unet_config(source, {}).vector_dim, 2816);
  source.set("model.diffusion_model.label_emb.0.0.weight", {128, 100'000});
  expect_error(ErrorCode::Corrupt, "the UNet's vector is 100000",
               [&] { read_unet_config(source, {}); });
}

TEST(Config, RefusesHeadsThatDoNotDivide) {
  const Shapes source(tiny_sd1());
  ConfigHints hints;
  hints.unet_heads = {5};
  hints.texts[0].heads = 3;
  expect_error(ErrorCode::Corrupt, "multiple of 5", [&] { read_unet_config(source, hints); });
  expect_error(ErrorCode::Corrupt, "multiple of 3", [&] { read_clip_config(source, hints); });
}

TEST(Config, AsksForAConfigWhereTheWidthSaysNothing) {
  const Shapes source(tiny_sd1({.context = 48}));
  expect_error(ErrorCode::Unsupported, "config.json", [&] { read_clip_config(source, {}); });
}

TEST(Config, RefusesHostileShapes) {
  const std::string unet = "model.diffusion_model.";
  const std::pair<std::string, std::vector<std::int64_t>> changes[] = {
      {unet + "input_blocks.0.0.weight", {1 << 19, 4, 3, 3}},
      {unet + "input_blocks.0.0.weight", {33, 4, 3, 3}},
      {unet + "input_blocks.0.0.weight", {32, 5000, 3, 3}},
      {unet + "input_blocks.0.0.weight", {0, 4, 3, 3}},
      {unet + "input_blocks.0.0.weight", {32}},
      {unet + "input_blocks.1.0.in_layers.2.weight", {48, 32, 3, 3}},
      {unet + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", {32, 1 << 19}},
      {unet + "input_blocks.4.0.in_layers.2.weight", {96, 32, 3, 3}},
      {unet + "out.2.weight", {1 << 18, 32, 3, 3}},
  };
  for (const auto& [name, shape] : changes) {
    Shapes source(tiny_sd1());
    source.set(name, shape);
    expect_error(ErrorCode::Corrupt, "[config]", [&] { read_unet_config(source, {}); });
  }
}

TEST(Config, NamesMissingTensors) {
  TinyTensors tensors = tiny_sd1();
  tensors.erase("model.diffusion_model.input_blocks.0.0.weight");
  tensors.erase("first_stage_model.post_quant_conv.weight");
  tensors.erase("cond_stage_model.transformer.text_model.embeddings.position_embedding.weight");
  const Shapes source(tensors);
  expect_error(ErrorCode::Corrupt, "input_blocks.0.0.weight is missing",
               [&] { read_unet_config(source, {}); });
  expect_error(ErrorCode::Corrupt, "post_quant_conv", [&] { read_vae_config(source, {}); });
  expect_error(ErrorCode::Corrupt, "position_embedding", [&] { read_clip_config(source, {}); });
}

TEST(ConfigFile, IsReadAndCompared) {
  const TemporaryFolder folder;
  const auto path = folder / "config.json";
  write_bytes(path, R"({"unet":{"num_heads":4,"model_channels":64,"num_head_channels":-1},
      "clip":{"num_heads":2,"act":"gelu"},"scale_factor":0.2,"parameterization":"v"})");
  std::vector<std::string> notes;
  const ConfigHints hints = read_config_json(path, notes).value();
  EXPECT_EQ(hints.files, std::vector{path});
  EXPECT_EQ(hints.unet_heads, std::vector<std::int64_t>{4});
  EXPECT_EQ(hints.unet_head_channels, std::nullopt);
  EXPECT_EQ(hints.texts[0].heads, 2);
  EXPECT_EQ(hints.texts[0].quick_gelu, false);
  EXPECT_EQ(hints.scale_factor, 0.2);
  EXPECT_EQ(hints.prediction, Prediction::V);
  expect_error(ErrorCode::Corrupt,
               "unet.model_channels: the config file says 64, the weights have 320",
               [&] { check_hints(hints, {}, {}, {}); });
}

TEST(ConfigFile, RefusesNonsense) {
  const TemporaryFolder folder;
  const auto path = folder / "config.json";
  std::vector<std::string> notes;
  const std::string texts[] = {R"({"unet":{"num_heads":100000}})",
                               R"({"unet":{"num_heads":18446744073709551615}})",
                               R"({"unet":{"channel_mult":[1,9223372036854775808]}})",
                               R"({"unet":{"num_heads":8},"scale_factor":1e308})",
                               R"({"unet":{"num_heads":8},"scale_factor":1e-308})",
                               R"({"unet":{"num_heads":8},"scale_factor":"big"})",
                               R"({"unet":{"num_heads":8},"scale_factor":0})",
                               R"({"unet":{"num_heads":8},"parameterization":"x0"})",
                               R"({"unet":{"num_heads":8},"scale_factor":)" +
                                   std::string(100'000, '[') + std::string(100'000, ']') + "}"};
  for (const std::string& text : texts) {
    write_bytes(path, text);
    expect_error(ErrorCode::Corrupt, "config.json", [&] { read_config_json(path, notes); });
  }
}

TEST(ConfigFile, LeavesOtherPeoplesFilesAlone) {
  const TemporaryFolder folder;
  const auto path = folder / "m.json";
  std::vector<std::string> notes;
  for (const char* text : {R"({"architectures":["Something else"]})", R"({"unet":{}})", "[1]", "7",
                           R"({"unet":{"rank":4},"scale_factor":"big"})", ""}) {
    write_bytes(path, text);
    EXPECT_FALSE(read_config_json(path, notes)) << text;
    EXPECT_TRUE(notes.empty()) << text;
  }
  write_bytes(path, "{not json");
  EXPECT_FALSE(read_config_json(path, notes));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("m.json is not valid JSON and is left alone"), std::string::npos);
}

TEST(ConfigFile, FindsTheParameterizationOfATrainingConfig) {
  const TemporaryFolder folder;
  write_bytes(
      folder / "m.yaml",
      "model:\r\n  params:\r\n    # parameterization: \"eps\"\r\n    parameterization: \"v\"\r\n");
  EXPECT_EQ(read_yaml_prediction(folder / "m.yaml"), Prediction::V);
  EXPECT_EQ(read_hints_beside(folder / "m.ckpt").prediction, Prediction::V);
  write_bytes(folder / "m.yaml", "model:\n  linear_start: 0.00085\n");
  EXPECT_FALSE(read_yaml_prediction(folder / "m.yaml"));
  write_bytes(folder / "m.yaml", "parameterization: q");
  expect_error(ErrorCode::Corrupt, "\"q\"", [&] { read_yaml_prediction(folder / "m.yaml"); });
}

}  // namespace
}  // namespace ptravel
