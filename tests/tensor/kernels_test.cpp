#include "tensor/cpu/kernels.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace ptravel::cpu {
namespace {

std::vector<float> random_numbers(std::size_t count) {
  std::mt19937 generator(7);
  std::normal_distribution<float> normal(0.0F, 2.0F);
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    number = normal(generator);
  }
  return numbers;
}

/// Softmax attention of one head in double precision.
std::vector<double> reference(const AttentionShape& shape,
                              const std::vector<float>& q,
                              const std::vector<float>& k,
                              const std::vector<float>& v) {
  std::vector<double> out(static_cast<std::size_t>(shape.query_rows * shape.head_dim));
  for (std::int64_t row = 0; row < shape.query_rows; ++row) {
    double total = 0;
    for (std::int64_t key = 0; key < shape.key_rows; ++key) {
      double score = 0;
      for (std::int64_t d = 0; d < shape.head_dim; ++d) {
        score += static_cast<double>(q[row * shape.head_dim + d]) * k[key * shape.head_dim + d];
      }
      const double weight = std::exp(score * shape.scale);
      total += weight;
      for (std::int64_t d = 0; d < shape.head_dim; ++d) {
        out[row * shape.head_dim + d] += weight * v[key * shape.head_dim + d];
      }
    }
    for (std::int64_t d = 0; d < shape.head_dim; ++d) {
      out[row * shape.head_dim + d] /= total;
    }
  }
  return out;
}

std::vector<float> attend(const Kernels& kernels,
                          const AttentionShape& shape,
                          const std::vector<float>& q,
                          const std::vector<float>& k,
                          const std::vector<float>& v) {
  constexpr auto kFloat = Element::Float32;
  std::vector<float> packed(static_cast<std::size_t>(kernels.attention_packed_size(kFloat, shape)));
  std::vector<float> scratch(
      static_cast<std::size_t>(kernels.attention_scratch_size(kFloat, shape)));
  std::vector<float> out(q.size());
  for (std::int64_t key = 0; key < shape.key_rows; key += kKeyBlock) {
    kernels.pack_keys_values(kFloat, shape, k.data(), v.data(), 0, key, packed.data());
  }
  for (std::int64_t row = 0; row < shape.query_rows; row += kQueryBlock) {
    kernels.attention_rows(kFloat, shape, q.data(), packed.data(), 0, row, scratch.data(),
                           out.data());
  }
  return out;
}

/// Every instruction set that this processor runs.
class KernelSets : public testing::TestWithParam<int> {
 protected:
  const Kernels* kernels() const {
    const Kernels* const* all = runnable_kernels();
    for (int i = 0; i < GetParam(); ++i) {
      if (all[i] == nullptr) {
        return nullptr;
      }
    }
    return all[GetParam()];
  }
};

TEST_P(KernelSets, AttendCorrectly) {
  if (kernels() == nullptr) {
    GTEST_SKIP() << "this processor has fewer instruction sets";
  }
  AttentionShape shape;
  shape.head_dim = 21;
  shape.query_rows = 53;
  shape.key_rows = 201;
  shape.query_stride = shape.key_stride = shape.value_stride = shape.out_stride = shape.head_dim;
  shape.scale = 0.2F;
  const auto q = random_numbers(static_cast<std::size_t>(shape.query_rows * shape.head_dim));
  const auto k = random_numbers(static_cast<std::size_t>(shape.key_rows * shape.head_dim));
  const auto v = random_numbers(static_cast<std::size_t>(shape.key_rows * shape.head_dim));
  const auto expected = reference(shape, q, k, v);
  const auto actual = attend(*kernels(), shape, q, k, v);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], 1e-4) << kernels()->name << " at " << i;
  }
}

TEST_P(KernelSets, ActivateAndNormaliseCorrectly) {
  if (kernels() == nullptr) {
    GTEST_SKIP() << "this processor has fewer instruction sets";
  }
  const std::size_t count = 203;
  const auto x = random_numbers(count);
  std::vector<float> y(count);
  kernels()->unary(Element::Float32, UnaryFunction::Gelu, x.data(), y.data(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const double expected = 0.5 * x[i] * (1 + std::erf(x[i] / std::sqrt(2.0)));
    ASSERT_NEAR(y[i], expected, 2e-6) << kernels()->name;
  }
  const std::vector<float> ones(count, 1.0F), zeros(count, 0.0F);
  kernels()->layer_norm(Element::Float32, x.data(), y.data(), 1, count, ones.data(), zeros.data(),
                        0.0F);
  double sum = 0, squares = 0;
  for (const float value : y) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  EXPECT_NEAR(sum / count, 0.0, 1e-5) << kernels()->name;
  EXPECT_NEAR(squares / count, 1.0, 1e-4) << kernels()->name;
}

INSTANTIATE_TEST_SUITE_P(All, KernelSets, testing::Range(0, 4));

}  // namespace
}  // namespace ptravel::cpu
