#include "tensor/cpu/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <type_traits>
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
                           out.data(), nullptr);
  }
  return out;
}

/// The gradients of attention of one head with respect to queries, keys and values, one after the
/// other, in double precision; `grad` is the gradient of the result.
std::vector<double> reference_gradients(const AttentionShape& shape,
                                        const std::vector<float>& q,
                                        const std::vector<float>& k,
                                        const std::vector<float>& v,
                                        const std::vector<float>& grad) {
  const std::int64_t dim = shape.head_dim;
  const auto out = reference(shape, q, k, v);
  std::vector<double> result(q.size() + k.size() + v.size());
  double* dq = result.data();
  double* dk = dq + q.size();
  double* dv = dk + k.size();
  const auto dot = [&](const auto* a, const auto* b) {
    double sum = 0;
    for (std::int64_t d = 0; d < dim; ++d) {
      sum += static_cast<double>(a[d]) * b[d];
    }
    return sum;
  };
  for (std::int64_t row = 0; row < shape.query_rows; ++row) {
    const float* above = grad.data() + row * dim;
    double total = 0;
    for (std::int64_t key = 0; key < shape.key_rows; ++key) {
      total += std::exp(dot(q.data() + row * dim, k.data() + key * dim) * shape.scale);
    }
    const double along = dot(above, out.data() + row * dim);
    for (std::int64_t key = 0; key < shape.key_rows; ++key) {
      const double p =
          std::exp(dot(q.data() + row * dim, k.data() + key * dim) * shape.scale) / total;
      const double slope = shape.scale * p * (dot(above, v.data() + key * dim) - along);
      for (std::int64_t d = 0; d < dim; ++d) {
        dq[row * dim + d] += slope * k[key * dim + d];
        dk[key * dim + d] += slope * q[row * dim + d];
        dv[key * dim + d] += p * above[d];
      }
    }
  }
  return result;
}

/// The same from the kernels: T is float, or std::uint16_t for bf16.
template <typename T>
std::vector<float> gradients(const Kernels& kernels,
                             const AttentionShape& shape,
                             const std::vector<float>& q,
                             const std::vector<float>& k,
                             const std::vector<float>& v,
                             const std::vector<float>& grad) {
  constexpr bool kWide = std::is_same_v<T, float>;
  constexpr auto kElement = kWide ? Element::Float32 : Element::Bfloat16;
  const auto narrow = [](const std::vector<float>& x) {
    std::vector<T> result;
    for (const float number : x) {
      if constexpr (kWide) {
        result.push_back(number);
      } else {
        result.push_back(static_cast<T>(std::bit_cast<std::uint32_t>(number) >> 16));
      }
    }
    return result;
  };
  std::vector<float> out = attend(kernels, shape, q, k, v);
  std::vector<float> logsums;
  for (std::int64_t row = 0; row < shape.query_rows; ++row) {
    double total = 0;
    for (std::int64_t key = 0; key < shape.key_rows; ++key) {
      double score = 0;
      for (std::int64_t d = 0; d < shape.head_dim; ++d) {
        score += static_cast<double>(q[row * shape.head_dim + d]) * k[key * shape.head_dim + d];
      }
      total += std::exp(score * shape.scale);
    }
    logsums.push_back(static_cast<float>(std::log(total)));
  }
  const auto nq = narrow(q), nk = narrow(k), nv = narrow(v), ng = narrow(grad), no = narrow(out);
  const auto sizes = kernels.attention_gradient_sizes(kElement, shape);
  std::vector<float> packed(static_cast<std::size_t>(sizes.packed));
  std::vector<float> scratch(static_cast<std::size_t>(sizes.scratch));
  std::vector<float> queries(static_cast<std::size_t>(sizes.query_rows * sizes.query_width));
  std::vector<T> keys(k.size()), values(v.size());
  kernels.pack_attention_gradient(
      kElement, shape, {nq.data(), nk.data(), nv.data(), no.data(), ng.data(), logsums.data()}, 0,
      packed.data());
  const std::int64_t blocks = (shape.key_rows + kGradientKeys - 1) / kGradientKeys;
  kernels.attention_gradient_keys(kElement, shape, packed.data(), {0, 0, blocks}, scratch.data(),
                                  {queries.data(), keys.data(), values.data()});
  std::vector<float> result;
  for (std::int64_t row = 0; row < shape.query_rows; ++row) {
    const auto begin = queries.begin() + row * sizes.query_width;
    result.insert(result.end(), begin, begin + shape.head_dim);
  }
  for (const auto* part : {&keys, &values}) {
    for (const T number : *part) {
      if constexpr (kWide) {
        result.push_back(number);
      } else {
        result.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(number) << 16));
      }
    }
  }
  return result;
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

TEST_P(KernelSets, DifferentiateAttentionCorrectly) {
  if (kernels() == nullptr) {
    GTEST_SKIP() << "this processor has fewer instruction sets";
  }
  AttentionShape shape;
  shape.head_dim = 21;
  shape.query_rows = 53;
  shape.key_rows = 201;
  shape.query_stride = shape.key_stride = shape.value_stride = shape.out_stride = shape.head_dim;
  shape.scale = 0.1F;
  auto numbers = random_numbers(static_cast<std::size_t>(508 * shape.head_dim));
  for (float& number : numbers) {  // numbers that bf16 holds exactly
    number = std::bit_cast<float>(std::bit_cast<std::uint32_t>(number) & 0xffff0000U);
  }
  auto next = numbers.begin();
  const auto take = [&](std::int64_t rows) {
    const auto begin = next;
    next += rows * shape.head_dim;
    return std::vector<float>(begin, next);
  };
  const auto q = take(53), grad = take(53), k = take(201), v = take(201);
  const auto expected = reference_gradients(shape, q, k, v, grad);
  const auto wide = gradients<float>(*kernels(), shape, q, k, v, grad);
  const auto rounded = gradients<std::uint16_t>(*kernels(), shape, q, k, v, grad);
  double largest = 0;
  for (const double number : expected) {
    largest = std::max(largest, std::abs(number));
  }
  ASSERT_EQ(wide.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(wide[i], expected[i], 1e-5 * largest) << kernels()->name << " at " << i;
    ASSERT_NEAR(rounded[i], expected[i], 0.01 * largest) << kernels()->name << " at " << i;
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
