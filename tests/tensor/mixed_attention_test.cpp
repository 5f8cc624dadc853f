#include "tensor/mixed_attention.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/attention.h"
#include "tests/support/errors.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

constexpr std::int64_t kHeads = 2;

KeysAndValues keys_and_values(std::int64_t rows) {
  return {at::randn({rows, 16}), at::randn({rows, 16})};
}

at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values) {
  return attention(queries.unsqueeze(0), keys.unsqueeze(0), values.unsqueeze(0), kHeads)[0];
}

struct MixedAttention : testing::Test {
  at::Tensor queries = at::randn({5, 16});
  KeysAndValues own = keys_and_values(5), from = keys_and_values(7), to = keys_and_values(7);
};

TEST_F(MixedAttention, OuterMixesTheResultsOfBothSides) {
  const at::Tensor a = attend(queries, from.keys, from.values);
  const at::Tensor b = attend(queries, to.keys, to.values);
  EXPECT_CLOSE(mixed_attention(queries, own, from, to, kHeads, {false, false, 0.25}),
               a * 0.75 + b * 0.25, 1e-6);
}

TEST_F(MixedAttention, InnerMixesKeysAndValues) {
  EXPECT_CLOSE(
      mixed_attention(queries, own, from, to, kHeads, {true, false, 0.25}),
      attend(queries, from.keys * 0.75 + to.keys * 0.25, from.values * 0.75 + to.values * 0.25),
      1e-6);
}

TEST_F(MixedAttention, FusedLooksAtTheOwnOnesToo) {
  const at::Tensor keys = at::cat({own.keys, to.keys});
  const at::Tensor values = at::cat({own.values, to.values});
  for (const bool inner : {false, true}) {
    EXPECT_CLOSE(mixed_attention(queries, own, from, to, kHeads, {inner, true, 1}),
                 attend(queries, keys, values), 1e-6);
  }
  // Keys that come twice weigh no more than once: an end stays what it is.
  EXPECT_CLOSE(mixed_attention(queries, from, from, to, kHeads, {false, true, 0}),
               attend(queries, from.keys, from.values), 1e-5);
}

TEST_F(MixedAttention, OnlyOuterTakesSidesOfDifferentLength) {
  const KeysAndValues longer = keys_and_values(9);
  EXPECT_EQ(mixed_attention(queries, own, from, longer, kHeads, {false, true, 0.5}).size(0), 5);
  expect_error(ErrorCode::InvalidArgument, "got 7 and 9", [&] {
    mixed_attention(queries, own, from, longer, kHeads, {true, true, 0.5});
  });
}

}  // namespace
}  // namespace ptravel
