#include "tensor/attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

struct Case {
  std::int64_t queries, keys, heads, head_dim;
  AttentionMask mask = AttentionMask::None;
};

/// The definition, in double precision.
at::Tensor reference(const at::Tensor& q,
                     const at::Tensor& k,
                     const at::Tensor& v,
                     std::int64_t heads,
                     AttentionMask mask) {
  const auto split = [&](const at::Tensor& x) {
    return x.to(at::kDouble).unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);
  };
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(2) / heads));
  at::Tensor scores = at::matmul(split(q), split(k).transpose(2, 3)) * scale;
  if (mask == AttentionMask::Causal) {
    const at::Tensor hidden = at::ones({q.size(1), k.size(1)}, at::kBool).triu(1);
    scores = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity());
  }
  return at::matmul(at::softmax(scores, -1), split(v)).transpose(1, 2).flatten(2, 3);
}

class AttentionCases : public testing::TestWithParam<Case> {};

TEST_P(AttentionCases, AgreesWithTheDefinition) {
  const Case c = GetParam();
  const at::Tensor q = 2 * at::randn({2, c.queries, c.heads * c.head_dim});
  const at::Tensor k = at::randn({2, c.keys, c.heads * c.head_dim});
  const at::Tensor v = at::randn({2, c.keys, c.heads * c.head_dim});
  const at::Tensor out = attention(q, k, v, c.heads, c.mask);
  EXPECT_CLOSE(out, reference(q, k, v, c.heads, c.mask), 1e-5);

  const at::Tensor qb = q.to(at::kBFloat16), kb = k.to(at::kBFloat16), vb = v.to(at::kBFloat16);
  const at::Tensor low = attention(qb, kb, vb, c.heads, c.mask);
  EXPECT_EQ(low.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(close_to(low, reference(qb, kb, vb, c.heads, c.mask), 0.02, 0.01));
}

// Sizes around the blocks (48 queries, 128 keys), head sizes that fill no vector, and SD's own.
INSTANTIATE_TEST_SUITE_P(Sizes,
                         AttentionCases,
                         testing::Values(Case{1, 1, 1, 1},
                                         Case{5, 3, 2, 4},
                                         Case{48, 128, 2, 8},
                                         Case{49, 129, 1, 40},
                                         Case{100, 77, 8, 80},
                                         Case{64, 154, 4, 17},
                                         Case{70, 300, 1, 160},
                                         Case{50, 200, 1, 512},
                                         Case{77, 77, 12, 64, AttentionMask::Causal},
                                         Case{200, 200, 1, 5, AttentionMask::Causal}));

TEST(Attention, LibTorchPathAgrees) {
  const at::Tensor q = at::randn({2, 60, 32}).requires_grad_();
  const at::Tensor k = at::randn({2, 77, 32});
  const at::Tensor v = at::randn({2, 77, 32});
  const at::Tensor out = attention(q, k, v, 4);
  EXPECT_TRUE(out.requires_grad());
  EXPECT_CLOSE(out, reference(q.detach(), k, v, 4, AttentionMask::None), 5e-6);
}

TEST(Attention, DoesNotDependOnBatchOrThreads) {
  const at::Tensor q = at::randn({3, 130, 80}), k = at::randn({3, 150, 80}),
                   v = at::randn({3, 150, 80});
  const at::Tensor all = with_threads(2, [&] { return attention(q, k, v, 2); });
  const at::Tensor one = with_threads(
      1, [&] { return attention(q.narrow(0, 1, 1), k.narrow(0, 1, 1), v.narrow(0, 1, 1), 2); });
  EXPECT_TRUE(at::equal(all.narrow(0, 1, 1), one));
}

TEST(Attention, PreparedKeysAndValuesGiveTheSame) {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor q = at::randn({3, 130, 80}).to(type), k = at::randn({3, 77, 80}).to(type),
                     v = at::randn({3, 77, 80}).to(type);
    std::vector<KeysValues> prepared;
    for (std::int64_t i = 0; i < 3; ++i) {
      prepared.emplace_back(k[i], v[i], 2);
    }
    const at::Tensor out = attention(q, {&prepared[0], &prepared[1], &prepared[2]});
    EXPECT_TRUE(at::equal(out, attention(q, k, v, 2)));
    const at::Tensor swapped = attention(q.narrow(0, 0, 1), {&prepared[2]});
    EXPECT_TRUE(
        at::equal(swapped, attention(q.narrow(0, 0, 1), k.narrow(0, 2, 1), v.narrow(0, 2, 1), 2)));
  }
  // Where LibTorch computes, as on a GPU.
  const at::Tensor q = at::randn({2, 9, 8}, at::kDouble), k = at::randn({2, 5, 8}, at::kDouble);
  const KeysValues first(k[0], k[0], 2), second(k[1], k[1], 2);
  EXPECT_CLOSE(attention(q, {&first, &second}), attention(q, k, k, 2), 1e-12);
}

TEST(Attention, PreparedTextsMayDifferInLengthOnACpu) {
  const at::Tensor q = at::randn({2, 60, 16}), k = at::randn({1, 200, 16});
  const at::Tensor few = k.narrow(1, 0, 70);
  const KeysValues one(few[0], few[0], 2), other(k[0], k[0], 2);
  const at::Tensor out = attention(q, {&one, &other});
  EXPECT_TRUE(at::equal(out.narrow(0, 0, 1), attention(q.narrow(0, 0, 1), few, few, 2)));
  EXPECT_TRUE(at::equal(out.narrow(0, 1, 1), attention(q.narrow(0, 1, 1), k, k, 2)));
  EXPECT_THROW(attention(q, {&one}), Error);
  EXPECT_THROW(attention(at::randn({1, 60, 18}), {&one}), Error);
}

TEST(Attention, SurvivesLargeScores) {
  const at::Tensor q = 100 * at::randn({1, 50, 16}), k = 100 * at::randn({1, 260, 16});
  const at::Tensor v = at::randn({1, 260, 16});
  EXPECT_CLOSE(attention(q, k, v, 1), reference(q, k, v, 1, AttentionMask::None), 1e-3);
}

TEST(Attention, RefusesOperandsThatDoNotFit) {
  const at::Tensor q = at::randn({1, 5, 12});
  EXPECT_THROW(attention(q, q, q, 5), Error);
  EXPECT_THROW(attention(q, at::randn({2, 5, 12}), at::randn({2, 5, 12}), 2), Error);
  EXPECT_THROW(attention(q, at::randn({1, 0, 12}), at::randn({1, 0, 12}), 2), Error);
}

}  // namespace
}  // namespace ptravel
