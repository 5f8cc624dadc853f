#include "checkpoint/key_map.h"

#include <set>

#include <gtest/gtest.h>

#include "model/clip.h"
#include "model/random_tensors.h"
#include "model/unet.h"
#include "model/vae.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

std::string mapped(ModelPart part, const std::string& name, const DiffusersLayout& layout) {
  const auto result = map_diffusers_name(part, name, layout);
  return result ? result->name : "";
}

/// Remembers what a network asks for.
class Recorder : public RandomTensors {
 public:
  Recorder() : RandomTensors(1) {}
  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef shape,
                                 const Compute& compute) const override {
    asked.emplace_back(name);
    return RandomTensors::make(name, shape, compute);
  }
  mutable std::vector<std::string> asked;
};

/// A shape of UNet and VAE: attention on each level where `attends` says so.
struct Levels {
  std::vector<bool> attends;
  std::int64_t layers = 1;
};

UnetConfig unet_of(const Levels& levels) {
  UnetConfig config;
  config.model_channels = 8;
  config.norm_groups = 4;
  config.num_heads = 2;
  config.context_dim = 8;
  config.num_res_blocks = levels.layers;
  config.channel_mult.clear();
  config.transformer_depth.clear();
  for (std::size_t i = 0; i < levels.attends.size(); ++i) {
    config.channel_mult.push_back(i == 0 ? 1 : 2);
    config.transformer_depth.push_back(levels.attends[i] ? 1 : 0);
  }
  return config;
}

VaeConfig vae_of(const Levels& levels) {
  VaeConfig config;
  config.channels = 8;
  config.norm_groups = 4;
  config.num_res_blocks = levels.layers;
  config.channel_mult = unet_of(levels).channel_mult;
  return config;
}

/// All names that a part of this shape has.
std::vector<std::string> names_of(ModelPart part, const Levels& levels) {
  const auto source = std::make_shared<Recorder>();
  const Weights weights(source, std::string(ldm_prefix(part)), "part");
  if (part == ModelPart::Unet) {
    Unet(weights, unet_of(levels), {});
  } else if (part == ModelPart::Vae) {
    Vae(weights, vae_of(levels), {});
  } else {
    ClipConfig config;
    config.vocab_size = 10;
    config.width = 8;
    config.num_heads = 2;
    config.intermediate = 8;
    ClipTextModel(weights, config, {});
  }
  return source->asked;
}

TEST(KeyMap, EveryNameHasADiffusersNameThatLeadsBack) {
  const Levels shapes[] = {{{false, true}, 1},
                           {{true, true, false}, 2},
                           {{true, true, true, false}, 2},
                           {{false, true, true, true}, 1},
                           {{true, false, true}, 3}};
  for (const Levels& levels : shapes) {
    const auto count = static_cast<std::int64_t>(levels.attends.size());
    const std::vector<bool> up(levels.attends.rbegin(), levels.attends.rend());
    const DiffusersLayout layout{levels.layers, count, up};
    for (const ModelPart part : {ModelPart::Unet, ModelPart::Vae, ModelPart::TextEncoder}) {
      const std::vector<std::string> names = names_of(part, levels);
      EXPECT_GT(names.size(), 30U);
      std::set<std::string> diffusers;
      for (const std::string& name : names) {
        const std::string other = diffusers_name(part, name, layout);
        EXPECT_EQ(mapped(part, other, layout), name) << other;
        EXPECT_TRUE(diffusers.insert(other).second) << other;
        for (const char* left :
             {"put_blocks", "in_layers", "nin_shortcut", "middle_block", ".mid.", "time_embed."}) {
          EXPECT_EQ(other.find(left), other.npos) << other << " of " << name;
        }
      }
      if (part != ModelPart::TextEncoder) {
        const DiffusersLayout read =
            read_diffusers_layout(part, {diffusers.begin(), diffusers.end()});
        EXPECT_EQ(read.num_levels, count);
        EXPECT_EQ(read.layers_per_block, levels.layers);
        for (std::size_t i = 0; part == ModelPart::Unet && i < up.size(); ++i) {
          EXPECT_EQ(read.up_attention.at(i), up[i]) << "up block " << i;
        }
      }
    }
  }
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
