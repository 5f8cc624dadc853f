#include "checkpoint/lora_contents.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using testing::ElementsAre;

/// Names and shapes alone.
class Shapes : public StoredTensors {
 public:
  explicit Shapes(std::map<std::string, std::vector<std::int64_t>, std::less<>> shapes)
      : shapes_(std::move(shapes)) {}
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, shape] : shapes_) {
      names.push_back(name);
    }
    return names;
  }
  bool contains(std::string_view name) const override { return shapes_.contains(name); }
  std::vector<std::int64_t> shape(std::string_view name) const override {
    return shapes_.find(name)->second;
  }
  NumberFormat format(std::string_view) const override { return NumberFormat::F16; }
  std::filesystem::path file(std::string_view) const override { return "x"; }
  void read(std::string_view, std::uint64_t, std::span<std::byte>) const override {
    throw Error(ErrorCode::Io, "nobody reads numbers here");
  }

 private:
  std::map<std::string, std::vector<std::int64_t>, std::less<>> shapes_;
};

TEST(LoraContents, KindsRanksPlacesAndWhatFits) {
  const std::string to_k = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.";
  EXPECT_THAT(
      lora_contents(Shapes({{to_k + "lora_up.weight", {640, 16}},
                            {to_k + "lora_down.weight", {16, 2048}},
                            {to_k + "dora_scale", {1, 2048}},
                            {"lora_unet_x.lora_up.weight", {640, 8}},
                            {"lora_unet_x.lora_down.weight", {8, 640}},
                            {"lora_te2_y.diff", {4, 4}},
                            {"lora_te1_z.something", {1}}})),
      ElementsAre("LoRA in 2 layers, rank 8 to 16, 1 of them DoRA", "whole differences in 1 layer",
                  "1 layer of a kind that is not known",
                  "changes UNet (2 layers), second text encoder (1 layer), text encoder (1 layer)",
                  "fits SDXL, by its texts of width 2048"));
  EXPECT_THAT(lora_contents(Shapes({{"unet.a.attn2.to_v.lora_A.weight", {4, 768}},
                                    {"unet.a.attn2.to_v.lora_B.weight", {320, 4}}})),
              ElementsAre("LoRA in 1 layer, rank 4", "changes UNet (1 layer)",
                          "fits Stable Diffusion 1.x, by its texts of width 768"));
}

}  // namespace
}  // namespace ptravel
