#include "checkpoint/lora_shapes.h"

#include <map>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

using Shape = LoraShapes::Shape;
using Parts = std::map<std::string, Shape>;

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

bool fits(const Parts& parts, const Shape& weight, std::int64_t bias = 0, bool on_input = false) {
  LoraModule module;
  for (const auto& [part, shape] : parts) {
    module.parts[part] = part;
  }
  const auto kind = lora_kind(module);
  EXPECT_TRUE(kind);
  return kind && LoraShapes(module, *kind, [&](const std::string& part) {
                   return parts.at(part);
                 }).fits(weight, bias, [&] { return on_input; });
}

Parts changed(Parts parts, const std::string& part, Shape shape) {
  parts[part] = std::move(shape);
  return parts;
}

struct Example {
  Parts parts;
  Shape weight;
};

/// One of each kind that fits.
const Example kExamples[] = {
    {{{"lora_up.weight", {8, 2}}, {"lora_down.weight", {2, 6}}}, {8, 6}},
    {{{"lora_up.weight", {8, 2, 1, 1}}, {"lora_down.weight", {2, 6, 3, 3}}}, {8, 6, 3, 3}},
    {{{"lora_up.weight", {8, 2, 1, 1}},
      {"lora_down.weight", {3, 6, 1, 1}},
      {"lora_mid.weight", {2, 3, 3, 3}}},
     {8, 6, 3, 3}},
    {{{"hada_w1_a", {8, 2}}, {"hada_w1_b", {2, 6}}, {"hada_w2_a", {8, 3}}, {"hada_w2_b", {3, 6}}},
     {8, 6}},
    {{{"weight", {8}}, {"on_input", {}}}, {8, 6}},
    {{{"lokr_w1", {4, 2}}, {"lokr_w2_a", {2, 5}}, {"lokr_w2_b", {5, 3}}}, {8, 6}},
    {{{"diff", {8, 6}}}, {8, 6}},
    {{{"a1.weight", {2, 6}},
      {"a2.weight", {6, 2}},
      {"b1.weight", {2, 6}},
      {"b2.weight", {8, 2}},
      {"alpha", {}}},
     {8, 6}},
    {{{"oft_blocks", {2, 4, 4}}}, {8, 6}},
    {{{"oft_blocks", {2, 2, 4, 4}}}, {8, 6}},
    {{{"oft_diag", {2, 4, 4}}}, {8, 6}},
};

TEST(LoraShapes, WhatFits) {
  for (const Example& example : kExamples) {
    EXPECT_TRUE(fits(example.parts, example.weight)) << example.parts.begin()->first;
  }
  EXPECT_TRUE(fits({{"w_norm", {8}}, {"b_norm", {8}}}, {8}, 8));
  EXPECT_TRUE(fits({{"weight", {6}}, {"on_input", {1}}}, {8, 6}, 0, true));
  EXPECT_TRUE(fits({{"diff", {8, 6}}, {"diff_b", {8}}}, {8, 6}, 8));
}

/// Whatever one side of one part is, nothing but the right one fits, and nothing overflows.
TEST(LoraShapes, AnyOtherSideOfAnyPartIsAMisfit) {
  for (const Example& example : kExamples) {
    for (const auto& [part, shape] : example.parts) {
      for (std::size_t side = 0; side < shape.size(); ++side) {
        for (const std::int64_t size : {std::int64_t{0}, std::int64_t{7}, kHuge, -kHuge}) {
          Shape other = shape;
          other[side] = size;
          EXPECT_FALSE(fits(changed(example.parts, part, other), example.weight)) << part << size;
        }
      }
      EXPECT_FALSE(
          fits(changed(example.parts, part, {kHuge, kHuge, kHuge, kHuge}), example.weight));
      EXPECT_FALSE(fits(changed(example.parts, part, {1, 1, 1, 1, 1}), example.weight));
    }
  }
}

TEST(LoraShapes, WhatBelongsToEveryKind) {
  const Example& plain = kExamples[0];
  EXPECT_TRUE(fits(changed(plain.parts, "alpha", {}), plain.weight));
  EXPECT_FALSE(fits(changed(plain.parts, "alpha", {2}), plain.weight));
  EXPECT_FALSE(fits(changed(plain.parts, "scale", {2}), plain.weight));
  EXPECT_TRUE(fits(changed(plain.parts, "bias", {8, 6}), plain.weight));
  EXPECT_FALSE(fits(changed(plain.parts, "bias", {8}), plain.weight));
  EXPECT_TRUE(fits(changed(plain.parts, "dora_scale", {1, 6}), plain.weight));
  EXPECT_TRUE(fits(changed(plain.parts, "dora_scale", {8, 1}), plain.weight));
  EXPECT_FALSE(fits(changed(plain.parts, "dora_scale", {8, 1, 1}), plain.weight));
  EXPECT_FALSE(fits(changed(plain.parts, "dora_scale", {5, 1}), plain.weight));
  EXPECT_FALSE(fits({{"diff", {8, 6}}, {"diff_b", {8}}}, {8, 6}, 0));  // It has no bias.
  EXPECT_FALSE(fits(plain.parts, {}));
}

TEST(LoraShapes, FourOfNineChannels) {
  const Parts parts = {{"lora_up.weight", {8, 2, 1, 1}}, {"lora_down.weight", {2, 4, 3, 3}}};
  EXPECT_TRUE(fits(parts, {8, 9, 3, 3}));
  EXPECT_FALSE(fits(parts, {8, 8, 3, 3}));
}

}  // namespace
}  // namespace ptravel
