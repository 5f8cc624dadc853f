#include "addons/lora_file.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/safetensors_writer.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

LoraModule only_module(const std::vector<std::string>& tensors) {
  const std::vector<LoraModule> modules = lora_modules(tensors);
  EXPECT_EQ(modules.size(), 1u);
  return modules.empty() ? LoraModule() : modules.front();
}

TEST(LoraModules, KohyasNames) {
  const LoraModule module = only_module({"lora_unet_x_y.alpha", "lora_unet_x_y.lora_up.weight",
                                         "lora_unet_x_y.lora_down.weight", "bundle_emb.a.b",
                                         "other.weight", "lora_without_dot"});
  EXPECT_EQ(module.name, "lora_unet_x_y");
  EXPECT_EQ(module.naming, LoraNaming::WebUi);
  EXPECT_EQ(module.parts.at("alpha"), "lora_unet_x_y.alpha");
  EXPECT_EQ(lora_kind(module), LoraKind::LowRank);
}

TEST(LoraModules, DiffusersNamesOldAndNew) {
  const std::pair<const char*, const char*> names[] = {
      {"unet.a.attn1.to_q.lora_A.weight", "unet.a.attn1.to_q"},
      {"unet.a.attn1.to_q.lora_A.default.weight", "unet.a.attn1.to_q"},
      {"unet.a.attn1.to_q.lora.down.weight", "unet.a.attn1.to_q"},
      {"unet.a.attn1.processor.to_q_lora.down.weight", "unet.a.attn1.to_q"},
      {"unet.a.attn1.processor.to_out_lora.down.weight", "unet.a.attn1.to_out.0"},
      {"base_model.model.a.attn1.to_q.lora_A.weight", "unet.a.attn1.to_q"},
      {"text_encoder.b.self_attn.q_proj.lora_linear_layer.down.weight",
       "text_encoder.b.self_attn.q_proj"},
      {"text_encoder_2.b.self_attn.to_k_lora.down.weight", "text_encoder_2.b.self_attn.k_proj"}};
  for (const auto& [tensor, name] : names) {
    const LoraModule module = only_module({tensor});
    EXPECT_EQ(module.name, name);
    EXPECT_EQ(module.naming, LoraNaming::Diffusers);
    EXPECT_EQ(module.parts.at("lora_down.weight"), tensor);
  }
}

TEST(LoraModules, ComfyUisNamesAreToldByKohyas) {
  const std::string layer = "diffusion_model.input_blocks.1.1.attn1.to_q";
  const LoraModule saved =
      only_module({layer + ".lora_up.weight", layer + ".lora_down.weight", layer + ".alpha"});
  EXPECT_EQ(saved.name, "lora_unet_input_blocks_1_1_attn1_to_q");
  EXPECT_EQ(saved.naming, LoraNaming::WebUi);
  EXPECT_EQ(saved.parts.at("lora_up.weight"), layer + ".lora_up.weight");
  EXPECT_EQ(lora_kind(saved), LoraKind::LowRank);
  const LoraModule peft =
      only_module({layer + ".lora_A.weight", layer + ".lora_B.weight", layer + ".alpha"});
  EXPECT_EQ(lora_kind(peft), LoraKind::LowRank);
  EXPECT_TRUE(peft.parts.contains("alpha"));
  const LoraModule whole = only_module({layer + ".diff", layer + ".diff_b"});
  EXPECT_EQ(lora_kind(whole), LoraKind::Full);
  EXPECT_TRUE(lora_modules({"diffusion_model.lora_up.weight", "diffusion_model..alpha", "x.diff",
                            "model.diffusion_model.a.weight", layer + ".weight"})
                  .empty());
}

TEST(LoraModules, PeftFactorsBelowKohyasNamesStandAlone) {
  const LoraModule module =
      only_module({"lora_unet_x.lora_A.weight", "lora_unet_x.lora_B.weight", "lora_unet_x.alpha"});
  EXPECT_EQ(module.parts.size(), 2u);
  EXPECT_EQ(module.parts.at("lora_up.weight"), "lora_unet_x.lora_B.weight");
}

TEST(LoraModules, EveryKind) {
  const std::pair<LoraKind, std::vector<std::string>> kinds[] = {
      {LoraKind::Hadamard, {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"}},
      {LoraKind::Scaling, {"weight", "on_input"}},
      {LoraKind::Kronecker, {"lokr_w1", "lokr_w2_a", "lokr_w2_b"}},
      {LoraKind::Full, {"diff"}},
      {LoraKind::Norm, {"w_norm", "b_norm"}},
      {LoraKind::General, {"a1.weight", "a2.weight", "b1.weight", "b2.weight", "alpha"}},
      {LoraKind::Rotation, {"oft_blocks"}},
      {LoraKind::Rotation, {"oft_diag"}}};
  for (const auto& [kind, parts] : kinds) {
    LoraModule module;
    for (const std::string& part : parts) {
      module.parts[part] = part;
    }
    EXPECT_EQ(lora_kind(module), kind) << parts.front();
    module.parts.erase(parts.front());
    EXPECT_NE(lora_kind(module), kind) << parts.front();
  }
}

TEST(LoraFile, RefusesOtherFiles) {
  const TemporaryFolder folder;
  write_safetensors(folder / "other.safetensors", {{"a.weight", at::ones({2})}});
  expect_error(ErrorCode::Unsupported, "no layer of a LoRA",
               [&] { LoraFile::open(folder / "other.safetensors"); });
  std::ofstream(folder / "broken.safetensors") << "not a file of tensors";
  EXPECT_THROW(LoraFile::open(folder / "broken.safetensors"), Error);
  EXPECT_THROW(LoraFile::open(folder / "missing.safetensors"), Error);
}

TEST(LoraFile, HashIsOfWhatIsBehindTheHeaderUnlessItIsStated) {
  const TemporaryFolder folder;
  const std::map<std::string, at::Tensor> tensors = {
      {"lora_unet_x.lora_up.weight", at::ones({2, 2})},
      {"lora_unet_x.lora_down.weight", at::ones({2, 2})}};
  write_safetensors(folder / "a.safetensors", tensors);
  write_safetensors(folder / "b.safetensors", tensors, {{"ss_output_name", "mine"}});
  write_safetensors(folder / "c.safetensors", tensors, {{"sshs_model_hash", "0123456789abcdef"}});
  EXPECT_EQ(lora_hash(folder / "a.safetensors"), lora_hash(folder / "b.safetensors"));
  EXPECT_EQ(lora_hash(folder / "c.safetensors"), "0123456789abcdef");
  EXPECT_EQ(LoraFile::open(folder / "b.safetensors")->output_name(), "mine");
}

}  // namespace
}  // namespace ptravel
