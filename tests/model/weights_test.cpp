#include "model/weights.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/tensor_sources.h"
#include "tests/checkpoint/errors.h"
#include "tests/support/tiny_files.h"

#include "checkpoint/safetensors.h"

namespace ptravel {
namespace {

std::shared_ptr<MemoryTensors> memory(const TinyTensors& tensors) {
  auto source = std::make_shared<MemoryTensors>();
  for (const auto& [name, tensor] : tensors) {
    source->add(name, tensor);
  }
  return source;
}

TEST(Weights, LoadsAnOwnCopyInTheChosenFormat) {
  const at::Tensor stored = at::arange(6, at::kHalf).reshape({2, 3});
  const Weights weights(memory({{"net.block.weight", stored}}), "net", "net");
  const at::Tensor loaded = weights.at("block").load("weight", {2, 3}, {});
  EXPECT_EQ(loaded.scalar_type(), at::kFloat);
  EXPECT_TRUE(loaded.equal(stored.to(at::kFloat)));
  const at::Tensor same_type = weights.load("block.weight", {2, 3}, {at::kCPU, at::kHalf});
  EXPECT_NE(same_type.data_ptr(), stored.data_ptr());
  EXPECT_NO_THROW(weights.finish());
}

TEST(Weights, CopiesTransposedTensorsContiguously) {
  const at::Tensor stored = at::arange(6, at::kFloat).reshape({2, 3}).t();
  const Weights weights(memory({{"w", stored}}), "", "net");
  const at::Tensor loaded = weights.load("w", {3, 2}, {});
  EXPECT_TRUE(loaded.is_contiguous());
  EXPECT_TRUE(loaded.equal(stored));
}

TEST(Weights, ReportsEverythingAtOnce) {
  const Weights weights(memory({{"net.shape", at::zeros({2, 9})},
                                {"net.nan", at::full({3}, std::nan(""), at::kHalf)},
                                {"net.inf", at::full({1}, INFINITY, at::kBFloat16)},
                                {"net.extra", at::zeros({7})},
                                {"net.known", at::zeros({1})},
                                {"other.extra", at::zeros({1})}}),
                        "net.", "net");
  EXPECT_EQ(weights.load("shape", {2, 4}, {}).sizes(), at::IntArrayRef({2, 4}));
  EXPECT_EQ(weights.load("gone", {5}, {}).sum().item<float>(), 0.0F);
  weights.load("nan", {3}, {});
  weights.load("inf", {1}, {});
  weights.ignore("known");
  for (const char* part :
       {"[net]", "net.shape: expected [2, 4], file has [2, 9]", "net.gone: missing, expected [5]",
        "net.nan: holds numbers that are not finite", "net.inf: holds",
        "net.extra: not used, [7]"}) {
    expect_error(ErrorCode::Corrupt, part, [&] { weights.finish(); });
  }
  try {
    weights.finish();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("other.extra"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("net.known"), std::string::npos);
  }
}

TEST(Weights, CountsBeyondTwentyProblems) {
  const Weights weights(memory({}), "", "net");
  for (int i = 0; i < 30; ++i) {
    weights.load(std::string("w") + std::to_string(i), {1 << 14, 1 << 14}, {});
  }
  expect_error(ErrorCode::Corrupt, "and 10 more", [&] { weights.finish(); });
}

TEST(Weights, FindsNumbersThatOverflowHalfPrecision) {
  const Weights weights(memory({{"w", at::full({1}, 1e6)}}), "", "net");
  weights.load("w", {1}, {at::kCPU, at::kHalf});
  expect_error(ErrorCode::Corrupt, "too large", [&] { weights.finish(); });
}

TEST(Weights, ShapesDoNotCountAsUse) {
  const Weights weights(memory({{"w", at::zeros({2})}}), "", "net");
  EXPECT_TRUE(weights.contains("w"));
  EXPECT_EQ(weights.shape("w"), std::vector<std::int64_t>{2});
  EXPECT_FALSE(weights.shape("v"));
  expect_error(ErrorCode::Corrupt, "not used", [&] { weights.finish(); });
}

TEST(TensorSources, RenamesAndReshapes) {
  auto renamed = std::make_shared<RenamedTensors>();
  const auto source = memory({{"m", at::arange(6, at::kFloat).reshape({2, 3})}});
  renamed->add("conv", source, "m", RenamedTensors::Shape::PointConvolution);
  renamed->add("plain", source, "m");
  EXPECT_EQ(renamed->shape("conv"), (std::vector<std::int64_t>{2, 3, 1, 1}));
  EXPECT_EQ(renamed->tensor("conv").sizes(), at::IntArrayRef({2, 3, 1, 1}));
  EXPECT_EQ(renamed->tensor("plain").sizes(), at::IntArrayRef({2, 3}));
  renamed->remove("plain");
  EXPECT_FALSE(renamed->contains("plain"));
  expect_error(ErrorCode::NotFound, "\"plain\"", [&] { renamed->tensor("plain"); });
}

}  // namespace
}  // namespace ptravel
