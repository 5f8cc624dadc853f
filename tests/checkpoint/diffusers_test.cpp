#include "checkpoint/diffusers.h"

#include <gtest/gtest.h>

#include "checkpoint/model_files.h"
#include "schedule/sigma_table.h"
#include "tests/checkpoint/same_tensors.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

TEST(Diffusers, GivesTheSameTensorsAsTheSingleFile) {
  for (const bool old_attention : {false, true}) {
    const TemporaryFolder folder;
    write_tiny_folder(folder.path(), tiny_sd1(), old_attention);
    std::filesystem::create_directories(folder / "tokenizer");
    const ModelFiles model = open_model(folder.path());
    expect_same(*model.weights, tiny_sd1());
    EXPECT_EQ(model.unet.heads, (std::vector<std::int64_t>{4, 4}));
    EXPECT_EQ(model.clips.at(0).num_heads, 2);
    EXPECT_EQ(model.tokenizers.at(0), folder / "tokenizer");
    EXPECT_FALSE(model.alphas_cumprod);
    expect_same(*open_model(folder / "model_index.json").weights, tiny_sd1());
  }
}

TEST(Diffusers, ReadsShardsAndVariantsAndPickles) {
  const TemporaryFolder folder;
  write_tiny_folder(folder.path(), tiny_sd1());
  TinyTensors first = tiny_diffusers_part(tiny_sd1(), "unet", false);
  TinyTensors second;
  for (int i = 0; i < 40; ++i) {
    second.insert(first.extract(first.begin()));
  }
  std::filesystem::remove(folder / "unet/diffusion_pytorch_model.safetensors");
  write_tiny_safetensors(folder / "unet/part-1.safetensors", first);
  write_tiny_safetensors(folder / "unet/part-2.safetensors", second);
  write_bytes(
      folder / "unet/diffusion_pytorch_model.safetensors.index.json",
      R"({"weight_map":{"a":"part-1.safetensors","b":"part-2.safetensors","c":"part-1.safetensors"}})");
  std::filesystem::rename(folder / "vae/diffusion_pytorch_model.safetensors",
                          folder / "vae/diffusion_pytorch_model.fp16.safetensors");
  std::filesystem::remove(folder / "text_encoder/model.safetensors");
  write_checkpoint(folder / "text_encoder/pytorch_model.bin",
                   tiny_diffusers_part(tiny_sd1(), "text_encoder", false), {.state_dict = false});
  expect_same(*open_model(folder.path()).weights, tiny_sd1());
  EXPECT_EQ(model_hash_file(folder.path()), folder / "unet/part-1.safetensors");
}

TEST(Diffusers, ShardsStayInsideTheFolder) {
  const TemporaryFolder folder;
  write_tiny_folder(folder.path(), tiny_sd1());
  std::filesystem::remove(folder / "unet/diffusion_pytorch_model.safetensors");
  for (const char* shard : {"../vae/x.safetensors", "/etc/passwd", "..", ""}) {
    write_bytes(folder / "unet/diffusion_pytorch_model.safetensors.index.json",
                std::string(R"({"weight_map":{"a":")") + shard + "\"}}");
    expect_error(ErrorCode::Corrupt, "beside it", [&] { open_model(folder.path()); });
  }
}

TEST(Diffusers, ReadsPredictionAndSchedule) {
  const TemporaryFolder folder;
  write_tiny_folder(folder.path(), tiny_sd1());
  write_bytes(
      folder / "scheduler/scheduler_config.json",
      R"({"prediction_type":"v_prediction","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02})");
  const ModelFiles model = open_model(folder.path());
  EXPECT_EQ(model.prediction, Prediction::V);
  ASSERT_TRUE(model.alphas_cumprod);
  EXPECT_NEAR(model.alphas_cumprod->front(), 0.9999, 1e-12);
  EXPECT_NEAR(model.alphas_cumprod->back(), 4.0358e-5, 1e-8);
  for (const char* text :
       {R"({"beta_schedule":"squaredcos_cap_v2"})", R"({"num_train_timesteps":10})",
        R"({"prediction_type":"sample"})", R"({"beta_start":2})", R"({"trained_betas":[0.1]})"}) {
    write_bytes(folder / "scheduler/scheduler_config.json", text);
    expect_error(ErrorCode::Unsupported, "scheduler_config.json",
                 [&] { open_model(folder.path()); });
  }
}

TEST(Diffusers, TakesTheSignalFromTheLastLevelWhereTheConfigSaysSo) {
  const TemporaryFolder folder;
  write_tiny_folder(folder.path(), tiny_sd1());
  const auto path = folder / "scheduler/scheduler_config.json";
  write_bytes(path, R"({"rescale_betas_zero_snr":true,"trained_betas":null})");
  const auto alphas = open_model(folder.path()).alphas_cumprod;
  EXPECT_EQ(alphas, rescale_zero_terminal_snr(default_alphas_cumprod()));
  for (const char* text :
       {R"({"rescale_betas_zero_snr":false})", R"({"rescale_betas_zero_snr":null})"}) {
    write_bytes(path, text);
    EXPECT_FALSE(open_model(folder.path()).alphas_cumprod) << text;
  }
  write_bytes(path, R"({"rescale_betas_zero_snr":"yes"})");
  expect_error(ErrorCode::Corrupt, "scheduler_config.json: rescale_betas_zero_snr",
               [&] { open_model(folder.path()); });
}

TEST(Diffusers, ReadsHeadsOfEachLevel) {
  using Heads = std::vector<std::int64_t>;
  const TemporaryFolder folder;
  write_tiny_folder(folder.path(), tiny_sd1());
  const std::pair<const char*, Heads> good[] = {
      {R"({"attention_head_dim":[2,4],"block_out_channels":[32,64]})", {2, 4}},
      {R"({"attention_head_dim":[4,2]})", {4, 2}},
      {R"({"attention_head_dim":[2,2]})", {2, 2}},
      {R"({"attention_head_dim":4})", {4, 4}},
      {R"({"attention_head_dim":2,"num_attention_heads":[8,16]})", {8, 16}}};
  for (const auto& [text, heads] : good) {
    write_bytes(folder / "unet/config.json", text);
    EXPECT_EQ(open_model(folder.path()).unet.heads, heads) << text;
  }
  for (const char* text :
       {R"({"attention_head_dim":[0,4]})", R"({"attention_head_dim":[]})",
        R"({"attention_head_dim":[2,"x"]})", R"({"attention_head_dim":1e308})",
        R"({"attention_head_dim":1.5})", R"({"attention_head_dim":18446744073709551615})",
        R"({"attention_head_dim":[2,1e308]})", R"({"attention_head_dim":[2,9223372036854775808]})",
        "[]"}) {
    write_bytes(folder / "unet/config.json", text);
    expect_error(ErrorCode::Corrupt, "unet/config.json", [&] { open_model(folder.path()); });
  }
  write_bytes(folder / "unet/config.json", R"({"attention_head_dim":[2,4,8]})");
  expect_error(ErrorCode::Corrupt, "3 levels", [&] { open_model(folder.path()); });
}

TEST(Diffusers, ReadsTheSizeItWasTrainedOn) {
  const TemporaryFolder folder;
  write_tiny_folder(folder.path(), tiny_sd1());
  EXPECT_FALSE(open_model(folder.path()).sample_size);
  write_bytes(folder / "unet/config.json", R"({"attention_head_dim":4,"sample_size":16})");
  EXPECT_EQ(open_model(folder.path()).sample_size, 16);
  for (const char* text : {R"({"sample_size":[16,24]})", R"({"sample_size":null})"}) {
    write_bytes(folder / "unet/config.json", text);
    EXPECT_FALSE(open_model(folder.path()).sample_size) << text;
  }
  for (const char* text : {R"({"sample_size":0})", R"({"sample_size":100000})"}) {
    write_bytes(folder / "unet/config.json", text);
    expect_error(ErrorCode::Corrupt, "sample_size", [&] { open_model(folder.path()); });
  }
}

TEST(Diffusers, RefusesOtherFamiliesAndMissingParts) {
  const TemporaryFolder folder;
  write_tiny_folder(folder.path(), tiny_sd1({.in_channels = 9}));
  EXPECT_EQ(open_model(folder.path()).family, ModelFamily::Sd1Inpainting);
  write_tiny_folder(folder.path(), tiny_sd1());
  std::filesystem::create_directories(folder / "text_encoder_2");
  expect_error(ErrorCode::NotFound, "text_encoder_2: holds no weights",
               [&] { open_model(folder.path()); });
  std::filesystem::rename(folder / "text_encoder", folder / "text_encoder_1");
  std::filesystem::copy_file(folder / "text_encoder_1/model.safetensors",
                             folder / "text_encoder_2/model.safetensors");
  expect_error(ErrorCode::Unsupported, "XL refiner", [&] { open_model(folder.path()); });
  std::filesystem::remove_all(folder / "unet");
  expect_error(ErrorCode::NotFound, "holds no weights", [&] { open_model(folder.path()); });
}

}  // namespace
}  // namespace ptravel
