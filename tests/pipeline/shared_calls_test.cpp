#include "pipeline/shared_calls.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "ptravel/profile.h"
#include "tests/model/tiny.h"

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
  at::Tensor one = at::randn({1, 4, 8, 8}), other = at::randn({1, 4, 8, 8});
  at::Tensor cond = at::randn({1, 77, 24}), uncond = at::randn({1, 77, 24});
  at::Tensor t = at::full({2}, 400.0F);

  /// Expects the network's own numbers and returns the work it took to get them.
  double call(const at::Tensor& x, const at::Tensor& times, const at::Tensor& context) {
    at::Tensor out;
    const double work = work_of([&] { out = calls(x, times, context); });
    const at::NoGradGuard no_gradients;
    EXPECT_TRUE(at::equal(out, unet.forward(x, times, context)));
    return work;
  }
};

TEST_F(SharedCallsTest, TextsAndTimesAreComputedOnce) {
  const at::Tensor texts = at::cat({cond, uncond});
  const double first = call(at::cat({one, other}), t, texts);
  const double second = call(at::cat({other, one}), t, texts);
  EXPECT_LT(second, first);
  EXPECT_EQ(call(at::cat({one, one + 1}), t, texts), second);
  EXPECT_GT(call(at::cat({one, one + 1}), t + 1, texts), second) << "a time that is new";
}

TEST_F(SharedCallsTest, EqualRowsAreComputedOnce) {
  const double two = call(at::cat({one, other}), t, at::cat({cond, uncond}));
  const double one_row = call(at::cat({one, one}), t, at::cat({cond, cond}));
  EXPECT_LT(one_row, 0.6 * two);
  const at::Tensor close = one.clone();
  close.view({-1})[5] += 1e-6;
  EXPECT_GT(call(at::cat({one, close}), t, at::cat({cond, cond})), 1.5 * one_row);
}

TEST_F(SharedCallsTest, FirstCallsOfOtherPicturesAreRemembered) {
  const at::Tensor texts = at::cat({cond, uncond});
  call(at::cat({one, one}), t, texts);
  const double later = call(at::cat({one, one}), t, texts);
  calls.begin_pictures();
  const at::Tensor next = at::cat({at::randn({1, 77, 24}), uncond});
  const double both_new = work_of([&] {
    calls(at::cat({one + 2, one + 2}), t, at::cat({at::randn({1, 77, 24}), uncond}));
  });
  calls.begin_pictures();
  const double one_known = call(at::cat({one, one}), t, next);
  EXPECT_LT(one_known, 0.7 * both_new);
  EXPECT_GT(later, 0.9 * call(at::cat({one, one}), t, texts)) << "only first calls are kept";
  calls.begin_pictures();
  EXPECT_EQ(call(at::cat({one, one}), t, next), 0);
}

TEST_F(SharedCallsTest, ManyTextsDoNotPileUp) {
  for (int i = 0; i < 20; ++i) {
    call(at::cat({one, other}), t, at::cat({at::randn({1, 77, 24}), uncond}));
  }
  EXPECT_LE(calls.kept_texts(), 4U);
  EXPECT_GE(calls.kept_texts(), 2U);
}

}  // namespace
}  // namespace ptravel
