#include "tensor/rng.h"

#include <cmath>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/philox.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

at::Tensor floats(const std::vector<double>& values) {
  return at::tensor(values, at::TensorOptions().dtype(at::kDouble)).to(at::kFloat);
}

TEST(Rng, CpuGivesPyTorchsNumbers) {
  EXPECT_CLOSE(Rng(RngSource::Cpu, 0).randn({16}),
               floats({-1.1258, -1.1524, -0.2506, -0.4339, 0.8487, 0.6920, -0.3160, -2.1152, 0.3223,
                       -1.2633, 0.3500, 0.3081, 0.1198, 1.2377, 1.1168, -0.2473}),
               6e-5);
  EXPECT_CLOSE(Rng(RngSource::Cpu, 0).randn({20}).slice(0, 4),
               floats({0.5988, -1.5551, -0.3414, 1.8530, 0.4681, -0.1577, 1.4437, 0.2660, 1.3894,
                       1.5863, 0.9463, -0.8437, 0.9318, 1.2590, 2.0050, 0.0537}),
               6e-5);
}

TEST(Rng, NvGivesTheWebUisNumbers) {
  Rng rng(RngSource::Nv, 0);
  EXPECT_CLOSE(rng.randn({4}), floats({-0.924662, -0.425344, -2.643846, 0.145184}), 1e-6);
  EXPECT_CLOSE(rng.randn({4}), floats({0.180826, -0.552263, 0.923813, -0.734970}), 1e-6);
  EXPECT_CLOSE(Rng(RngSource::Nv, 12345678901234).randn({3}),
               floats({0.238610, -0.181032, 0.225049}), 1e-6);
}

TEST(Rng, PhiloxWordsMatchTheReference) {
  const std::array<std::uint32_t, 4> expected{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  EXPECT_EQ(philox_words(0, 0, 0), expected);
  EXPECT_EQ(philox_words(1, 0, 0)[0], 0xe3e80670u);
}

TEST(Rng, SeedsCountModuloTheirWidth) {
  const std::uint64_t far = (std::uint64_t{1} << 32) + 7;
  EXPECT_TRUE(Rng(RngSource::Cpu, far).randn({16}).equal(Rng(RngSource::Cpu, 7).randn({16})));
  EXPECT_FALSE(Rng(RngSource::Nv, far).randn({16}).equal(Rng(RngSource::Nv, 7).randn({16})));
}

TEST(Rng, LibTorchsOwnGeneratorIsUntouched) {
  at::manual_seed(1);
  const at::Tensor expected = at::rand({4});
  at::manual_seed(1);
  Rng(RngSource::Cpu, 5).randn({64});
  EXPECT_TRUE(at::rand({4}).equal(expected));
}

TEST(Rng, CopyGoesOnFromTheSamePlace) {
  Rng rng(RngSource::Cpu, 3);
  rng.randn({5});
  Rng copy = rng;
  EXPECT_TRUE(rng.randn({7}).equal(copy.randn({7})));
}

TEST(Rng, SmallDrawsKeepTheirSpareNumber) {
  Rng split(RngSource::Cpu, 9);
  const at::Tensor parts = at::cat({split.randn({3}), split.randn({5})});
  EXPECT_TRUE(parts.equal(Rng(RngSource::Cpu, 9).randn({8})));
}

class RngMoments : public testing::TestWithParam<RngSource> {};

TEST_P(RngMoments, NormalNumbersAreNormal) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    const at::Tensor x = Rng(GetParam(), 11).randn({100003}, dtype).to(at::kDouble);
    EXPECT_NEAR(x.mean().item<double>(), 0, 0.02);
    EXPECT_NEAR(x.var().item<double>(), 1, 0.02);
    EXPECT_NEAR(x.pow(4).mean().item<double>(), 3, 0.15);
    EXPECT_LT(x.abs().max().item<double>(), 7);
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, RngMoments, testing::Values(RngSource::Cpu, RngSource::Nv));

TEST(Rng, SingleAndDoublePrecisionAreAccurate) {
  // The angle and radius of a block are recovered from its two outputs.
  Rng numbers(RngSource::Cpu, 4);
  const at::Tensor normal = Rng(RngSource::Cpu, 4).randn({16}, at::kDouble);
  const at::Tensor uniform = numbers.rand({16}, at::kDouble);
  for (int i = 0; i < 8; ++i) {
    const double radius = std::sqrt(-2 * std::log1p(-uniform[i].item<double>()));
    const double angle = 2 * M_PI * uniform[i + 8].item<double>();
    EXPECT_NEAR(normal[i].item<double>(), radius * std::cos(angle), 1e-14);
    EXPECT_NEAR(normal[i + 8].item<double>(), radius * std::sin(angle), 1e-14);
  }
}

TEST(Rng, UniformNumbersStayInRange) {
  const at::Tensor x = Rng(RngSource::Nv, 1).rand({5000});
  EXPECT_GE(x.min().item<double>(), 0);
  EXPECT_LT(x.max().item<double>(), 1);
  EXPECT_NEAR(x.mean().item<double>(), 0.5, 0.02);
  const at::Tensor n = Rng(RngSource::Cpu, 1).randint(-3, 4, {5000});
  EXPECT_EQ(n.min().item<std::int64_t>(), -3);
  EXPECT_EQ(n.max().item<std::int64_t>(), 3);
}

TEST(Rng, PermutationHoldsEveryNumberOnce) {
  const at::Tensor p = Rng(RngSource::Cpu, 2).randperm(100);
  EXPECT_TRUE(std::get<0>(p.sort()).equal(at::arange(100)));
  EXPECT_FALSE(p.equal(at::arange(100)));
  EXPECT_EQ(Rng(RngSource::Cpu, 2).randperm(0).numel(), 0);
}

TEST(Rng, BadArgumentsAreRefused) {
  Rng rng(RngSource::Cpu, 0);
  EXPECT_THROW(rng.randint(5, 5, {1}), Error);
  EXPECT_THROW(rng.randperm(-1), Error);
  EXPECT_THROW(rng.randn({2}, at::kHalf), Error);
  EXPECT_THROW(rng.rand({2}, at::kLong), Error);
}

}  // namespace
}  // namespace ptravel
