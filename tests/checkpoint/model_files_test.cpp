#include "checkpoint/model_files.h"

#include <cmath>

#include <gtest/gtest.h>

#include "checkpoint/key_map.h"
#include "tests/checkpoint/same_tensors.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

double one_more(double number) { return number + 1; }

/// 1000 numbers in equal steps.
TinyTensor falling(double first, double last, NumberFormat format = NumberFormat::F32) {
  return tiny_tensor(
      {1000}, [&](std::size_t i) { return first + (last - first) * static_cast<double>(i) / 999; },
      format);
}

TEST(ModelFiles, EverySingleFileLayoutGivesTheSameTensors) {
  const TemporaryFolder folder;
  const TinyTensors tensors = tiny_sd1();
  write_tiny_safetensors(folder / "a.safetensors", tensors);
  write_checkpoint(folder / "b.ckpt", tensors);
  write_checkpoint(folder / "c.pt", tensors, {.legacy = true, .state_dict = false});
  // The content decides, not the name.
  write_tiny_safetensors(folder / "d.ckpt", tensors);
  for (const char* name : {"a.safetensors", "b.ckpt", "c.pt", "d.ckpt"}) {
    const ModelFiles model = open_model(folder / name);
    expect_same(*model.weights, tensors);
    EXPECT_EQ(model.unet.model_channels, 32) << name;
    EXPECT_EQ(model.prediction, Prediction::Eps) << name;
    EXPECT_FALSE(model.alphas_cumprod) << name;
    EXPECT_TRUE(model.vae_path.empty()) << name;
  }
}

TEST(ModelFiles, MixedNumberFormatsAndLeftoversLoad) {
  const TemporaryFolder folder;
  const TinyTensors expected = [] {
    TinyTensors tensors = tiny_sd1();
    tensors["model.diffusion_model.out.2.bias"] = tiny_tensor({4}, 1);
    tensors["first_stage_model.quant_conv.bias"] = tiny_tensor({8}, 1, NumberFormat::BF16);
    return tensors;
  }();
  TinyTensors file = expected;
  file["betas"] = tiny_tensor({1000});
  file["model_ema.decay"] = tiny_tensor({});
  file["first_stage_model.loss.logvar"] = tiny_tensor({});
  file["cond_stage_model.transformer.text_model.embeddings.position_ids"] = tiny_tensor({1, 77});
  file["strange.tensor"] = tiny_tensor({1});
  file["alphas_cumprod"] = falling(0.999, 0.004);
  write_tiny_safetensors(folder / "m.safetensors", file);
  const ModelFiles model = open_model(folder / "m.safetensors");
  expect_same(*model.weights, expected);
  ASSERT_TRUE(model.alphas_cumprod);
  EXPECT_FLOAT_EQ(model.alphas_cumprod->front(), 0.999F);
  ASSERT_EQ(model.notes.size(), 1U);
  EXPECT_NE(model.notes[0].find("strange.tensor"), std::string::npos);
}

TEST(ModelFiles, RefusesABrokenNoiseSchedule) {
  const TemporaryFolder folder;
  TinyTensors file = tiny_sd1();
  for (const TinyTensor& schedule :
       {tiny_tensor({7}), falling(0.1, 0.9), falling(2.0, 0.1), tiny_tensor({1000}, NAN)}) {
    file["alphas_cumprod"] = schedule;
    write_tiny_safetensors(folder / "m.safetensors", file);
    expect_error(ErrorCode::Corrupt, "alphas_cumprod",
                 [&] { open_model(folder / "m.safetensors"); });
  }
}

TEST(ModelFiles, OldTextEncoderNamesLoad) {
  const TemporaryFolder folder;
  TinyTensors old;
  for (const auto& [name, tensor] : tiny_sd1()) {
    const bool text = name.starts_with(kTextPrefix);
    old[text ? "cond_stage_model.transformer." + name.substr(kTextPrefix.size()) : name] = tensor;
  }
  write_tiny_safetensors(folder / "m.safetensors", old);
  expect_same(*open_model(folder / "m.safetensors").weights, tiny_sd1());
}

TEST(ModelFiles, EmaWeightsOnRequestOrWhenThereAreNoOthers) {
  const TemporaryFolder folder;
  const TinyTensors plain = tiny_sd1();
  TinyTensors averaged = plain;
  TinyTensors both = plain;
  TinyTensors only_ema;
  for (const auto& [name, tensor] : plain) {
    if (!name.starts_with(kUnetPrefix)) {
      only_ema[name] = tensor;
      continue;
    }
    averaged[name] = changed(tensor, one_more);
    both[ema_name(name)] = changed(tensor, one_more);
    only_ema[ema_name(name)] = changed(tensor, one_more);
  }
  write_tiny_safetensors(folder / "both.safetensors", both);
  write_tiny_safetensors(folder / "ema.safetensors", only_ema);
  write_tiny_safetensors(folder / "plain.safetensors", plain);
  expect_same(*open_model(folder / "both.safetensors").weights, plain);
  expect_same(*open_model(folder / "both.safetensors", {.prefer_ema = true}).weights, averaged);
  expect_same(*open_model(folder / "ema.safetensors").weights, averaged);
  const ModelFiles without = open_model(folder / "plain.safetensors", {.prefer_ema = true});
  expect_same(*without.weights, plain);
  EXPECT_EQ(without.notes.size(), 1U);
}

TinyTensors with_other_vae(bool prefixed, TinyTensors& expected) {
  TinyTensors vae;
  for (auto& [name, tensor] : expected) {
    if (name.starts_with(kVaePrefix)) {
      tensor = changed(tensor, [](double number) { return number * 2; });
      vae[prefixed ? name : name.substr(kVaePrefix.size())] = tensor;
    }
  }
  vae[prefixed ? "first_stage_model.loss.logvar" : "loss.logvar"] = tiny_tensor({});
  vae[prefixed ? "first_stage_model.model_ema.decay" : "model_ema.decay"] = tiny_tensor({});
  return vae;
}

TEST(ModelFiles, ASeparateVaeReplacesTheOneInside) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "m.safetensors", tiny_sd1());
  for (const bool prefixed : {false, true}) {
    TinyTensors expected = tiny_sd1();
    write_checkpoint(folder / "other.pt", with_other_vae(prefixed, expected));
    const ModelFiles model = open_model(folder / "m.safetensors", {.vae = folder / "other.pt"});
    expect_same(*model.weights, expected);
    EXPECT_EQ(model.vae_path, folder / "other.pt");
  }
  TinyTensors expected = tiny_sd1();
  with_other_vae(true, expected);
  write_tiny_safetensors(folder / "diffusers.safetensors",
                         tiny_diffusers_part(expected, "vae", true));
  expect_same(
      *open_model(folder / "m.safetensors", {.vae = folder / "diffusers.safetensors"}).weights,
      expected);
  write_tiny_safetensors(folder / "lora.safetensors",
                         {{"lora_unet_x.lora_down.weight", tiny_tensor({1, 1})}});
  expect_error(ErrorCode::Unsupported, "is a LoRA, expected a VAE",
               [&] { open_model(folder / "m.safetensors", {.vae = folder / "lora.safetensors"}); });
}

TEST(ModelFiles, FindsTheVaeBesideTheModel) {
  const TemporaryFolder folder;
  TinyTensors expected = tiny_sd1();
  const TinyTensors vae = with_other_vae(false, expected);
  write_tiny_safetensors(folder / "m.safetensors", tiny_sd1());
  write_checkpoint(folder / "m.vae.pt", vae);
  expect_same(*open_model(folder / "m.safetensors").weights, expected);
  expect_same(*open_model(folder / "m.safetensors", {.automatic_vae = false}).weights, tiny_sd1());
}

TEST(ModelFiles, AModelWithoutVaeNeedsOne) {
  const TemporaryFolder folder;
  TinyTensors expected = tiny_sd1();
  const TinyTensors vae = with_other_vae(false, expected);
  TinyTensors pruned = tiny_sd1();
  std::erase_if(pruned, [](const auto& item) { return item.first.starts_with(kVaePrefix); });
  write_tiny_safetensors(folder / "m.safetensors", pruned);
  write_tiny_safetensors(folder / "v.safetensors", vae);
  expect_error(ErrorCode::Unsupported, "has no VAE", [&] { open_model(folder / "m.safetensors"); });
  expect_same(*open_model(folder / "m.safetensors", {.vae = folder / "v.safetensors"}).weights,
              expected);
}

TEST(ModelFiles, PredictionComesFromFilesAndOptions) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "m.safetensors", tiny_sd1());
  write_bytes(folder / "config.json", R"({"unet":{"num_heads":4},"parameterization":"v"})");
  const ModelFiles model = open_model(folder / "m.safetensors");
  EXPECT_EQ(model.prediction, Prediction::V);
  EXPECT_EQ(model.unet.num_heads, 4);
  EXPECT_EQ(open_model(folder / "m.safetensors", {.prediction = Prediction::Eps}).prediction,
            Prediction::Eps);
  write_bytes(folder / "m.yaml", "parameterization: eps\n");
  EXPECT_EQ(open_model(folder / "m.safetensors").prediction, Prediction::Eps);
}

TEST(ModelFiles, PartsMustFitTogether) {
  const TemporaryFolder folder;
  TinyTensors tensors = tiny_sd1();
  for (const auto& [name, tensor] : tiny_sd1({.context = 128})) {
    if (name.starts_with(kTextPrefix)) {
      tensors[name] = tensor;
    }
  }
  write_tiny_safetensors(folder / "m.safetensors", tensors);
  expect_error(ErrorCode::Corrupt, "do not fit together",
               [&] { open_model(folder / "m.safetensors"); });
}

struct Stranger {
  TinyTensors tensors;
  const char* message;
};

TEST(ModelFiles, RefusesOtherKindsInOneSentence) {
  const TinyTensor one = tiny_tensor({1, 1});
  TinyTensors inpainting = tiny_sd1({.in_channels = 9});
  TinyTensors pix2pix = tiny_sd1({.in_channels = 8});
  TinyTensors sdxl = tiny_sd1();
  sdxl["conditioner.embedders.1.model.ln_final.weight"] = one;
  TinyTensors refiner = tiny_sd1();
  refiner["conditioner.embedders.0.model.ln_final.weight"] = one;
  TinyTensors sd2 = tiny_sd1();
  sd2["cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight"] = one;
  const Stranger strangers[] = {
      {inpainting, "inpainting model"},
      {pix2pix, "InstructPix2Pix"},
      {sdxl, "Stable Diffusion XL"},
      {refiner, "XL refiner"},
      {sd2, "Stable Diffusion 2.x file, which is not supported yet"},
      {{{"lora_unet_down_blocks_0.lora_down.weight", one}}, "is a LoRA, not a complete model"},
      {{{"first_stage_model.decoder.conv_in.weight", one}}, "is a VAE"},
      {{{"decoder.conv_in.weight", one}}, "is a VAE"},
      {{{"emb_params", tiny_tensor({2, 768})}}, "embedding"},
      {{{"anything", tiny_tensor({2, 768})}}, "embedding"},
      {{{"control_model.input_blocks.0.0.weight", one}}, "ControlNet"},
      {{{"768.0.linear.0.weight", one}}, "hypernetwork"},
      {{{"down_blocks.0.resnets.0.conv1.weight", one}}, "give the folder"},
      {{{"text_model.final_layer_norm.weight", one}}, "text encoder"},
      {{{"model.diffusion_model.double_blocks.0.x", one}}, "transformer"},
      {{{"x", one}, {"y", one}}, "no model that this program knows"},
      {{{"model.diffusion_model.input_blocks.0.0.weight", tiny_tensor({32, 4, 3, 3})}},
       "has no text encoder"},
  };
  const TemporaryFolder folder;
  for (const Stranger& stranger : strangers) {
    write_tiny_safetensors(folder / "m.safetensors", stranger.tensors);
    expect_error(ErrorCode::Unsupported, stranger.message,
                 [&] { open_model(folder / "m.safetensors"); });
  }
}

TEST(ModelFiles, RefusesWhatIsNoModelFile) {
  const TemporaryFolder folder;
  write_bytes(folder / "lfs.safetensors",
              "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  expect_error(ErrorCode::Unsupported, "Git LFS", [&] { open_model(folder / "lfs.safetensors"); });
  write_bytes(folder / "page.ckpt", "<!DOCTYPE html><html>");
  expect_error(ErrorCode::Unsupported, "web page", [&] { open_model(folder / "page.ckpt"); });
  expect_error(ErrorCode::NotFound, "gone.ckpt", [&] { open_model(folder / "gone.ckpt"); });
  expect_error(ErrorCode::Unsupported, "model_index.json", [&] { open_model(folder.path()); });
  write_bytes(folder / "empty.ckpt", "");
  expect_error(ErrorCode::Corrupt, "empty", [&] { open_model(folder / "empty.ckpt"); });
}

}  // namespace
}  // namespace ptravel
