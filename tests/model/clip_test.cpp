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
