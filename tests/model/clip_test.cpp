#include "model/clip.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/model/tiny.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

class Clip : public testing::Test {
 protected:
  ClipTextModel model{random_weights("text encoder"), tiny_clip(), cpu_fp32()};
  at::Tensor ids = at::randint(100, {3, 77}, at::kLong);
};

TEST_F(Clip, ReturnsAStateForEachToken) {
  const at::Tensor out = model.forward(ids);
  EXPECT_EQ(out.sizes(), at::IntArrayRef({3, 77, 32}));
  EXPECT_EQ(out.scalar_type(), at::kFloat);
  EXPECT_TRUE(out.isfinite().all().item<bool>());
}

TEST_F(Clip, TokensSeeOnlyWhatCameBefore) {
  at::Tensor changed = ids.clone();
  changed.select(1, 40).copy_((ids.select(1, 40) + 1).remainder(100));
  const at::Tensor before = model.forward(ids), after = model.forward(changed);
  EXPECT_TRUE(at::equal(before.narrow(1, 0, 40), after.narrow(1, 0, 40)));
  EXPECT_FALSE(at::equal(before.narrow(1, 40, 37), after.narrow(1, 40, 37)));
}

TEST_F(Clip, SkipsLayersAndStillNormalises) {
  at::Tensor states[3];
  const BlockObserver observer = [&](const std::string& name, const at::Tensor& value) {
    if (name.starts_with("layer")) {
      states[std::stoi(name.substr(5))] = value;
    }
  };
  model.forward(ids, 1, observer);
  for (int skip = 1; skip <= 3; ++skip) {
    const at::Tensor expected = at::layer_norm(states[3 - skip], {32});
    EXPECT_CLOSE(model.forward(ids, skip), expected, 1e-5);
  }
}

TEST_F(Clip, AnImageDoesNotDependOnItsBatch) {
  EXPECT_TRUE(at::equal(model.forward(ids).narrow(0, 1, 1), model.forward(ids.narrow(0, 1, 1))));
}

/// The second projection, by LibTorch's operators over the last layer's states.
TEST_F(Clip, PooledTextIsTheProjectedEndToken) {
  ClipConfig config = tiny_clip();
  config.projection = 20;
  const ClipTextModel pooling(random_weights("text encoder"), config, cpu_fp32());
  at::Tensor texts = ids.remainder(99);
  const std::int64_t ends[] = {4, 76, 30};
  for (std::int64_t i = 0; i < 3; ++i) {
    texts[i].slice(0, ends[i]).fill_(99);  // the end token, and the padding behind it
  }
  const at::Tensor weight =
      *RandomTensors(3).make("net.text_projection.weight", {20, 32}, cpu_fp32());
  const at::Tensor states = model.forward(texts);
  const ClipText text = pooling.encode(texts);
  EXPECT_TRUE(at::equal(text.tokens, states));
  ASSERT_EQ(text.pooled.sizes(), at::IntArrayRef({3, 20}));
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_CLOSE(text.pooled[i], at::matmul(weight, states[i][ends[i]]), 1e-5);
  }
  const ClipText skipped = pooling.encode(texts, 2);
  EXPECT_TRUE(at::equal(skipped.tokens, model.forward(texts, 2)));
  EXPECT_TRUE(at::equal(skipped.pooled, text.pooled)) << "whatever clip_skip is";
  EXPECT_FALSE(model.encode(ids).pooled.defined());
}

/// SD 2.x: the penultimate layer whatever is asked for. SDXL: the same without the last norm, which
/// the pooled text has all the same.
TEST_F(Clip, TheConfigMayFixTheLayerAndLeaveOutTheNorm) {
  ClipConfig config = tiny_clip();
  config.fixed_skip = 2;
  const ClipTextModel fixed(random_weights("text encoder"), config, cpu_fp32());
  for (const std::int64_t asked : {1, 3, 12}) {
    EXPECT_TRUE(at::equal(fixed.forward(ids, asked), model.forward(ids, 2)));
  }
  config.final_norm = false;
  config.projection = 20;
  const ClipTextModel bare(random_weights("text encoder"), config, cpu_fp32());
  at::Tensor state;
  model.forward(ids, 1, [&](const std::string& name, const at::Tensor& value) {
    state = name == "layer1" ? value.clone() : state;
  });
  const ClipText text = bare.encode(ids);
  EXPECT_TRUE(at::equal(text.tokens, state));
  config.fixed_skip = 0;
  config.final_norm = true;
  const ClipTextModel pooling(random_weights("text encoder"), config, cpu_fp32());
  EXPECT_TRUE(at::equal(text.pooled, pooling.encode(ids).pooled));
  config.final_norm = false;  // of the last layer itself
  EXPECT_TRUE(at::equal(
      ClipTextModel(random_weights("text encoder"), config, cpu_fp32()).encode(ids).pooled,
      text.pooled));
}

TEST_F(Clip, RefusesBadInput) {
  EXPECT_THROW(model.forward(at::full({1, 77}, 100, at::kLong)), Error);
  EXPECT_THROW(model.forward(at::full({1, 77}, -1, at::kLong)), Error);
  EXPECT_THROW(model.forward(at::zeros({1, 78}, at::kLong)), Error);
  EXPECT_THROW(model.forward(at::zeros({77}, at::kLong)), Error);
  EXPECT_THROW(model.forward(at::zeros({1, 77})), Error);
  EXPECT_THROW(model.forward(ids, 0), Error);
  EXPECT_THROW(model.forward(ids, 4), Error);
}

TEST_F(Clip, EmbedsTokens) {
  const at::Tensor out = model.embed_tokens(ids);
  EXPECT_EQ(out.sizes(), at::IntArrayRef({3, 77, 32}));
}

TEST(ClipConfigs, HeadsMustDivideTheWidth) {
  ClipConfig config = tiny_clip();
  config.num_heads = 5;
  EXPECT_THROW(ClipTextModel(random_weights("text encoder"), config, cpu_fp32()), Error);
}

}  // namespace
}  // namespace ptravel
