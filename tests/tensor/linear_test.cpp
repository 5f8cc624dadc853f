#include "tensor/linear.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

at::Tensor reference(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor product = at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
  return bias.defined() ? product + bias.to(at::kDouble) : product;
}

TEST(LinearMap, AgreesWithTheDefinition) {
  for (const std::int64_t tokens : {1, 7, 77, 300}) {
    const at::Tensor x = at::randn({2, tokens, 48});
    const at::Tensor weight = at::randn({100, 48}) / 7.0;
    const at::Tensor bias = at::randn({100});
    EXPECT_CLOSE(LinearMap(weight, bias)(x), reference(x, weight, bias), 1e-5);
    EXPECT_CLOSE(LinearMap(weight, {})(x), reference(x, weight, {}), 1e-5);
    const at::Tensor xb = x.to(at::kBFloat16), wb = weight.to(at::kBFloat16);
    EXPECT_TRUE(close_to(LinearMap(wb, bias)(xb), reference(xb, wb, bias), 1e-4, 0.0079));
  }
}

TEST(LinearMap, AddsAResidualAndLeavesItAlone) {
  const at::Tensor x = at::randn({2, 5, 16});
  const at::Tensor weight = at::randn({24, 16});
  const at::Tensor residual = at::randn({2, 24, 5}).transpose(1, 2);  // not contiguous
  const at::Tensor before = residual.clone();
  EXPECT_CLOSE(LinearMap(weight, {})(x, residual), reference(x, weight, {}) + residual, 1e-5);
  EXPECT_TRUE(at::equal(residual, before));
}

TEST(LinearMap, AddsUpInFloat32) {
  const at::Tensor x = at::randn({2, 300, 48}).to(at::kBFloat16);
  const at::Tensor weight = at::randn({100, 48}).to(at::kBFloat16), bias = at::randn({100});
  const LinearMap map(weight, bias);
  const at::Tensor exact = reference(x, weight, bias);
  const at::Tensor unrounded = map(x, {}, ResultFormat::Float32);
  EXPECT_EQ(unrounded.scalar_type(), at::kFloat);
  EXPECT_CLOSE(unrounded, exact, 1e-5);
  const at::Tensor residual = at::randn({2, 300, 100});
  EXPECT_CLOSE(map(x, residual, ResultFormat::Float32), exact + residual, 1e-5);
  const at::Tensor rounded = map(x, residual);
  EXPECT_EQ(rounded.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(close_to(rounded, exact + residual, 1e-4, 0.0040));
}

TEST(LinearMap, TakesVectorsForEachImage) {
  const at::Tensor x = at::randn({3, 16});
  const at::Tensor weight = at::randn({24, 16});
  const at::Tensor out = LinearMap(weight, {})(x);
  EXPECT_EQ(out.sizes(), at::IntArrayRef({3, 24}));
  EXPECT_CLOSE(out, reference(x, weight, {}), 1e-5);
}

TEST(LinearMap, DoesNotDependOnBatchOrThreads) {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const LinearMap map(at::randn({1280, 640}).to(type), at::randn({1280}));
    const at::Tensor x = at::randn({3, 64, 640}).to(type);
    const at::Tensor all = with_threads(2, [&] { return map(x); });
    const at::Tensor one = with_threads(other_threads(), [&] { return map(x.narrow(0, 1, 1)); });
    EXPECT_TRUE(at::equal(all.narrow(0, 1, 1), one));
  }
}

TEST(LinearMap, RestsInFewerBitsWithTheSameResults) {
  for (const at::ScalarType resting : {at::kHalf, at::kBFloat16}) {
    const at::Tensor weight = at::randn({96, 160}).to(resting).to(at::kFloat);
    const LinearMap wide(weight, at::randn({96}));
    const LinearMap narrow(weight, wide.bias(), resting);
    const at::Tensor x = at::randn({2, 77, 160});
    EXPECT_TRUE(narrow(x).equal(wide(x)));
    EXPECT_TRUE(narrow.weight().equal(weight));
    const at::Tensor grad = at::randn({2, 77, 96});
    EXPECT_TRUE(narrow.input_gradient(grad).equal(wide.input_gradient(grad)));
  }
  // It is kept in those bits: what they do not hold is lost.
  const LinearMap rounded(at::full({32, 32}, 1.0001), {}, at::kHalf);
  if (cpu::onednn_available()) {
    EXPECT_TRUE(rounded.weight().equal(at::ones({32, 32})));
  }
}

TEST(LinearMap, TakesManyRowsInPieces) {
  const LinearMap map(at::randn({16, 8}), at::randn({16}));
  const at::Tensor x = at::randn({2, (1 << 18) + 5, 8});
  const at::Tensor out = map(x, at::ones({2, (1 << 18) + 5, 16}));
  ASSERT_EQ(out.sizes(), (std::vector<std::int64_t>{2, (1 << 18) + 5, 16}));
  EXPECT_TRUE(out.narrow(1, 1 << 18, 5).equal(map(x.narrow(1, 1 << 18, 5).contiguous()) + 1));
  EXPECT_CLOSE(out, reference(x, map.weight(), map.bias()) + 1, 1e-5);
}

TEST(LinearMap, GivesItsWeightBackAndDifferentiates) {
  const at::Tensor weight = at::randn({24, 16});
  const LinearMap map(weight.clone(), at::randn({24}));
  const at::Tensor x = at::randn({1, 5, 16});
  const at::Tensor fast = map(x);
  EXPECT_TRUE(at::equal(map.weight(), weight));
  const at::Tensor slow = map(x.clone().requires_grad_());
  EXPECT_TRUE(slow.requires_grad());
  EXPECT_CLOSE(slow, fast, 1e-5);
}

}  // namespace
}  // namespace ptravel
