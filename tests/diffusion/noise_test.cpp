#include "diffusion/noise.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

const std::vector<std::int64_t> kShape{4, 8, 6};

TEST(Slerp, EndsAndLengthsAreKept) {
  Rng rng(RngSource::Cpu, 1);
  const at::Tensor low = rng.randn(kShape);
  const at::Tensor high = rng.randn(kShape);
  EXPECT_CLOSE(slerp(0, low, high), low, 1e-6);
  EXPECT_CLOSE(slerp(1, low, high), high, 1e-6);
  const at::Tensor low_unit = low / low.norm(2, {1}, true);
  const at::Tensor high_unit = high / high.norm(2, {1}, true);
  for (const double value : {0.2, 0.5, 0.9}) {
    const at::Tensor length = slerp(value, low_unit, high_unit).norm(2, {1}, true);
    EXPECT_CLOSE(length, at::ones_like(length), 1e-5);
  }
}

TEST(Slerp, NearlyEqualTensorsAreMixedAsTheWebUiDoes) {
  const at::Tensor low = Rng(RngSource::Cpu, 1).randn(kShape);
  const at::Tensor high = low * 1.5;
  EXPECT_CLOSE(slerp(0.25, low, high), low * 0.25 + high * 0.75, 1e-6);
}

TEST(Slerp, ShapesMustAgree) {
  EXPECT_THROW(slerp(0.5, at::ones({4, 8, 6}), at::ones({4, 8, 5})), Error);
  EXPECT_THROW(slerp(0.5, at::ones({8, 6}), at::ones({8, 6})), Error);
}

class ImageRngSource : public testing::TestWithParam<RngSource> {};

TEST_P(ImageRngSource, PlainStreamIsTheGenerators) {
  ImageRng image({.seed = 42, .source = GetParam()}, kShape);
  Rng rng(GetParam(), 42);
  EXPECT_TRUE(image.next().equal(rng.randn(kShape)));
  EXPECT_TRUE(image.next().equal(rng.randn(kShape)));
}

TEST_P(ImageRngSource, SubseedChangesTheFirstTensorOnly) {
  ImageRng plain({.seed = 42, .source = GetParam()}, kShape);
  ImageRng varied({.seed = 42, .subseed = 7, .subseed_strength = 0.3, .source = GetParam()},
                  kShape);
  EXPECT_FALSE(plain.next().equal(varied.next()));
  EXPECT_TRUE(plain.next().equal(varied.next()));
  ImageRng replaced({.seed = 42, .subseed = 7, .subseed_strength = 1, .source = GetParam()},
                    kShape);
  EXPECT_CLOSE(replaced.next(), Rng(GetParam(), 7).randn(kShape), 1e-6);
}

TEST_P(ImageRngSource, EnsdChangesAllButTheFirstTensor) {
  ImageRng plain({.seed = 42, .source = GetParam()}, kShape);
  ImageRng shifted({.seed = 42, .ensd = 31337, .source = GetParam()}, kShape);
  EXPECT_TRUE(plain.next().equal(shifted.next()));
  EXPECT_TRUE(shifted.next().equal(Rng(GetParam(), 42 + 31337).randn(kShape)));
}

TEST_P(ImageRngSource, ResizedSeedKeepsTheCentre) {
  ImageRng resized(
      {.seed = 42, .resize_from_height = 4, .resize_from_width = 4, .source = GetParam()}, kShape);
  const at::Tensor centre = resized.next().slice(1, 2, 6).slice(2, 1, 5);
  EXPECT_TRUE(centre.equal(Rng(GetParam(), 42).randn({4, 4, 4})));
}

INSTANTIATE_TEST_SUITE_P(Sources, ImageRngSource, testing::Values(RngSource::Cpu, RngSource::Nv));

TEST_P(ImageRngSource, SeedTravelSlerpsEveryTensor) {
  ImageSeed from, to, between;
  from.seed = 3;
  to.seed = 8;
  from.source = to.source = between.source = GetParam();
  between.seed = 3;
  between.to_seed = 8;
  between.to_share = 0.25;
  ImageRng a(from, {4, 6, 5}), b(to, {4, 6, 5}), mixed(between, {4, 6, 5});
  for (int call = 0; call < 3; ++call) {
    EXPECT_TRUE(mixed.next().equal(slerp(0.25, a.next(), b.next()))) << call;
  }
  between.to_share = 0;
  ImageRng at_stage(between, {4, 6, 5}), again(from, {4, 6, 5});
  EXPECT_TRUE(at_stage.next().equal(again.next()));
}

/// Heights of 8 pixels make latents of one cell.
TEST(Slerp, OneCellHighLatentsStayStandardNormal) {
  Rng rng(RngSource::Cpu, 3);
  const at::Tensor low = rng.randn({4, 1, 2000}), high = rng.randn({4, 1, 2000});
  EXPECT_CLOSE(slerp(0, low, high), low, 1e-6);
  EXPECT_CLOSE(slerp(1, low, high), high, 1e-6);
  EXPECT_CLOSE(slerp(0.4, low, low.clone()), low, 1e-6);
  for (const double value : {0.2, 0.5, 0.7}) {
    EXPECT_NEAR(slerp(value, low, high).std().item<double>(), 1, 0.03) << value;
  }
}

TEST(ImageNoise, SeedTravelSlerpsBrownianPaths) {
  ImageSeed from, to, between;
  from.seed = between.seed = 3;
  to.seed = between.to_seed = 8;
  between.to_share = 0.5;
  ImageNoise noise({from, to, between}, {4, 6, 5});
  noise.begin_brownian(0.1, 10);
  const at::Tensor like = at::zeros({3, 4, 6, 5});
  const at::Tensor rows = noise.brownian(8, 5, like);
  EXPECT_TRUE(rows[2].equal(slerp(0.5, rows[0], rows[1])));
}

TEST(ImageNoise, BatchEqualsSingles) {
  const std::vector<ImageSeed> seeds{
      {.seed = 1}, {.seed = 2, .subseed_strength = 0.4}, {.seed = 3, .source = RngSource::Nv},
      {.seed = 1}, {.seed = 2, .subseed_strength = 0.5}, {.seed = 1, .ensd = 4}};
  ImageNoise batch(seeds, kShape);
  batch.begin_brownian(0.03, 14);
  const at::Tensor first = batch.next();
  const at::Tensor second = batch.next(first);
  const at::Tensor path = batch.brownian(9, 4, first);
  for (std::int64_t i = 0; i < 6; ++i) {
    ImageNoise single({seeds[i]}, kShape);
    single.begin_brownian(0.03, 14);
    EXPECT_TRUE(single.next()[0].equal(first[i]));
    EXPECT_TRUE(single.next(first)[0].equal(second[i]));
    EXPECT_TRUE(single.brownian(9, 4, first)[0].equal(path[i]));
  }
}

TEST(ImageNoise, FollowsTheLatentsFormat) {
  ImageNoise noise({{.seed = 1}}, kShape);
  EXPECT_EQ(noise.next(at::zeros({1, 4, 8, 6}, at::kDouble)).scalar_type(), at::kDouble);
}

TEST(ImageRng, BadShapesAreRefused) {
  EXPECT_THROW(ImageRng({}, {8, 6}), Error);
  EXPECT_THROW(ImageRng({}, {4, 0, 6}), Error);
  EXPECT_THROW(ImageRng({.subseed_strength = std::nan("")}, kShape), Error);
}

}  // namespace
}  // namespace ptravel
