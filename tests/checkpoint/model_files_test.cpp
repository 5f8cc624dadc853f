#include "checkpoint/model_files.h"

#include <gtest/gtest.h>

#include "checkpoint/key_map.h"
#include "tests/checkpoint/falling.h"
#include "tests/checkpoint/same_tensors.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

double one_more(double number) { return number + 1; }

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

TEST(ModelFiles, AUnetThatTakesAVectorIsAnotherModel) {
  const TemporaryFolder folder;
  TinyTensors file = tiny_sd1();
  for (const char* name : {"0.0", "0.2"}) {
    file[std::string("model.diffusion_model.label_emb.") + name + ".weight"] =
        tiny_tensor({128, 128});
    file[std::string("model.diffusion_model.label_emb.") + name + ".bias"] = tiny_tensor({128});
  }
  write_tiny_safetensors(folder / "m.safetensors", file);
  EXPECT_EQ(inspect_model(folder / "m.safetensors", Hashing::No).family, ModelFamily::Sdxl);
  expect_error(ErrorCode::Unsupported, "has no second text encoder",
               [&] { open_model(folder / "m.safetensors"); });
}

TEST(ModelFiles, StrayTensorsDoNotMakeAModelSomethingElse) {
  const TemporaryFolder folder;
  for (const char* stray :
       {"lora_te_text_model_encoder_layers_0_mlp_fc1.alpha", "control_model.zero_convs.0.0.weight",
        "model.diffusion_model.input_blocks.1.1.proj_in.lora_up.weight",
        "first_stage_model.decoder.conv_in.lora_down.weight",
        "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.lora_A.weight",
        "conditioner.embedders.1.model.ln_final.weight", "cond_stage_model.model.ln_final.weight",
        "model.diffusion_model.label_emb.0.0.weight", "model.diffusion_model.double_blocks.0.x",
        "string_to_param.*", "emb_params", "768.0.linear.0.weight", "depth_model.x"}) {
    TinyTensors file = tiny_sd1();
    file[stray] = tiny_tensor({1, 1});
    write_tiny_safetensors(folder / "m.safetensors", file);
    const ModelFiles model = open_model(folder / "m.safetensors");
    expect_same(*model.weights, tiny_sd1());
    ASSERT_EQ(model.notes.size(), 1U) << stray;
    EXPECT_EQ(model.notes[0],
              std::string("1 tensors belong to no network and are ignored: ") + stray);
    EXPECT_EQ(inspect_model(folder / "m.safetensors", Hashing::No).family, ModelFamily::Sd1);
  }
  // Nor does one tensor of a model make a LoRA a model.
  TinyTensors lora = {{"first_stage_model.decoder.conv_in.weight", tiny_tensor({1, 1})}};
  for (const char* end : {".alpha", ".lora_down.weight", ".lora_up.weight"}) {
    lora[std::string("lora_unet_down_blocks_0") + end] = tiny_tensor({1, 1});
  }
  write_tiny_safetensors(folder / "l.safetensors", lora);
  EXPECT_EQ(inspect_model(folder / "l.safetensors", Hashing::No).family, ModelFamily::Lora);
}

TEST(ModelFiles, OtherPeoplesFilesBesideItAreLeftAlone) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "m.safetensors", tiny_sd1());
  for (const char* text : {"", "{not json", R"({"description":"a note","activation text":""})",
                           R"({"unet":"x"})", R"({"unet":{"text":1}})", "\xff\xfe"}) {
    write_bytes(folder / "m.json", text);
    expect_same(*open_model(folder / "m.safetensors").weights, tiny_sd1());
  }
  std::filesystem::remove(folder / "m.json");
  // A config.json of another model in the same folder.
  for (const char* text : {R"({"unet":{"num_heads":5}})", R"({"unet":{"model_channels":320}})",
                           R"({"unet":{"num_heads":4},"scale_factor":"big"})"}) {
    write_bytes(folder / "config.json", text);
    const ModelFiles model = open_model(folder / "m.safetensors");
    EXPECT_EQ(model.unet.heads, (std::vector<std::int64_t>{8, 8})) << text;
    EXPECT_NE(model.notes.back().find("config.json describes another model"), std::string::npos);
    EXPECT_EQ(model.files.size(), 1U);
  }
  std::filesystem::remove(folder / "config.json");
  // One that bears the model's name and is of our kind must fit.
  write_bytes(folder / "m.json", R"({"unet":{"model_channels":320}})");
  expect_error(ErrorCode::Corrupt, "the config file says 320",
               [&] { open_model(folder / "m.safetensors"); });
  std::filesystem::remove(folder / "m.json");
  write_bytes(folder / "m.vae.pt", "no VAE");
  const ModelFiles model = open_model(folder / "m.safetensors");
  EXPECT_TRUE(model.vae_path.empty());
  EXPECT_NE(model.notes.at(0).find("m.vae.pt"), std::string::npos);
}

std::string listed(const ModelFiles& model) {
  std::string text;
  for (const ModelFile& file : model.files) {
    text +=
        file.role + " " + file.path.lexically_relative(model.path.parent_path()).string() + "\n";
  }
  return text;
}

TEST(ModelFiles, ListsEveryFileThatWasRead) {
  const TemporaryFolder folder;
  TinyTensors expected = tiny_sd1();
  write_tiny_safetensors(folder / "m.safetensors", tiny_sd1());
  write_tiny_safetensors(folder / "m.vae.safetensors", with_other_vae(false, expected));
  write_bytes(folder / "config.json", R"({"unet":{"num_heads":4}})");
  write_bytes(folder / "m.yaml", "parameterization: v\n");
  write_bytes(folder / "m.json", R"({"description":"a note"})");
  EXPECT_EQ(listed(open_model(folder / "m.safetensors")),
            "model m.safetensors\nvae m.vae.safetensors\nconfig config.json\nconfig m.yaml\n");
  write_tiny_folder(folder / "d", tiny_sd1());
  write_bytes(folder / "d/tokenizer/vocab.json", "{}");
  write_bytes(folder / "d/tokenizer/merges.txt", "");
  std::filesystem::rename(folder / "d/vae/diffusion_pytorch_model.safetensors",
                          folder / "d/vae/part.safetensors");
  write_bytes(folder / "d/vae/diffusion_pytorch_model.safetensors.index.json",
              R"({"weight_map":{"a":"part.safetensors"}})");
  EXPECT_EQ(listed(open_model(folder / "d")),
            "unet d/unet/diffusion_pytorch_model.safetensors\nvae d/vae/part.safetensors\n"
            "index d/vae/diffusion_pytorch_model.safetensors.index.json\n"
            "text_encoder d/text_encoder/model.safetensors\nconfig d/unet/config.json\n"
            "config d/vae/config.json\nconfig d/text_encoder/config.json\n"
            "config d/scheduler/scheduler_config.json\ntokenizer d/tokenizer/vocab.json\n"
            "tokenizer d/tokenizer/merges.txt\n");
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

TEST(ModelFiles, AVaeOfAnotherFamilyIsToldWhereItSaysSo) {
  const TemporaryFolder folder;
  TinyTensors expected = tiny_sd1();
  const TinyTensors vae = with_other_vae(false, expected);
  const auto model = folder / "m.safetensors";
  write_tiny_safetensors(model, tiny_sd1());
  const auto open_with = [&](const char* name) {
    return open_model(model, {.vae = folder / name});
  };
  write_tiny_safetensors(folder / "a.safetensors", vae,
                         {{"modelspec.architecture", "stable-diffusion-xl-v1-base/vae"}});
  expect_error(ErrorCode::Unsupported, "(modelspec.architecture) says stable-diffusion-xl",
               [&] { open_with("a.safetensors"); });
  write_tiny_safetensors(folder / "b.safetensors", vae,
                         {{"modelspec.architecture", "stable-diffusion-v1/vae"}});
  EXPECT_TRUE(open_with("b.safetensors").notes.empty());
  // The VAE of a diffusers folder.
  write_tiny_safetensors(folder / "vae/diffusion_pytorch_model.safetensors", vae);
  write_bytes(folder / "vae/config.json", R"({"scaling_factor":0.13025})");
  expect_error(ErrorCode::Unsupported, "states scaling_factor 0.13025; expected the VAE of",
               [&] { open_with("vae/diffusion_pytorch_model.safetensors"); });
  write_bytes(folder / "vae/config.json", R"({"scaling_factor":0.18215})");
  EXPECT_TRUE(open_with("vae/diffusion_pytorch_model.safetensors").notes.empty());
  // A name may lie.
  write_tiny_safetensors(folder / "SDXL_vae.safetensors", vae);
  const ModelFiles named = open_with("SDXL_vae.safetensors");
  ASSERT_EQ(named.notes.size(), 1U);
  EXPECT_NE(named.notes[0].find("is named like the VAE of a Stable Diffusion XL model"),
            std::string::npos);
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

TEST(ModelFiles, KnowsNetworksThatTakePictures) {
  const TemporaryFolder folder;
  const auto opened = [&](std::int64_t channels) {
    write_tiny_safetensors(folder / "m.safetensors", tiny_sd1({.in_channels = channels}));
    return open_model(folder / "m.safetensors");
  };
  const ModelFiles inpainting = opened(9);
  EXPECT_EQ(inpainting.family, ModelFamily::Sd1Inpainting);
  EXPECT_EQ(inpainting.picture, PictureInput::Masked);
  const ModelFiles pix2pix = opened(8);
  EXPECT_EQ(pix2pix.family, ModelFamily::InstructPix2Pix);
  EXPECT_EQ(pix2pix.picture, PictureInput::Edited);
  EXPECT_EQ(opened(4).picture, PictureInput::None);
  EXPECT_EQ(picture_channels(PictureInput::Masked, 4), 5);
  EXPECT_EQ(picture_channels(PictureInput::Edited, 4), 4);
  expect_error(ErrorCode::Corrupt, "UNet with 5 in and 4 out", [&] { opened(5); });
}

struct Stranger {
  TinyTensors tensors;
  const char* message;
};

TEST(ModelFiles, AWidthThatHeadsDoNotDivideIsNamedWithItsFile) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "m.safetensors", tiny_sd1());
  write_bytes(folder / "m.json", R"({"unet":{"num_heads":7}})");
  expect_error(ErrorCode::Corrupt,
               "m.safetensors: the UNet's width at level 0 is 32, expected a multiple of 7",
               [&] { open_model(folder / "m.safetensors"); });
}

TEST(ModelFiles, MetadataOfAnotherFamilyGivesWayToTensors) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "m.safetensors", tiny_sd1(),
                         {{"modelspec.architecture", "stable-diffusion-v2-768-v"}});
  const ModelFiles model = open_model(folder / "m.safetensors");
  EXPECT_EQ(model.family, ModelFamily::Sd1);
  ASSERT_EQ(model.notes.size(), 1U);
  EXPECT_NE(model.notes[0].find("says stable-diffusion-v2-768-v, its tensors"), std::string::npos);
  // Variants bear the name of what they were made of.
  for (const std::int64_t channels : {std::int64_t{8}, std::int64_t{9}}) {
    write_tiny_safetensors(folder / "m.safetensors", tiny_sd1({.in_channels = channels}),
                           {{"modelspec.architecture", "stable-diffusion-v1/edit"}});
    EXPECT_TRUE(open_model(folder / "m.safetensors").notes.empty()) << channels;
  }
}

TEST(ModelFiles, RefusesOtherKindsInOneSentence) {
  const TinyTensor one = tiny_tensor({1, 1});
  TinyTensors other = tiny_sd1();
  std::erase_if(other, [](const auto& item) { return item.first.starts_with(kTextPrefix); });
  TinyTensors sdxl = other;
  sdxl["conditioner.embedders.1.model.ln_final.weight"] = one;
  TinyTensors refiner = other;
  refiner["conditioner.embedders.0.model.ln_final.weight"] = one;
  TinyTensors depth = other;
  depth["depth_model.model.pretrained.cls_token"] = one;
  TinyTensors unclip = other;
  unclip["embedder.model.ln_final.weight"] = tiny_tensor({1024});
  TinyTensors alt = other;
  alt["cond_stage_model.roberta.embeddings.word_embeddings.weight"] = one;
  const Stranger strangers[] = {
      {sdxl, "has no text encoder"},
      {refiner, "XL refiner"},
      {depth, "Stable Diffusion 2.x depth model file, which is not supported yet"},
      {unclip, "unCLIP"},
      {alt, "AltDiffusion"},
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
