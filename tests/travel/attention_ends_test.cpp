#include "travel/attention_ends.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tests/support/errors.h"
#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

SharedConditioning text(std::int64_t tokens = 2) {
  return make_conditioning({at::randn({tokens, 4})});
}

ImageConditioning image(ScheduledConditioning schedule) {
  ImageConditioning image;
  image.parts.push_back({std::move(schedule), 1});
  image.uncond = ScheduledConditioning(text());
  return image;
}

ImageConditioning image(const SharedConditioning& conditioning) {
  return image(ScheduledConditioning(conditioning));
}

AttentionEnds::Rules rules(int calls) {
  AttentionEnds::Rules rules;
  rules.blend.fused = true;
  rules.calls = calls;
  rules.padding.empty_prompt = {at::zeros({2, 4})};
  return rules;
}

TEST(AttentionEnds, APictureAttendsToBothForSomeCallsAndThenToItself) {
  const SharedConditioning from = text(), to = text(), own = text();
  const AttentionEnds ends(image(from), image(to), rules(3));
  EXPECT_EQ(ends.from().calls, 3);
  const ImageConditioning between = ends.between(image(own), 0.25);
  EXPECT_FALSE(between.calls);
  for (int call = 0; call < 3; ++call) {
    const SharedConditioning& active = between.parts[0].schedule.at_call(call);
    ASSERT_TRUE(active->attention) << call;
    EXPECT_EQ(active->attention->blend.share, 0.25);
    EXPECT_TRUE(active->attention->blend.fused);
    EXPECT_EQ(active->attention->from, ends.from().parts[0].schedule.at_call(call));
    EXPECT_EQ(active->attention->to, ends.to().parts[0].schedule.at_call(call));
    EXPECT_TRUE(equal(active->text, own->text));
  }
  for (const int call : {3, 4, 1000}) {
    EXPECT_EQ(between.parts[0].schedule.at_call(call), own) << call;
  }
}

TEST(AttentionEnds, NobodyElseHasTheConditioningsOfTheEnds) {
  const SharedConditioning same = text();
  const AttentionEnds ends(image(same), image(same), rules(1));
  const SharedConditioning& from = ends.from().parts[0].schedule.at_call(0);
  const SharedConditioning& to = ends.to().parts[0].schedule.at_call(0);
  EXPECT_NE(from, same);
  EXPECT_NE(from, to);
  EXPECT_TRUE(same_text(from, to));
}

TEST(AttentionEnds, PromptEditingGoesOnOnAllSides) {
  ScheduledConditioning edited;
  edited.entries = {{1, text()}, {9, text()}};
  const SharedConditioning own = text();
  const AttentionEnds ends(image(edited), image(text()), rules(4));
  const ImageConditioning between = ends.between(image(own), 0.5);
  for (int call = 0; call < 4; ++call) {
    EXPECT_TRUE(
        same_text(between.parts[0].schedule.at_call(call)->attention->from, edited.at_call(call)))
        << call;
  }
}

TEST(AttentionEnds, TextsOfTheEndsAreOfOneLength) {
  const AttentionEnds ends(image(text(2)), image(text(4)), rules(1));
  const ImageConditioning between = ends.between(image(text(4)), 0.5);
  const AttentionMix& mix = *between.parts[0].schedule.at_call(0)->attention;
  EXPECT_EQ(mix.from_text->text.length(), 4);
  EXPECT_EQ(mix.to_text->text.length(), 4);
  EXPECT_EQ(mix.from->text.length(), 2) << "the end itself is drawn from its own text";
}

TEST(AttentionEnds, PartsAreRefused) {
  ImageConditioning two = image(text());
  two.parts.push_back(two.parts.front());
  expect_error(ErrorCode::InvalidArgument, "2 parts",
               [&] { AttentionEnds(two, image(text()), rules(1)); });
}

}  // namespace
}  // namespace ptravel
