#include "addons/lora_targets.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

constexpr const char* kBlock = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.";

std::string layer_of(const LoraTargets& targets, const std::string& name, LoraNaming naming) {
  const auto target = targets.find({name, naming, {}});
  return target ? target->layer : "none";
}

class Sd1Targets : public testing::Test {
 protected:
  std::string web_ui(const std::string& name) {
    return layer_of(targets_, name, LoraNaming::WebUi);
  }
  std::string diffusers(const std::string& name) {
    return layer_of(targets_, name, LoraNaming::Diffusers);
  }
  LoraTargets targets_{open_model(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors")};
};

TEST_F(Sd1Targets, NamesInDiffusersOrder) {
  const std::string front = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_";
  EXPECT_EQ(web_ui(front + "attn1_to_q"), std::string(kBlock) + "attn1.to_q");
  EXPECT_EQ(web_ui(front + "ff_net_0_proj"), std::string(kBlock) + "ff.net.0.proj");
  EXPECT_EQ(web_ui("lora_unet_conv_in"), "model.diffusion_model.input_blocks.0.0");
  EXPECT_EQ(web_ui("lora_unet_time_embedding_linear_2"), "model.diffusion_model.time_embed.2");
  EXPECT_EQ(web_ui("lora_unet_mid_block_resnets_1_conv2"),
            "model.diffusion_model.middle_block.2.out_layers.3");
  EXPECT_EQ(web_ui("lora_unet_down_blocks_1_resnets_0_conv_shortcut"),
            "model.diffusion_model.input_blocks.4.0.skip_connection");
  EXPECT_EQ(web_ui("lora_unet_up_blocks_0_upsamplers_0_conv"),
            "model.diffusion_model.output_blocks.2.1.conv");
  EXPECT_EQ(web_ui("lora_unet_up_blocks_2_upsamplers_0_conv"),
            "model.diffusion_model.output_blocks.8.2.conv");
}

TEST_F(Sd1Targets, NamesInLdmOrderAndOfTextEncoders) {
  EXPECT_EQ(web_ui("lora_unet_input_blocks_1_1_transformer_blocks_0_attn2_to_k"),
            std::string(kBlock) + "attn2.to_k");
  EXPECT_EQ(web_ui("oft_unet_input_blocks_1_1_proj_in"),
            "model.diffusion_model.input_blocks.1.1.proj_in");
  const std::string layer = "cond_stage_model.transformer.text_model.encoder.layers.1.mlp.fc2";
  EXPECT_EQ(web_ui("lora_te_text_model_encoder_layers_1_mlp_fc2"), layer);
  EXPECT_EQ(web_ui("lora_te1_text_model_encoder_layers_1_mlp_fc2"), layer);
  EXPECT_EQ(diffusers("text_encoder.text_model.encoder.layers.1.mlp.fc2"), layer);
  EXPECT_EQ(diffusers("unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"),
            std::string(kBlock) + "attn2.to_k");
  EXPECT_EQ(diffusers("unet.mid_block.resnets.1.conv2"),
            "model.diffusion_model.middle_block.2.out_layers.3");
}

/// Of the tensors of ComfyUI's files.
std::string layer_of_tensor(const LoraTargets& targets, const std::string& tensor) {
  const std::vector<LoraModule> modules = lora_modules({tensor});
  return modules.size() == 1 ? layer_of(targets, modules[0].name, modules[0].naming) : "no module";
}

TEST_F(Sd1Targets, NamesOfComfyUi) {
  EXPECT_EQ(layer_of_tensor(targets_,
                            "diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k."
                            "lora_up.weight"),
            std::string(kBlock) + "attn2.to_k");
  EXPECT_EQ(layer_of_tensor(targets_, "diffusion_model.out.2.diff"), "model.diffusion_model.out.2");
  EXPECT_EQ(layer_of_tensor(targets_,
                            "text_encoders.clip_l.transformer.text_model.encoder.layers.1.mlp.fc2."
                            "lora_down.weight"),
            "cond_stage_model.transformer.text_model.encoder.layers.1.mlp.fc2");
  EXPECT_EQ(layer_of_tensor(targets_, "diffusion_model.double_blocks.0.img_mod.lin.lora_A.weight"),
            "none");
}

TEST_F(Sd1Targets, WhatNobodyHas) {
  for (const char* name :
       {"", "lora_unet_", "lora_unet_down_blocks_9_attentions_0_proj_in", "lora_te2_text_model_",
        "lora_te2_text_model_encoder_layers_0_mlp_fc1", "lora_te_text_model_final_layer_norm",
        "lora_te1_text_model_embeddings_token_embedding", "lora_unet_add_embedding_linear_1",
        "lora_unet_down_blocks_99999999999999999999_attentions_0_proj_in"}) {
    EXPECT_EQ(web_ui(name), "none") << name;
  }
  for (const char* name : {"", "unet.", "unet.x", "text_encoder.", "text_encoder_2.text_model.x"}) {
    EXPECT_EQ(diffusers(name), "none") << name;
  }
}

TEST(SdxlTargets, TwoEncodersAndTheWebUisGaps) {
  const LoraTargets targets(open_model(PTRAVEL_TEST_DATA "/tiny_sdxl/model.safetensors"));
  const auto web_ui = [&](const std::string& name) {
    return layer_of(targets, name, LoraNaming::WebUi);
  };
  EXPECT_EQ(web_ui("lora_te_text_model_encoder_layers_0_mlp_fc1"), "none");
  EXPECT_EQ(web_ui("lora_te1_text_model_encoder_layers_0_mlp_fc1"),
            "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1");
  EXPECT_EQ(web_ui("lora_te2_text_model_encoder_layers_0_mlp_fc1"),
            "conditioner.embedders.1.transformer.text_model.encoder.layers.0.mlp.fc1");
  EXPECT_EQ(layer_of_tensor(targets,
                            "text_encoders.clip_g.transformer.text_model.encoder.layers.0.mlp.fc1."
                            "lora_up.weight"),
            "conditioner.embedders.1.transformer.text_model.encoder.layers.0.mlp.fc1");
  EXPECT_EQ(web_ui("lora_te2_text_model_encoder_layers_0_layer_norm1"), "none");
  // It looks for this one in a place where SDXL has another layer; diffusers' own name is clear.
  EXPECT_EQ(web_ui("lora_unet_up_blocks_0_upsamplers_0_conv"), "none");
  EXPECT_NE(layer_of(targets, "unet.up_blocks.0.upsamplers.0.conv", LoraNaming::Diffusers), "none");
  const auto q = targets.find({"lora_te2_text_model_encoder_layers_0_self_attn_q_proj", {}, {}});
  const auto out =
      targets.find({"lora_te2_text_model_encoder_layers_0_self_attn_out_proj", {}, {}});
  ASSERT_TRUE(q && out);
  EXPECT_FALSE(q->together.empty());
  EXPECT_EQ(q->together, out->together);
}

}  // namespace
}  // namespace ptravel
