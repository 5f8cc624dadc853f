#include "checkpoint/key_map.h"

#include <gtest/gtest.h>

#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

std::string mapped(ModelPart part, const std::string& name, const DiffusersLayout& layout) {
  const auto result = map_diffusers_name(part, name, layout);
  return result ? result->name : "";
}

TEST(KeyMap, AStrangerKeepsItsName) {
  const DiffusersLayout layout{1, 2, {true, false}};
  const std::string stranger = std::string(kUnetPrefix) + "input_blocks.9.0.in_layers.2.weight";
  EXPECT_EQ(diffusers_name(ModelPart::Unet, stranger, layout),
            "input_blocks.9.0.in_layers.2.weight");
}

TEST(KeyMap, PlacesTheBlocksOfStableDiffusionOne) {
  const DiffusersLayout layout{2, 4, {false, true, true, true}};
  const std::pair<const char*, const char*> unet[] = {
      {"down_blocks.0.resnets.1.conv1.weight", "input_blocks.2.0.in_layers.2.weight"},
      {"down_blocks.2.attentions.0.proj_in.bias", "input_blocks.7.1.proj_in.bias"},
      {"down_blocks.1.downsamplers.0.conv.weight", "input_blocks.6.0.op.weight"},
      {"down_blocks.3.resnets.1.time_emb_proj.weight", "input_blocks.11.0.emb_layers.1.weight"},
      {"mid_block.resnets.1.conv_shortcut.weight", "middle_block.2.skip_connection.weight"},
      {"up_blocks.0.upsamplers.0.conv.bias", "output_blocks.2.1.conv.bias"},
      {"up_blocks.1.upsamplers.0.conv.bias", "output_blocks.5.2.conv.bias"},
      {"up_blocks.3.attentions.2.transformer_blocks.0.attn2.to_k.weight",
       "output_blocks.11.1.transformer_blocks.0.attn2.to_k.weight"},
      {"time_embedding.linear_2.weight", "time_embed.2.weight"},
      {"conv_norm_out.weight", "out.0.weight"},
  };
  for (const auto& [from, to] : unet) {
    EXPECT_EQ(mapped(ModelPart::Unet, from, layout), std::string(kUnetPrefix) + to);
  }
  EXPECT_EQ(mapped(ModelPart::Vae, "decoder.up_blocks.0.resnets.2.conv2.bias", layout),
            "first_stage_model.decoder.up.3.block.2.conv2.bias");
  EXPECT_EQ(mapped(ModelPart::Vae, "post_quant_conv.bias", layout),
            "first_stage_model.post_quant_conv.bias");
}

TEST(KeyMap, KeepsUnknownNamesForTheStrictLoader) {
  EXPECT_EQ(mapped(ModelPart::Unet, "surprise.weight", {2, 4, {}}),
            "model.diffusion_model.surprise.weight");
  EXPECT_EQ(mapped(ModelPart::Unet, "down_blocks.99999999999999999999.resnets.0.x", {2, 4, {}}),
            "model.diffusion_model.down_blocks.99999999999999999999.resnets.0.x");
}

TEST(KeyMap, KnowsOldTextEncodersAndLeftovers) {
  EXPECT_EQ(map_single_file_name("cond_stage_model.transformer.encoder.layers.0.mlp.fc1.bias"),
            "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.bias");
  const char* not_needed[] = {"betas",
                              "model_ema.decay",
                              "model_ema.diffusion_modelout0weight",
                              "sqrt_alphas_cumprod",
                              "posterior_variance",
                              "first_stage_model.loss.discriminator.main.0.weight",
                              "cond_stage_model.transformer.embeddings.position_ids",
                              "cond_stage_model.transformer.text_model.embeddings.position_ids"};
  for (const char* name : not_needed) {
    EXPECT_FALSE(map_single_file_name(name)) << name;
  }
  EXPECT_EQ(map_single_file_name("model.diffusion_model.out.0.bias"),
            "model.diffusion_model.out.0.bias");
}

TEST(KeyMap, KnowsSdxlsFirstTextEncoder) {
  EXPECT_EQ(
      map_single_file_name("conditioner.embedders.0.transformer.text_model.final_layer_norm.bias"),
      "cond_stage_model.transformer.text_model.final_layer_norm.bias");
  for (const char* name : {"conditioner.embedders.0.transformer.text_model.embeddings.position_ids",
                           "conditioner.embedders.0.logit_scale", "denoiser.sigmas"}) {
    EXPECT_FALSE(map_single_file_name(name)) << name;
  }
}

TEST(KeyMap, KnowsOpenClipsTextEncoders) {
  const auto names = [](std::string_view name) {
    std::string all;
    for (const MappedTensor& tensor : map_open_clip_name(name)) {
      all += (all.empty() ? "" : " ") + tensor.name;
    }
    return all;
  };
  const std::string sd2(kTextPrefix), second(kText2Prefix);
  EXPECT_EQ(names("cond_stage_model.model.transformer.resblocks.23.ln_2.bias"),
            sd2 + "encoder.layers.23.layer_norm2.bias");
  EXPECT_EQ(names("conditioner.embedders.0.model.ln_final.weight"),
            sd2 + "final_layer_norm.weight");
  EXPECT_EQ(names("conditioner.embedders.1.model.positional_embedding"),
            second + "embeddings.position_embedding.weight");
  EXPECT_EQ(names("conditioner.embedders.1.model.transformer.resblocks.0.mlp.c_proj.weight"),
            second + "encoder.layers.0.mlp.fc2.weight");
  const std::string layer = second + "encoder.layers.7.self_attn.";
  EXPECT_EQ(names("conditioner.embedders.1.model.transformer.resblocks.7.attn.in_proj_bias"),
            layer + "q_proj.bias " + layer + "k_proj.bias " + layer + "v_proj.bias");
  const auto packed = map_open_clip_name(
      "conditioner.embedders.1.model.transformer.resblocks.7.attn.in_proj_weight");
  ASSERT_EQ(packed.size(), 3U);
  EXPECT_EQ(packed[2].view.piece, 2);
  EXPECT_EQ(packed[2].view.pieces, 3);
  const auto projection = map_open_clip_name("conditioner.embedders.1.model.text_projection");
  ASSERT_EQ(projection.size(), 1U);
  EXPECT_EQ(projection[0].name, second + "text_projection.weight");
  EXPECT_EQ(projection[0].view.shape, RenamedTensors::Shape::Transposed);
  EXPECT_EQ(names("conditioner.embedders.1.model.text_projection.weight"),
            second + "text_projection.weight");
  EXPECT_EQ(names("conditioner.embedders.1.model.surprise"), second + "surprise");
  // SD 2.x does not use what would pool its texts.
  for (const char* name :
       {"cond_stage_model.model.text_projection", "cond_stage_model.model.logit_scale",
        "model.diffusion_model.out.2.bias"}) {
    EXPECT_TRUE(map_open_clip_name(name).empty()) << name;
  }
}

TEST(KeyMap, KnowsWhatCanBelongToAUnet) {
  for (const char* name :
       {"input_blocks.0.0.weight", "time_embed.2.bias", "label_emb.0.0.weight",
        "label_emb.0.2.bias", "middle_block.1.transformer_blocks.9.attn2.to_k.weight",
        "out.2.weight"}) {
    EXPECT_TRUE(is_unet_name(std::string(kUnetPrefix) + name)) << name;
  }
  for (const char* name : {"label_emb.weight", "label_emb.0.0.scale", "control.0.weight"}) {
    EXPECT_FALSE(is_unet_name(std::string(kUnetPrefix) + name)) << name;
  }
}

TEST(KeyMap, EveryUnetNameHasOneEmaTwin) {
  const auto names = unet_names_by_ema_name();
  for (const auto& [name, tensor] : tiny_sd1()) {
    if (name.starts_with(kUnetPrefix)) {
      const auto twin = names.find(ema_name(name));
      ASSERT_NE(twin, names.end()) << name;
      EXPECT_EQ(twin->second, name);
    }
  }
  EXPECT_EQ(ema_name("model.diffusion_model.input_blocks.0.0.weight"),
            "model_ema.diffusion_modelinput_blocks00weight");
  EXPECT_EQ(names.at("model_ema.diffusion_modelinput_blocks110in_layers0weight"),
            "model.diffusion_model.input_blocks.11.0.in_layers.0.weight");
}

}  // namespace
}  // namespace ptravel
