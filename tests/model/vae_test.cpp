#include "model/vae.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/model/tiny.h"
#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

class TinyVae : public testing::Test {
 protected:
  Vae vae{random_weights("vae"), tiny_vae(), cpu_fp32()};
};

TEST_F(TinyVae, EncodesToADistribution) {
  const LatentDistribution latent = vae.encode(at::rand({2, 3, 10, 14}) * 2 - 1);
  EXPECT_EQ(latent.mean.sizes(), at::IntArrayRef({2, 4, 5, 7}));
  EXPECT_EQ(latent.logvar.sizes(), latent.mean.sizes());
  EXPECT_CLOSE(latent.std, at::exp(0.5 * latent.logvar), 1e-6);
  EXPECT_LE(latent.logvar.max().item<double>(), 20);
  EXPECT_GE(latent.logvar.min().item<double>(), -30);
}

TEST_F(TinyVae, DecodesToFullSize) {
  const at::Tensor image = vae.decode(at::randn({2, 4, 5, 7}));
  EXPECT_EQ(image.sizes(), at::IntArrayRef({2, 3, 10, 14}));
  EXPECT_EQ(image.scalar_type(), at::kFloat);
  EXPECT_TRUE(image.isfinite().all().item<bool>());
}

TEST_F(TinyVae, AnImageDoesNotDependOnBatchOrThreads) {
  const at::Tensor latent = at::randn({3, 4, 6, 5});
  set_num_threads(2);
  const at::Tensor all = vae.decode(latent);
  set_num_threads(other_threads());
  EXPECT_TRUE(at::equal(all.narrow(0, 2, 1), vae.decode(latent.narrow(0, 2, 1))));
  const at::Tensor images = at::rand({2, 3, 8, 8});
  EXPECT_TRUE(
      at::equal(vae.encode(images).mean.narrow(0, 1, 1), vae.encode(images.narrow(0, 1, 1)).mean));
}

TEST_F(TinyVae, AWrappedLatentTurnsWithItsPicture) {
  const at::Tensor latent = at::randn({1, 4, 6, 5});
  const at::Tensor image = vae.decode(latent, {true, true});
  EXPECT_CLOSE(vae.decode(at::roll(latent, {1, 2}, {2, 3}), {true, true}),
               at::roll(image, {2, 4}, {2, 3}), 1e-4);
  const at::Tensor across = vae.decode(latent, {true, false});
  EXPECT_CLOSE(vae.decode(at::roll(latent, 2, 3), {true, false}), at::roll(across, 4, 3), 1e-4);
  EXPECT_FALSE(at::allclose(across, image));
  EXPECT_FALSE(at::allclose(across, vae.decode(latent)));
  const at::Tensor pixels = at::rand({1, 3, 8, 10}) * 2 - 1;
  EXPECT_FALSE(at::allclose(vae.encode(pixels, {true, true}).mean, vae.encode(pixels).mean));
}

TEST_F(TinyVae, Bfloat16IsClose) {
  const Vae low(random_weights("vae"), tiny_vae(), cpu_bf16());
  const at::Tensor latent = at::randn({1, 4, 8, 8});
  const at::Tensor exact = vae.decode(latent);
  EXPECT_LT((low.decode(latent) - exact).norm().item<double>(), 0.02 * exact.norm().item<double>());
}

TEST_F(TinyVae, RefusesOperandsThatDoNotFit) {
  EXPECT_THROW(vae.encode(at::zeros({1, 4, 8, 8})), Error);
  EXPECT_THROW(vae.encode(at::zeros({1, 3, 8, 1})), Error);
  EXPECT_THROW(vae.encode(at::zeros({3, 8, 8})), Error);
  EXPECT_THROW(vae.encode(at::zeros({1, 3, 0, 8})), Error);
  EXPECT_THROW(vae.decode(at::zeros({1, 3, 8, 8})), Error);
  EXPECT_THROW(vae.decode(at::zeros({0, 4, 8, 8})), Error);
}

}  // namespace
}  // namespace ptravel
