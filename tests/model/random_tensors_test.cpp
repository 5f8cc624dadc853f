#include "model/random_tensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

TEST(RandomTensors, DependOnSeedAndNameAlone) {
  const RandomTensors source(1), same(1), other(2);
  const auto make = [](const RandomTensors& from, std::string_view name) {
    return *from.make(name, {64, 64}, {});
  };
  EXPECT_TRUE(at::equal(make(source, "a.weight"), make(same, "a.weight")));
  EXPECT_FALSE(at::equal(make(source, "a.weight"), make(source, "b.weight")));
  EXPECT_FALSE(at::equal(make(source, "a.weight"), make(other, "a.weight")));
}

TEST(RandomTensors, KeepTheSizeOfActivations) {
  const at::Tensor weight = *RandomTensors(1).make("a.weight", {256, 64, 3, 3}, {});
  EXPECT_NEAR(weight.std().item<double>(), 1 / std::sqrt(64.0 * 9), 1e-3);
  EXPECT_NEAR(weight.mean().item<double>(), 0, 1e-3);
  EXPECT_TRUE(at::equal(*RandomTensors(1).make("norm.weight", {5}, {}), at::ones({5})));
  EXPECT_TRUE(at::equal(*RandomTensors(1).make("norm.bias", {5}, {}), at::zeros({5})));
}

TEST(RandomTensors, HaveNothingToRead) {
  EXPECT_THROW(RandomTensors(1).tensor("a"), Error);
  EXPECT_THROW(RandomTensors(1).shape("a"), Error);
  EXPECT_FALSE(RandomTensors(1).contains("a"));
}

}  // namespace
}  // namespace ptravel
