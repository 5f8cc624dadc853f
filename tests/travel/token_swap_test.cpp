#include "travel/token_swap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

using testing::ElementsAre;

TokenSequence row(std::vector<std::int32_t> ids, std::vector<double> multipliers = {}) {
  multipliers.resize(ids.size(), 1.0);
  return {std::move(ids), std::move(multipliers)};
}

TEST(TokenSwap, ChunksThereAndBack) {
  Chunk empty;
  empty.tokens.fill(9);
  empty.multipliers.fill(1);
  Chunk full = empty;
  for (std::size_t i = 1; i <= kChunkTokens; ++i) {
    full.tokens[i] = static_cast<std::int32_t>(i);
    full.multipliers[i] = 1.1;
  }
  const TokenSequence both = TokenSequence::of({full}, 2, empty);
  EXPECT_EQ(both.ids.size(), 2u * kChunkTokens);
  EXPECT_EQ(both.ids[74], 75);
  EXPECT_EQ(both.ids[75], 9);
  EXPECT_EQ(both.chunks(empty), (std::vector<Chunk>{full, empty}));
}

TEST(TokenSwap, MultipliersGoAlongOrStay) {
  const TokenSequence from = row({1, 2, 3}, {1, 1, 1.5}), to = row({1, 5, 3}, {1.2, 1.3, 1.5});
  TokenSwap moving({{from}}, {{to}}, Multipliers::Move);
  EXPECT_THAT(moving.differing(), ElementsAre(0, 1)) << "place 0 has another emphasis";
  moving.swap({1});
  EXPECT_THAT(moving.current().encoders[0].multipliers, ElementsAre(1, 1.3, 1.5));
  TokenSwap staying({{from}}, {{to}}, Multipliers::Stay);
  EXPECT_THAT(staying.differing(), ElementsAre(1));
  staying.swap({1});
  EXPECT_THAT(staying.current().encoders[0].ids, ElementsAre(1, 5, 3));
  EXPECT_THAT(staying.current().encoders[0].multipliers, ElementsAre(1, 1, 1.5));
  EXPECT_TRUE(staying.differing().empty());
}

TEST(TokenSwap, TwoEncodersGoInStep) {
  // The second tokenizer has another padding and reads place 1 differently.
  TokenSwap swap({{row({1, 2, 9}), row({1, 2, 0})}}, {{row({1, 2, 4}), row({1, 7, 4})}},
                 Multipliers::Move);
  EXPECT_THAT(swap.differing(), ElementsAre(1, 2));
  swap.swap({2});
  EXPECT_THAT(swap.current().encoders[0].ids, ElementsAre(1, 2, 4));
  EXPECT_THAT(swap.current().encoders[1].ids, ElementsAre(1, 2, 4));
  swap.swap({1});
  EXPECT_THAT(swap.current().encoders[1].ids, ElementsAre(1, 7, 4));
  EXPECT_TRUE(swap.differing().empty());
}

TEST(TokenSwap, AnEmbeddingGoesAsOne) {
  const auto embedding = std::make_shared<PromptEmbedding>(
      PromptEmbedding{"thing", "thing.pt", "", 2, {{2, 1, {1, 2}}}});
  TokenSequence from = row({1, 2, 3, 4, 5});
  TokenSequence to = row({1, 0, 0, 6, 5});
  to.embeddings = {{1, embedding}};
  TokenSwap swap({{from}}, {{to}}, Multipliers::Move);
  EXPECT_THAT(swap.differing(), ElementsAre(1, 3)) << "its places are one";
  EXPECT_THAT(swap.by_unit({0, 1, 4, 7, 8}), ElementsAre(0, 2.5, 2.5, 7, 8));
  swap.swap({1});
  EXPECT_THAT(swap.current().encoders[0].ids, ElementsAre(1, 0, 0, 4, 5));
  EXPECT_EQ(swap.current().encoders[0].embeddings, to.embeddings);
  EXPECT_THAT(swap.differing(), ElementsAre(3));
  swap.swap({3});
  EXPECT_EQ(swap.current(), swap.to());
  // And back: where the embedding was, the tokens are.
  TokenSwap back({{to}}, {{from}}, Multipliers::Move);
  back.swap({1});
  EXPECT_TRUE(back.current().encoders[0].embeddings.empty());
  EXPECT_THAT(back.current().encoders[0].ids, ElementsAre(1, 2, 3, 6, 5));
}

TEST(TokenSwap, OverlappingEmbeddingsAreOne) {
  const auto two = std::make_shared<PromptEmbedding>(PromptEmbedding{"two", "", "", 2, {}});
  const auto same = std::make_shared<PromptEmbedding>(PromptEmbedding{"same", "", "", 2, {}});
  TokenSequence from = row({0, 0, 7, 8});
  from.embeddings = {{0, two}};
  TokenSequence to = row({9, 0, 0, 8});
  to.embeddings = {{1, same}};
  TokenSwap swap({{from}}, {{to}}, Multipliers::Move);
  EXPECT_THAT(swap.differing(), ElementsAre(0));
  swap.swap({0});
  EXPECT_EQ(swap.current(), swap.to());
  // The same ids, another embedding: it differs.
  TokenSequence other = from;
  other.embeddings = {{0, same}};
  EXPECT_THAT(TokenSwap({{from}}, {{other}}, Multipliers::Move).differing(), ElementsAre(0));
}

TEST(TokenSwap, OrderIsByKeyAndThenByPlace) {
  const auto order = ascending({0.5, 0.1, 0.5, -1});
  EXPECT_THAT(order, ElementsAre(3, 1, 0, 2));
  EXPECT_THAT(first_of(order, {0, 2, 3}, 2), ElementsAre(3, 0));
  EXPECT_THAT(first_of(order, {1}, 5), ElementsAre(1));
}

TEST(TokenSwap, EvenCountsEndWithAll) {
  for (const std::size_t total : {1u, 2u, 10u, 77u}) {
    for (const int steps : {1, 3, 10, 30}) {
      std::size_t before = 0;
      for (int t = 1; t <= steps; ++t) {
        const std::size_t now = evenly_replaced(total, static_cast<double>(t) / steps);
        EXPECT_GE(now, before);
        EXPECT_LE(now - before, (total + steps - 1) / steps);
        before = now;
      }
      EXPECT_EQ(before, total);
    }
  }
}

TEST(TokenSwap, TheFirstVersionsCounts) {
  EXPECT_EQ(v1_count(20, 10), 2u);
  EXPECT_EQ(v1_count(9, 10), 1u);
  EXPECT_EQ(v1_in_betweens(20, 10), 10);  // 2, then 1 nine times: 11 replaced, the rest jumps
  EXPECT_EQ(v1_in_betweens(4, 10), 4);
  EXPECT_EQ(v1_in_betweens(0, 10), 0);
  EXPECT_EQ(v1_in_betweens(5, 0), 0);
}

}  // namespace
}  // namespace ptravel
