// Attention's kernels for NVIDIA cards on an emulated GPU: by single warps and, as on Hopper, by
// groups of four with products straight from shared memory.

// It defines what the kernels are written in, so it comes first.
// clang-format off
#include "tests/tensor/emulated_attention.h"
// clang-format on

#include <vector>

#include <gtest/gtest.h>

#include "tensor/cuda/attention_kernel.h"
#include "tensor/cuda/attention_warpgroup_kernel.h"

namespace ptravel::cuda {
namespace {

/// ||a - b|| / ||b||, with NaN for missing numbers.
double error(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.to(at::kDouble);
  return ((a.to(at::kDouble) - wide).norm() / wide.norm()).item<double>();
}

template <typename T>
constexpr at::ScalarType kType = c10::CppTypeToScalarType<T>::value;

struct AttentionCase {
  std::int64_t heads = 1, head = 8, queries = 1;
  std::vector<std::int64_t> keys;  ///< Of each image.
  bool causal = false;
};

template <typename T>
struct Attended {
  explicit Attended(const AttentionCase& c) : wanted(c) {
    at::manual_seed(3);
    const auto images = static_cast<std::int64_t>(c.keys.size());
    const std::int64_t width = c.heads * c.head;
    queries = (at::randn({images, c.queries, width}) * 2).to(kType<T>);
    const auto split = [&](const at::Tensor& x) {
      return x.to(at::kFloat).unflatten(1, {c.heads, c.head}).transpose(0, 1);
    };
    std::vector<at::Tensor> expected;
    for (std::int64_t i = 0; i < images; ++i) {
      const std::int64_t rows = c.keys[static_cast<std::size_t>(i)];
      keys.push_back(at::randn({rows, width}).to(kType<T>));
      values.push_back(at::randn({rows, width}).to(kType<T>));
      at::Tensor scores = at::matmul(split(queries[i]), split(keys.back()).transpose(1, 2)) /
                          std::sqrt(static_cast<double>(c.head));
      if (c.causal) {
        scores = scores.masked_fill(at::ones({c.queries, rows}, at::kBool).triu(1), -INFINITY);
      }
      expected.push_back(
          at::matmul(at::softmax(scores, -1), split(values.back())).transpose(0, 1).flatten(1));
    }
    reference = at::stack(expected);
  }

  /// `some`: the queries of images and rows from the given ones on.
  AttentionProblem problem(at::Tensor& some,
                           at::Tensor& out,
                           std::int64_t image = 0,
                           std::int64_t row = 0) const {
    AttentionProblem p;
    some = queries.narrow(0, image, queries.size(0) - image)
               .narrow(1, row, queries.size(1) - row)
               .contiguous();
    out = at::full_like(some, std::nan(""));
    p.queries = some.data_ptr();
    p.out = out.data_ptr();
    for (std::int64_t i = image; i < queries.size(0); ++i) {
      p.keys[i - image] = keys[static_cast<std::size_t>(i)].data_ptr();
      p.values[i - image] = values[static_cast<std::size_t>(i)].data_ptr();
      p.key_rows[i - image] = static_cast<int>(keys[static_cast<std::size_t>(i)].size(0));
    }
    p.images = static_cast<int>(some.size(0));
    p.query_rows = static_cast<int>(some.size(1));
    p.heads = static_cast<int>(wanted.heads);
    p.head = static_cast<int>(wanted.head);
    p.scale = 1.0F / std::sqrt(static_cast<float>(wanted.head));
    p.causal = wanted.causal;
    return p;
  }

  template <typename Shape>
  at::Tensor by_groups(std::int64_t image = 0, std::int64_t row = 0) const {
    at::Tensor some, out;
    const AttentionProblem p = problem(some, out, image, row);
    emulated::launch((p.query_rows + Shape::kRows - 1) / Shape::kRows, p.heads, p.images,
                     Shape::kThreads, Shape::kMemory,
                     [&] { warpgroup_attention_block<T, Shape>(p); });
    return out;
  }
  template <int kHead, int kTiles>
  at::Tensor by_warps() const {
    at::Tensor some, out;
    const AttentionProblem p = problem(some, out);
    const int rows = attention_rows(kTiles);
    emulated::launch((p.query_rows + rows - 1) / rows, p.heads, p.images, kAttentionThreads,
                     attention_memory(kHead, kTiles),
                     [&] { attention_block<T, kHead, kTiles>(p); });
    return out;
  }

  AttentionCase wanted;
  at::Tensor queries, reference;
  std::vector<at::Tensor> keys, values;
};

template <typename T>
constexpr double kBound = std::is_same_v<T, Half> ? 2e-3 : 1.5e-2;

template <typename T, int kHead, int kTiles>
void expect_attended(const AttentionCase& c) {
  const Attended<T> attended(c);
  EXPECT_LT(error(attended.template by_warps<kHead, kTiles>(), attended.reference), kBound<T>)
      << c.head << " " << c.queries;
}

TEST(CudaAttention, BySingleWarps) {
  expect_attended<Half, 40, 2>({.heads = 2, .head = 40, .queries = 140, .keys = {140, 77}});
  expect_attended<Bfloat16, 64, 2>({.heads = 1, .head = 64, .queries = 70, .keys = {200}});
  expect_attended<Half, 80, 1>({.heads = 2, .head = 80, .queries = 65, .keys = {64}});
  expect_attended<Half, 160, 1>({.heads = 1, .head = 160, .queries = 33, .keys = {65}});
  expect_attended<Half, 160, 1>({.heads = 2, .head = 96, .queries = 20, .keys = {130}});
  expect_attended<Half, 40, 2>({.heads = 3, .head = 8, .queries = 9, .keys = {1}});
  expect_attended<Half, 64, 2>(
      {.heads = 2, .head = 64, .queries = 150, .keys = {150}, .causal = true});
}

using Narrow = AttentionShape<40, 128, 2, 4, 2, true>;
using Usual = AttentionShape<64, 96, 2, 3, 2>;
using Wide = AttentionShape<80, 96, 2, 3, 2>;
using Widest = AttentionShape<160, 64, 2, 4, 1>;

template <typename T, typename Shape>
void expect_attended_by_groups(const AttentionCase& c) {
  const Attended<T> attended(c);
  EXPECT_LT(error(attended.template by_groups<Shape>(), attended.reference), kBound<T>)
      << c.head << " " << c.queries;
}

TEST(CudaAttention, ByGroupsOfWarps) {
  expect_attended_by_groups<Half, Narrow>(
      {.heads = 2, .head = 40, .queries = 140, .keys = {140, 77}});
  expect_attended_by_groups<Half, Narrow>({.head = 40, .queries = 70, .keys = {1000}});
  expect_attended_by_groups<Bfloat16, Usual>(
      {.heads = 1, .head = 64, .queries = 70, .keys = {700}});
  expect_attended_by_groups<Half, Wide>({.heads = 2, .head = 80, .queries = 65, .keys = {64, 500}});
  expect_attended_by_groups<Half, AttentionShape<80, 64, 4, 4, 1>>(
      {.heads = 1, .head = 80, .queries = 257, .keys = {400}});
  expect_attended_by_groups<Half, Widest>({.heads = 1, .head = 160, .queries = 33, .keys = {400}});
  expect_attended_by_groups<Half, Widest>({.heads = 2, .head = 96, .queries = 20, .keys = {130}});
  expect_attended_by_groups<Half, Narrow>({.heads = 3, .head = 8, .queries = 9, .keys = {1}});
  expect_attended_by_groups<Half, Usual>(
      {.heads = 2, .head = 64, .queries = 300, .keys = {300}, .causal = true});
}

TEST(CudaAttention, OtherChoicesGiveTheSameBitsOrNearlySo) {
  const Attended<Half> c({.heads = 2, .head = 40, .queries = 300, .keys = {650, 77}});
  const at::Tensor usual = c.by_groups<Narrow>();
  EXPECT_LT(error(usual, c.reference), kBound<Half>);
  EXPECT_TRUE((c.by_groups<AttentionShape<40, 128, 4, 4, 1, true>>()).equal(usual));
  EXPECT_TRUE((c.by_groups<AttentionShape<40, 128, 2, 3, 2, true>>()).equal(usual));
  EXPECT_TRUE((c.by_groups<AttentionShape<40, 128, 2, 4, 2, true, 0, true>>()).equal(usual));
  EXPECT_TRUE((c.by_groups<AttentionShape<40, 128, 4, 3, 1, true, 0, true>>()).equal(usual));
  EXPECT_LT(error(c.by_groups<AttentionShape<40, 128, 2, 4, 2>>(), usual), 5e-4);
  const at::Tensor other = c.by_groups<AttentionShape<40, 128, 2, 4, 2, true, 8>>();
  EXPECT_FALSE(other.equal(usual));
  EXPECT_LT(error(other, c.reference), kBound<Half>);
  EXPECT_LT(error(other, usual), 5e-4);
}

TEST(CudaAttention, AnImagesRowsDependOnNothingElse) {
  const Attended<Half> c({.head = 40, .queries = 200, .keys = {77, 1, 130, 1000}});
  const at::Tensor together = c.by_groups<Narrow>();
  EXPECT_LT(error(together, c.reference), kBound<Half>);
  EXPECT_TRUE(c.by_groups<Narrow>(3)[0].equal(together[3]));
  EXPECT_TRUE(c.by_groups<Narrow>(2)[0].equal(together[2]));
  const at::Tensor later = c.by_groups<Narrow>(0, 37);
  EXPECT_TRUE(later.equal(together.narrow(1, 37, 163)));
}

TEST(CudaAttention, NoGroupRunsIntoWhatAnotherStillReads) {
  const Attended<Half> c({.head = 40, .queries = 128, .keys = {1200}});
  const at::Tensor level = c.by_groups<Narrow>();
  for (const int group : {0, 1}) {
    emulated::favour(group);
    EXPECT_TRUE(c.by_groups<Narrow>().equal(level)) << group;
    EXPECT_TRUE((c.by_groups<AttentionShape<40, 128, 2, 3, 2, true>>()).equal(level)) << group;
    EXPECT_TRUE((c.by_groups<AttentionShape<40, 128, 2, 4, 2, true, 0, true>>()).equal(level))
        << group;
  }
  emulated::favour(-1);
}

TEST(CudaAttention, PolynomialsForPowersOfTwo) {
  EXPECT_EQ(exp2_by_polynomial(-INFINITY), exp2_by_polynomial(-126.0F));
  EXPECT_LT(exp2_by_polynomial(-INFINITY), 1e-37F);
  for (float x = -40; x <= 0; x += 0.003F) {
    EXPECT_NEAR(exp2_by_polynomial(x) / std::exp2(x), 1.0F, 8e-5F) << x;
  }
}

}  // namespace
}  // namespace ptravel::cuda
