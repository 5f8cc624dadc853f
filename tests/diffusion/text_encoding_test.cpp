#include "diffusion/text_encoding.h"

#include <ATen/ATen.h>

#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

at::Tensor ramp(std::int64_t tokens, double start) {
  return at::arange(tokens * 4, at::kFloat).reshape({tokens, 4}) * 0.1 + start;
}

TextEncoding pooled(std::int64_t tokens, double start) {
  return {ramp(tokens, start), at::arange(3, at::kFloat) + start};
}

TEST(TextEncoding, EndpointsGiveBackTheInputs) {
  const TextEncoding a = pooled(3, 1), b = pooled(3, -2);
  for (TextEncoding (*mix)(const TextEncoding&, const TextEncoding&, double) : {lerp, slerp}) {
    EXPECT_TRUE(mix(a, b, 0).tokens.is_same(a.tokens));
    EXPECT_TRUE(mix(a, b, 1).tokens.is_same(b.tokens));
    EXPECT_TRUE(mix(a, b, 1).vector.is_same(b.vector));
  }
}

TEST(TextEncoding, AlignedIsTheOtherTextInTheOrderOfTheFirst) {
  const TextEncoding a = pooled(6, 1);
  const at::Tensor order = at::tensor({0, 4, 2, 5, 1, 3}, at::kLong);
  const TextEncoding b{a.tokens.index_select(0, order) + 0.01, at::ones({3})};
  const TextEncoding near = aligned({a, b});
  EXPECT_CLOSE(near.tokens, a.tokens + 0.01, 1e-6);
  EXPECT_TRUE(near.vector.is_same(b.vector));
  EXPECT_TRUE(aligned({a, a}).tokens.equal(a.tokens));
  // The first token stays, though others would fit it better.
  const at::Tensor turned = at::tensor({1, 0, 2, 3, 4, 5}, at::kLong);
  const TextEncoding kept = aligned({a, {a.tokens.index_select(0, turned)}});
  EXPECT_TRUE(kept.tokens[0].equal(a.tokens[1]));
  EXPECT_TRUE(kept.tokens[1].equal(a.tokens[0]));
}

TEST(TextEncoding, SlerpKeepsTheLengthOfUnitVectors) {
  const auto unit = [](const at::Tensor& x) { return x / x.norm(2, {-1}, true); };
  const TextEncoding a{unit(ramp(5, 1)), unit(at::tensor({1.0F, 2.0F, -1.0F}))};
  const TextEncoding b{unit(ramp(5, -3)), unit(at::tensor({-2.0F, 1.0F, 1.0F}))};
  const TextEncoding mixed = slerp(a, b, 0.3);
  EXPECT_CLOSE(mixed.tokens.norm(2, {-1}), at::ones({5}), 1e-5);
  EXPECT_NEAR(mixed.vector.norm().item<double>(), 1, 1e-5);
  EXPECT_CLOSE(lerp(a, b, 0.3).vector, a.vector * 0.7 + b.vector * 0.3, 1e-6);
}

TEST(TextEncoding, SlerpOfZeroOppositeOrEqualVectorsIsLerp) {
  const TextEncoding a{ramp(2, 1)};
  for (const at::Tensor& b : {at::zeros_like(a.tokens), -a.tokens, a.tokens.clone()}) {
    EXPECT_CLOSE(slerp(a, {b}, 0.25).tokens, lerp(a, {b}, 0.25).tokens, 1e-6);
  }
}

TEST(TextEncoding, SlerpAroundACentreKeepsTheDistanceToIt) {
  const at::Tensor centre = at::full({2, 3}, 5.0F);
  const at::Tensor a = at::tensor({1.0F, 0.0F, 0.0F, 0.0F, 2.0F, 0.0F}).reshape({2, 3});
  const at::Tensor b = at::tensor({0.0F, 1.0F, 0.0F, 0.0F, 0.0F, 2.0F}).reshape({2, 3});
  const EncodingPair pair{{centre + a, centre[0]}, {centre + b, centre[0] * 2}};
  const TextEncoding mixed = slerp_around({centre, centre[0]}, pair, 0.5);
  EXPECT_CLOSE((mixed.tokens - centre).norm(2, {-1}), at::tensor({1.0F, 2.0F}), 1e-5);
  EXPECT_CLOSE(mixed.vector, centre[0] * 1.5, 1e-5) << "one side is the centre itself";
  EXPECT_TRUE(equal(slerp_around({centre, centre[0]}, pair, 0), pair.from));
  EXPECT_TRUE(equal(slerp_around({centre, centre[0]}, pair, 1), pair.to));
}

TEST(TextEncoding, PaddingKeepsTheTokensAndThePooledVector) {
  const TextEncoding text = pooled(3, 0);
  const TextEncoding empty{at::full({2, 4}, 7.0F), at::zeros({3})};
  const TextEncoding last = padded_with_last(text, 5), zeros = padded_with_zeros(text, 5),
                     filled = padded_with(text, empty, 6);
  for (const TextEncoding& longer : {last, zeros, filled}) {
    EXPECT_TRUE(longer.tokens.slice(0, 0, 3).equal(text.tokens));
    EXPECT_TRUE(longer.vector.is_same(text.vector));
  }
  EXPECT_TRUE(last.tokens[3].equal(text.tokens[2]) && last.tokens[4].equal(text.tokens[2]));
  EXPECT_CLOSE(zeros.tokens.narrow(0, 3, 2), at::zeros({2, 4}), 0);
  EXPECT_CLOSE(filled.tokens.narrow(0, 3, 3), at::full({3, 4}, 7.0F), 0);
  EXPECT_TRUE(padded_with_last(text, 3).tokens.is_same(text.tokens));
  EXPECT_TRUE(padded_with(text, empty, 2).tokens.is_same(text.tokens));
}

TEST(TextEncoding, EqualMeansAllNumbers) {
  const TextEncoding text = pooled(3, 0);
  EXPECT_TRUE(equal(text, pooled(3, 0)));
  EXPECT_FALSE(equal(text, {text.tokens}));
  EXPECT_FALSE(equal(text, {text.tokens, text.vector + 1}));
  EXPECT_FALSE(equal(text, {text.tokens + 1, text.vector}));
}

TEST(TextEncoding, SwappingTakesUnitsAndMixesThePooledVectorByTheirShare) {
  const EncodingPair pair{{at::zeros({2, 3}), at::zeros({2})}, {at::ones({2, 3}), at::ones({2})}};
  const TextEncoding token = swapped(pair, SwapUnit::Token, {false, true});
  EXPECT_CLOSE(token.tokens, at::tensor({0., 0., 0., 1., 1., 1.}, at::kFloat).reshape({2, 3}), 0);
  EXPECT_CLOSE(token.vector, at::full({2}, 0.5), 1e-6);
  const TextEncoding channel = swapped(pair, SwapUnit::Channel, {true, false, false});
  EXPECT_CLOSE(channel.tokens, at::tensor({1., 0., 0., 1., 0., 0.}, at::kFloat).reshape({2, 3}), 0);
  EXPECT_EQ(unit_distances(pair, SwapUnit::Token).size(), 2U);
  EXPECT_EQ(unit_distances(pair, SwapUnit::Channel).size(), 3U);
  EXPECT_EQ(unit_distances(pair, SwapUnit::Value), std::vector<double>(6, 1.0));
  EXPECT_EQ(mean_distance(pair.from, pair.to), 1);
}

}  // namespace
}  // namespace ptravel
