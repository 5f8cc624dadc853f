#include "diffusion/brownian.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

const std::vector<std::int64_t> kShape{4, 8, 8};

BrownianTree make_tree(std::uint64_t seed = 1) {
  return BrownianTree(RngSource::Cpu, seed, kShape, 0.0291675, 14.6146);
}

TEST(BrownianTree, IncrementsAddUp) {
  BrownianTree tree = make_tree();
  const at::Tensor whole = tree.increment(0.5, 9.25);
  EXPECT_CLOSE(tree.increment(0.5, 3.1) + tree.increment(3.1, 9.25), whole, 1e-5);
  EXPECT_CLOSE(tree.increment(9.25, 0.5), whole.neg(), 0);
}

TEST(BrownianTree, PathDoesNotDependOnWhatWasAskedBefore) {
  BrownianTree busy = make_tree();
  for (int i = 0; i < 40; ++i) {
    busy.increment(0.1 * i, 0.3 * i + 0.05);
  }
  EXPECT_TRUE(busy.increment(2.2, 6.6).equal(make_tree().increment(2.2, 6.6)));
}

TEST(BrownianTree, NoiseIsStandardNormalAndIndependent) {
  BrownianTree tree(RngSource::Nv, 7, {4, 64, 64}, 0.03, 14.6);
  const at::Tensor first = tree.noise(14.6, 8.0);
  const at::Tensor second = tree.noise(8.0, 4.5);
  EXPECT_NEAR(first.mean().item<double>(), 0, 0.03);
  EXPECT_NEAR(first.var().item<double>(), 1, 0.05);
  EXPECT_NEAR(second.var().item<double>(), 1, 0.05);
  EXPECT_NEAR((first * second).mean().item<double>(), 0, 0.03);
}

TEST(BrownianTree, SeedsDiffer) {
  EXPECT_FALSE(make_tree(1).increment(1, 2).equal(make_tree(2).increment(1, 2)));
}

TEST(BrownianTree, TimesOutsideAreMovedInside) {
  BrownianTree tree = make_tree();
  EXPECT_TRUE(tree.increment(5, 100).equal(tree.increment(5, 14.6146)));
  EXPECT_EQ(tree.increment(20, 30).abs().max().item<double>(), 0);
}

TEST(BrownianTree, TinyIntervalsEnd) {
  BrownianTree tree = make_tree();
  EXPECT_NEAR(tree.increment(1.000001, 1.000002).std().item<double>(), 1e-3, 2e-4);
  EXPECT_NEAR(tree.increment(0.029168, 0.029171).std().item<double>(), std::sqrt(3e-6), 4e-4);
}

TEST(BrownianTree, BadIntervalsAreRefused) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_THROW(BrownianTree(RngSource::Cpu, 1, kShape, 1, 1), Error);
  EXPECT_THROW(BrownianTree(RngSource::Cpu, 1, kShape, 2, 1), Error);
  EXPECT_THROW(BrownianTree(RngSource::Cpu, 1, kShape, 0, inf), Error);
  EXPECT_THROW(BrownianTree(RngSource::Cpu, 1, kShape, std::nan(""), 1), Error);
}

}  // namespace
}  // namespace ptravel
