#include <set>

#include <gtest/gtest.h>

#include "checkpoint/key_map.h"
#include "model/clip.h"
#include "model/random_tensors.h"
#include "model/unet.h"
#include "model/vae.h"

namespace ptravel {
namespace {

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
  config.heads.assign(levels.attends.size(), 2);
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

TEST(NetworkNames, EveryNameHasADiffusersNameThatLeadsBack) {
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
        EXPECT_EQ(map_diffusers_name(part, other, layout)->name, name) << other;
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

}  // namespace
}  // namespace ptravel
