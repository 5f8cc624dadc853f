#include "tensor/cpu/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

namespace ptravel::cpu {

#if defined(PTRAVEL_EMULATED_AMX)
/// Runs where AVX512_BF16 does.
extern const Kernels kEmulatedAmxKernels;
#endif

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

/// The same, rounded to what bf16 holds.
std::vector<float> random_bf16(std::size_t count) {
  auto numbers = random_numbers(count);
  for (float& number : numbers) {
    number = std::bit_cast<float>(std::bit_cast<std::uint32_t>(number) & 0xffff0000U);
  }
  return numbers;
}

/// Memory of the kernels' format: T is float, or std::uint16_t for bf16.
template <typename T>
std::vector<T> narrow(const std::vector<float>& numbers) {
  std::vector<T> result;
  for (const float number : numbers) {
    if constexpr (std::is_same_v<T, float>) {
      result.push_back(number);
    } else {
      result.push_back(static_cast<T>(std::bit_cast<std::uint32_t>(number) >> 16));
    }
  }
  return result;
}

template <typename T>
std::vector<float> widen(const std::vector<T>& numbers) {
  std::vector<float> result;
  for (const T number : numbers) {
    if constexpr (std::is_same_v<T, float>) {
      result.push_back(number);
    } else {
      result.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(number) << 16));
    }
  }
  return result;
}

/// Tokens of one head, `gap` elements between two of them.
AttentionShape shape_of(std::int64_t queries,
                        std::int64_t keys,
                        std::int64_t dim,
                        float scale,
                        bool causal = false,
                        std::int64_t gap = 0) {
  AttentionShape shape;
  shape.head_dim = dim;
  shape.query_rows = queries;
  shape.key_rows = keys;
  shape.query_stride = shape.key_stride = shape.value_stride = shape.out_stride = dim + gap;
  shape.scale = scale;
  shape.causal = causal;
  return shape;
}

template <typename Number>
struct Attended {
  std::vector<Number> out;  ///< [query_rows, head_dim]
  std::vector<Number> logsums;
};

/// Softmax attention of one head in double precision.
Attended<double> reference(const AttentionShape& shape,
                           const std::vector<float>& q,
                           const std::vector<float>& k,
                           const std::vector<float>& v) {
  Attended<double> result;
  result.out.resize(static_cast<std::size_t>(shape.query_rows * shape.head_dim));
  for (std::int64_t row = 0; row < shape.query_rows; ++row) {
    double total = 0;
    double* out = result.out.data() + row * shape.head_dim;
    for (std::int64_t key = 0; key < shape.key_rows && (!shape.causal || key <= row); ++key) {
      double score = 0;
      for (std::int64_t d = 0; d < shape.head_dim; ++d) {
        score +=
            static_cast<double>(q[row * shape.query_stride + d]) * k[key * shape.key_stride + d];
      }
      const double weight = std::exp(score * shape.scale);
      total += weight;
      for (std::int64_t d = 0; d < shape.head_dim; ++d) {
        out[d] += weight * v[key * shape.value_stride + d];
      }
    }
    for (std::int64_t d = 0; d < shape.head_dim; ++d) {
      out[d] /= total;
    }
    result.logsums.push_back(std::log(total));
  }
  return result;
}

template <typename T>
Attended<float> attend(const Kernels& kernels,
                       const AttentionShape& shape,
                       const std::vector<float>& q,
                       const std::vector<float>& k,
                       const std::vector<float>& v) {
  constexpr auto kElement = std::is_same_v<T, float> ? Element::Float32 : Element::Bfloat16;
  const auto nq = narrow<T>(q), nk = narrow<T>(k), nv = narrow<T>(v);
  std::vector<float> packed(
      static_cast<std::size_t>(kernels.attention_packed_size(kElement, shape)), NAN);
  std::vector<float> scratch(
      static_cast<std::size_t>(kernels.attention_scratch_size(kElement, shape)), NAN);
  std::vector<T> out(nq.size());
  Attended<float> result;
  result.logsums.resize(static_cast<std::size_t>(shape.query_rows));
  for (std::int64_t key = 0; key < shape.key_rows; key += kKeyBlock) {
    kernels.pack_keys_values(kElement, shape, nk.data(), nv.data(), 0, key, packed.data());
  }
  for (std::int64_t row = 0; row < shape.query_rows; row += kQueryBlock) {
    kernels.attention_rows(kElement, shape, nq.data(), packed.data(), 0, row, scratch.data(),
                           out.data(), result.logsums.data());
  }
  const auto wide = widen(out);
  for (std::int64_t row = 0; row < shape.query_rows; ++row) {
    const auto begin = wide.begin() + row * shape.out_stride;
    result.out.insert(result.out.end(), begin, begin + shape.head_dim);
  }
  return result;
}

/// The gradients of attention of one head with respect to queries, keys and values, one after the
/// other, in double precision; `grad` is the gradient of the result.
std::vector<double> reference_gradients(const AttentionShape& shape,
                                        const std::vector<float>& q,
                                        const std::vector<float>& k,
                                        const std::vector<float>& v,
                                        const std::vector<float>& grad) {
  const std::int64_t dim = shape.head_dim;
  const auto out = reference(shape, q, k, v).out;
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
  constexpr auto kElement = std::is_same_v<T, float> ? Element::Float32 : Element::Bfloat16;
  const auto exact = reference(shape, q, k, v);
  const std::vector<float> out(exact.out.begin(), exact.out.end());
  const std::vector<float> logsums(exact.logsums.begin(), exact.logsums.end());
  const auto nq = narrow<T>(q), nk = narrow<T>(k), nv = narrow<T>(v), ng = narrow<T>(grad),
             no = narrow<T>(out);
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
    const auto wide = widen(*part);
    result.insert(result.end(), wide.begin(), wide.end());
  }
  return result;
}

/// Every set of kernels, by its name.
class KernelSets : public testing::TestWithParam<const char*> {
 protected:
  /// Null where this processor does not run them.
  static const Kernels* find(const std::string& name) {
    for (const Kernels* const* table = runnable_kernels(); *table != nullptr; ++table) {
      if (name == (*table)->name) {
        return *table;
      }
    }
#if defined(PTRAVEL_EMULATED_AMX)
    if (name == kEmulatedAmxKernels.name && find("avx512_bf16") != nullptr) {
      return &kEmulatedAmxKernels;
    }
#endif
    return nullptr;
  }
  const Kernels* kernels() const { return find(GetParam()); }

  void expect_attention(const AttentionShape& shape) const {
    const auto q = random_bf16(static_cast<std::size_t>(shape.query_rows * shape.query_stride));
    const auto k = random_bf16(static_cast<std::size_t>(shape.key_rows * shape.key_stride));
    const auto v = random_bf16(static_cast<std::size_t>(shape.key_rows * shape.value_stride));
    const auto expected = reference(shape, q, k, v);
    const auto wide = attend<float>(*kernels(), shape, q, k, v);
    const auto low = attend<std::uint16_t>(*kernels(), shape, q, k, v);
    const auto at = [&](std::size_t i) {
      return testing::Message() << kernels()->name << ", " << shape.query_rows << " queries, "
                                << shape.key_rows << " keys of " << shape.head_dim << ", at " << i;
    };
    for (std::size_t i = 0; i < expected.out.size(); ++i) {
      ASSERT_NEAR(wide.out[i], expected.out[i], 1e-4) << at(i);
      ASSERT_NEAR(low.out[i], expected.out[i], 0.01 + 0.01 * std::abs(expected.out[i])) << at(i);
    }
    for (std::size_t i = 0; i < expected.logsums.size(); ++i) {
      const double size = 1 + std::abs(expected.logsums[i]);
      ASSERT_NEAR(wide.logsums[i], expected.logsums[i], 2e-6 * size) << at(i);
      ASSERT_NEAR(low.logsums[i], expected.logsums[i], 1e-4 + 2e-6 * size) << at(i);
    }
  }
};

TEST_P(KernelSets, AttendCorrectly) {
  if (kernels() == nullptr) {
    GTEST_SKIP() << "this processor has fewer instruction sets";
  }
  // Sizes of Stable Diffusion, sizes around blocks and vectors, and very small ones.
  for (const std::int64_t dim : {1, 8, 21, 40, 64, 80, 160}) {
    for (const std::int64_t keys : {1, 2, 77, 130}) {
      expect_attention(shape_of(53, keys, dim, 0.1F));
    }
  }
  for (const std::int64_t queries : {1, 16, 17, 33, 48, 96, 100}) {
    expect_attention(shape_of(queries, 33, 40, 0.2F, /*causal=*/false, /*gap=*/3));
  }
  expect_attention(shape_of(5, 4097, 40, 0.1F));
  expect_attention(shape_of(50, 256, 512, 0.04F));
}

TEST_P(KernelSets, AttendCausally) {
  if (kernels() == nullptr) {
    GTEST_SKIP() << "this processor has fewer instruction sets";
  }
  for (const std::int64_t rows : {1, 31, 77, 129, 300}) {
    expect_attention(shape_of(rows, rows, 64, 0.1F, /*causal=*/true));
  }
  expect_attention(shape_of(70, 20, 8, 0.2F, /*causal=*/true, /*gap=*/5));
  expect_attention(shape_of(20, 170, 8, 0.2F, /*causal=*/true));
}

TEST_P(KernelSets, AttendToFewOfManyKeys) {
  if (kernels() == nullptr) {
    GTEST_SKIP() << "this processor has fewer instruction sets";
  }
  // Scores up to some hundreds: most probabilities are far below the smallest number.
  expect_attention(shape_of(60, 300, 8, 4.0F));
}

TEST_P(KernelSets, DifferentiateAttentionCorrectly) {
  if (kernels() == nullptr) {
    GTEST_SKIP() << "this processor has fewer instruction sets";
  }
  const AttentionShape shape = shape_of(53, 201, 21, 0.1F);
  const auto numbers = random_bf16(static_cast<std::size_t>(508 * shape.head_dim));
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

INSTANTIATE_TEST_SUITE_P(
    All,
    KernelSets,
    testing::Values("amx", "avx512_bf16", "avx512", "avx2", "baseline", "emulated amx"));

}  // namespace
}  // namespace ptravel::cpu
