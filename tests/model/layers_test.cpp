#include "model/layers.h"

#include <utility>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/tensor_sources.h"
#include "ptravel/error.h"
#include "tests/model/tiny.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

TEST(Layers, ReadMatricesStoredAsFilters) {
  const auto source = std::make_shared<MemoryTensors>();
  const at::Tensor weight = at::randn({4, 3, 1, 1});
  source->add("net.weight", weight);
  source->add("net.bias", at::ones({4}));
  const Weights weights(source, "net", "test");
  const Linear linear(weights, 3, 4, cpu_fp32(), Linear::Bias::Yes, Linear::Stored::Filter);
  weights.finish();
  const at::Tensor x = at::randn({1, 2, 3});
  EXPECT_CLOSE(linear(x), at::linear(x, weight.reshape({4, 3}), at::ones({4})), 1e-6);
}

TEST(Layers, PixelsOfSeveralPicturesAreOneMap) {
  const auto source = std::make_shared<MemoryTensors>();
  const at::Tensor weight = at::randn({24, 48, 1, 1}), bias = at::randn({24});
  source->add("net.weight", weight);
  source->add("net.bias", bias);
  const Weights weights(source, "net", "test");
  const PixelLinear linear(weights, {32, 16}, 24, cpu_fp32());
  weights.finish();
  EXPECT_EQ(linear.maps.size(), 2U);
  const at::Tensor first = at::randn({2, 32, 5, 4}), second = at::randn({2, 16, 5, 4});
  EXPECT_CLOSE(linear({first, second}), at::conv2d(at::cat({first, second}, 1), weight, bias),
               1e-5);
  const at::Tensor learning = second.clone().requires_grad_();
  linear({first, learning}).sum().backward();
  const at::Tensor expected = weight.narrow(1, 32, 16).sum(0).expand({2, 16, 5, 4});
  EXPECT_CLOSE(learning.grad(), expected, 1e-5);
}

TEST(Layers, ReportEveryProblemAtOnce) {
  const auto source = std::make_shared<MemoryTensors>();
  source->add("net.weight", at::randn({4, 5}));
  source->add("net.stray", at::randn({1}));
  const Weights weights(source, "net", "test");
  const Linear linear(weights, 3, 4, cpu_fp32());
  try {
    weights.finish();
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("net.weight: expected [4, 3], file has [4, 5]"), std::string::npos)
        << message;
    EXPECT_NE(message.find("net.bias"), std::string::npos) << message;
    EXPECT_NE(message.find("net.stray"), std::string::npos) << message;
  }
}

TEST(Layers, GroupNormNeedsWholeGroups) {
  EXPECT_THROW(GroupNorm(random_weights("test"), 40, {}, cpu_fp32()), Error);
}

/// A residual that nobody else holds is where the result is written, on the way through the layers
/// too.
TEST(GroupNorm, TheResultTakesTheResidualsMemory) {
  const GroupNorm norm(random_weights("norm"), 32, {}, cpu_fp32());
  const Conv2d conv = Conv2d::same(random_weights("conv"), 32, 32, cpu_fp32());
  const auto picture = [] {
    return at::randn({1, 32, 6, 5}).contiguous(at::MemoryFormat::ChannelsLast);
  };
  const at::Tensor x = picture();
  at::Tensor residual = picture();
  const void* const memory = residual.data_ptr();
  const at::Tensor beside = norm.silu_then(conv, x, {.residual = residual});
  EXPECT_NE(beside.data_ptr(), memory);
  const at::Tensor result = norm.silu_then(conv, x, {.residual = std::move(residual)});
  EXPECT_EQ(result.data_ptr(), memory);
  EXPECT_TRUE(at::equal(result, beside));
}

TEST(BlockProbe, NamesNestAndSilenceIsFree) {
  std::vector<std::string> names;
  const BlockObserver observer = [&](const std::string& name, const at::Tensor&) {
    names.push_back(name);
  };
  const BlockProbe probe(observer);
  probe("a", {});
  probe.inside("b")("c", {});
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b/c"}));
  EXPECT_FALSE(BlockProbe(BlockObserver{}).inside("b").active());
}

}  // namespace
}  // namespace ptravel
