#include "pipeline/shared_calls.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "ptravel/profile.h"
#include "tests/model/tiny.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

/// Floating point operations that the network did meanwhile.
double work_of(const std::function<void()>& body) {
  const Profile profile;
  body();
  double flops = 0;
  for (const ProfileEntry& entry : profile.report().entries) {
    flops += entry.flops;
  }
  return flops;
}

class SharedCallsTest : public testing::Test {
 protected:
  Unet unet{random_weights("unet"), tiny_unet(), cpu_fp32()};
  SharedCalls calls{unet};
  at::Tensor one = at::randn({4, 8, 8}), other = at::randn({4, 8, 8});
  SharedConditioning cond = some_text(), uncond = some_text();

  static SharedConditioning some_text() { return make_conditioning({at::randn({77, 24})}); }

  /// Expects the network's own numbers and returns the work it took to get them.
  double call(const std::vector<NetworkRow>& rows) {
    at::Tensor out;
    const double work = work_of([&] { out = calls(rows); });
    const at::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const at::Tensor alone =
          unet.forward(rows[i].latent.unsqueeze(0), at::full({1}, rows[i].time, at::kFloat),
                       rows[i].conditioning->text.tokens.unsqueeze(0));
      EXPECT_TRUE(at::equal(out[static_cast<std::int64_t>(i)], alone[0])) << i;
    }
    return work;
  }
  double call(const at::Tensor& first,
              const SharedConditioning& first_text,
              const at::Tensor& second,
              const SharedConditioning& second_text,
              double time = 400) {
    return call({{first, time, first_text}, {second, time, second_text}});
  }
};

TEST_F(SharedCallsTest, TextsAndTimesAreComputedOnce) {
  const double first = call(one, cond, other, uncond);
  const double second = call(other, cond, one, uncond);
  EXPECT_LT(second, first);
  EXPECT_EQ(call(one, cond, one + 1, uncond), second);
  EXPECT_GT(call(one, cond, one + 1, uncond, 401), second) << "a time that is new";
  const SharedConditioning copy = make_conditioning({cond->text.tokens.clone()});
  EXPECT_GT(call(one, copy, one + 1, uncond), second) << "another identity";
}

TEST_F(SharedCallsTest, EqualRowsAreComputedOnce) {
  const double two = call(one, cond, other, uncond);
  const double one_row = call(one, cond, one.clone(), cond);
  EXPECT_LT(one_row, 0.6 * two);
  const at::Tensor close = one.clone();
  close.view({-1})[5] += 1e-6;
  EXPECT_GT(call(one, cond, close, cond), 1.5 * one_row);
}

TEST_F(SharedCallsTest, FirstCallsOfOtherPicturesAreRemembered) {
  call(one, cond, one, uncond);
  const double later = call(one, cond, one, uncond);
  calls.begin_pictures();
  const double both_new = call(one + 2, some_text(), one + 2, some_text());
  const SharedConditioning next = some_text();
  calls.begin_pictures();
  const double one_known = call(one, next, one, uncond);
  EXPECT_LT(one_known, 0.7 * both_new);
  EXPECT_GT(later, 0.9 * call(one, cond, one, uncond)) << "only first calls are kept";
  calls.begin_pictures();
  EXPECT_EQ(call(one, next, one, uncond), 0);
}

TEST_F(SharedCallsTest, TextsOfDifferentLengthGoTogether) {
  call(one, cond, other, make_conditioning({at::randn({154, 24})}));
}

TEST_F(SharedCallsTest, ManyTextsDoNotPileUp) {
  for (int i = 0; i < 20; ++i) {
    call(one, some_text(), other, uncond);
  }
  EXPECT_LE(calls.kept_texts(), 4U);
  EXPECT_GE(calls.kept_texts(), 2U);
}

TEST_F(SharedCallsTest, ARowAttendsToTheTwoThatItsConditioningNames) {
  const SharedConditioning from = some_text(), to = some_text();
  const auto row = [&](double share, bool fused) {
    const SharedConditioning own =
        with_attention(cond, AttentionMix{{false, fused, share}, from, to, from, to});
    const at::Tensor out =
        calls({{one, 400, own}, {other, 400, from}, {other * 2, 400, to}, {one, 400, uncond}});
    return std::vector<at::Tensor>{out[0], out[1], out[2], out[3]};
  };
  const auto plain = [&](const at::Tensor& latent, const SharedConditioning& text) {
    const at::NoGradGuard no_gradients;
    return unet.forward(latent.unsqueeze(0), at::full({1}, 400, at::kFloat),
                        text->text.tokens.unsqueeze(0))[0];
  };
  const std::vector<at::Tensor> mixed = row(0.25, true);
  EXPECT_TRUE(at::equal(mixed[1], plain(other, from))) << "the ends are as they are alone";
  EXPECT_TRUE(at::equal(mixed[2], plain(other * 2, to)));
  EXPECT_TRUE(at::equal(mixed[3], plain(one, uncond)));
  EXPECT_FALSE(at::allclose(mixed[0], plain(one, cond), 1e-3, 1e-3));
  EXPECT_FALSE(at::allclose(mixed[0], row(0.75, true)[0], 1e-3, 1e-3));
  EXPECT_TRUE(at::equal(mixed[0], row(0.25, true)[0]));
  // A picture that lies on one of the two, and attends to that one alone, is that one.
  const SharedConditioning same =
      with_attention(from, AttentionMix{{false, true, 0}, from, to, from, to});
  const at::Tensor out = calls({{other, 400, same}, {other, 400, from}, {one, 400, to}});
  EXPECT_CLOSE(out[0], out[1], 1e-4);
}

/// Where pictures go on at their other edge, those that are turned give what they gave, turned.
TEST_F(SharedCallsTest, TiledPicturesMayBeTurned) {
  const SharedConditioning from = some_text(), to = some_text();
  const SharedConditioning attending =
      with_attention(cond, AttentionMix{{false, true, 0.25}, from, to, from, to});
  const auto turned = [](const at::Tensor& x) { return at::roll(x, {4, 4}, {-2, -1}); };
  for (const auto& own : {cond, attending}) {
    const auto results = [&](SharedCalls& by, bool turn) {
      const auto picture = [&](const at::Tensor& x) { return turn ? turned(x) : x; };
      return by(
          {{picture(one), 400, own}, {picture(other), 400, from}, {picture(other * 2), 400, to}});
    };
    SharedCalls tiled(unet, {}, {true, true});
    EXPECT_CLOSE(results(tiled, true), turned(results(tiled, false)), 1e-4);
    EXPECT_FALSE(at::allclose(results(calls, true), turned(results(calls, false)), 1e-2, 1e-2));
  }
}

TEST_F(SharedCallsTest, WhatTheNetworkDoesNotTakeIsRefused) {
  const auto hinted = std::make_shared<Conditioning>(cond->text);
  hinted->control_hints.push_back({"canny", at::ones({3, 8, 8}), 1});
  EXPECT_THROW(calls({{one, 400, hinted}}), Error);
}

}  // namespace
}  // namespace ptravel
