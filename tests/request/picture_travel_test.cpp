#include "request/picture_travel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/request/picture_testing.h"

namespace ptravel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PictureStage stage_of(const std::string& name, const std::string& text) {
  const std::vector<ImageText> texts = {{"parameters", text}};
  return {name, read_picture_request({texts, 64, 64}, name, {})};
}

const std::string kRest = ", Sampler: Euler a, Size: 64x64";

PictureStage plain(const std::string& name, const std::string& prompt, const std::string& items) {
  return stage_of(name, prompt + "\nSteps: 9" + items + kRest);
}

MergedPictures merged(const std::vector<PictureStage>& stages,
                      const std::set<std::string>& given = {}) {
  return merge_pictures(stages, given);
}

TEST(MergePictures, TakesWhatTheyAgreeOnWithoutAWord) {
  const std::string items = ", CFG scale: 5, Seed: 3, Clip skip: 2, RNG: CPU, Eta: 0.5";
  const MergedPictures both = merged({plain("a", "cat", items), plain("b", "dog", items)});
  EXPECT_THAT(both.notes, IsEmpty());
  EXPECT_EQ(both.request.prompt, "cat\ndog");
  EXPECT_EQ(both.request.steps, 9);
  EXPECT_EQ(both.request.clip_skip, 2);
  EXPECT_EQ(both.request.rng, RngSource::Cpu);
  EXPECT_EQ(both.request.eta, 0.5);
  EXPECT_THAT(both.request.seed, ElementsAre(Seed(3)));
  EXPECT_THAT(both.request.cfg_scale, ElementsAre(5));
  EXPECT_EQ(both.request.width, 64);
  EXPECT_EQ(both.request.travel_steps, TravelRequest{}.travel_steps);
}

TEST(MergePictures, LetsSeedsScalesAndNegativePromptsTravel) {
  const MergedPictures three = merged({
      plain("a", "cat\nNegative prompt: bad", ", CFG scale: 5, Seed: 3"),
      plain("b", "dog", ", CFG scale: 5, Seed: 18446744073709551615"),
      plain("c", "owl\nNegative prompt: ugly", ", CFG scale: 9, Seed: 3"),
  });
  EXPECT_THAT(three.notes, IsEmpty());
  EXPECT_EQ(three.request.prompt, "cat\ndog\nowl");
  EXPECT_EQ(three.request.negative_prompt, "bad\n\"\"\nugly");
  EXPECT_THAT(three.request.seed, ElementsAre(Seed(3), Seed(18446744073709551615U), Seed(3)));
  EXPECT_THAT(three.request.cfg_scale, ElementsAre(5, 5, 9));
}

TEST(MergePictures, SaysInOneLineWhatCannotTravel) {
  const PictureStage a = stage_of(
      "a.png", "cat\nSteps: 9, Sampler: Euler a, CFG scale: 5, Seed: 3, Size: 64x64, Model: one");
  const PictureStage b = stage_of(
      "b.png",
      "dog\nSteps: 9, Sampler: DDIM, CFG scale: 5, Seed: 3, Size: 64x96, Model hash: 0123456789");
  const MergedPictures both = merged({a, b});
  EXPECT_THAT(both.notes,
              ElementsAre("size differs: 64x64 (a.png), 64x96 (b.png); 64x64 is taken, --width and "
                          "--height takes another",
                          "sampler differs: Euler a (a.png), DDIM (b.png); Euler a is taken, "
                          "--sampler takes another",
                          "model differs: one (a.png), [0123456789] (b.png); one is taken, --model "
                          "takes another"));
  EXPECT_EQ(both.request.sampler, "Euler a");
  EXPECT_EQ(both.request.height, 64);
}

TEST(MergePictures, LeavesAloneWhatIsGiven) {
  const PictureStage a = plain("a.png", "cat\nNegative prompt: x", ", CFG scale: 5, Seed: 3");
  const PictureStage b = stage_of(
      "b.png", "dog\nSteps: 4, Sampler: DDIM, CFG scale: 6, Seed: 4, Size: 32x96, Model: two");
  const MergedPictures both = merged({a, b}, {"sampler", "steps", "width", "height", "model",
                                              "seed", "cfg_scale", "negative_prompt"});
  EXPECT_THAT(both.notes, IsEmpty());
  TravelRequest expected;
  expected.prompt = "cat\ndog";
  EXPECT_EQ(both.request.sampler, expected.sampler);
  EXPECT_EQ(both.request.seed, expected.seed);
  EXPECT_EQ(both.request.cfg_scale, expected.cfg_scale);
  EXPECT_EQ(both.request.negative_prompt, "");
  EXPECT_EQ(both.request.width, 0);
}

TEST(MergePictures, LetsDenoisingStrengthsTravel) {
  const MergedPictures both =
      merged({plain("a.png", "cat", ", CFG scale: 5, Seed: 3, Denoising strength: 0.4"),
              plain("b.png", "dog", ", CFG scale: 5, Seed: 3")});
  EXPECT_THAT(both.request.denoise_strength, ElementsAre(0.4, 1));
  EXPECT_THAT(both.notes, ElementsAre(HasSubstr("b.png: was drawn from noise")));
}

TEST(MergePictures, VariationsMatterWhereTheyHaveStrength) {
  const std::string items = ", CFG scale: 5, Seed: 3";
  const std::string varied = items + ", Variation seed: 8, Variation seed strength: 0.25";
  const MergedPictures both = merged({plain("a", "cat", varied), plain("b", "dog", items)});
  EXPECT_EQ(both.request.subseed, Seed(8));
  EXPECT_THAT(both.request.subseed_strength, ElementsAre(0.25, 0));
  EXPECT_THAT(both.notes, ElementsAre(HasSubstr("subseed differs: 8 (a), 0 (b); 8 is taken")));
}

TEST(MergePictures, SaysWhichPicturesItCannotMeet) {
  const std::string items = ", CFG scale: 5, Seed: 3";
  const PictureStage stage = plain("a.png", "cat", items);
  const PictureStage between =
      plain("b.png", "dog",
            items +
                ", Prompt Travel: 0.1, Travel step: 1, Travel steps: 3, Travel alpha: 0.25, Travel "
                "from prompt: cat, Travel to seed: 5");
  const PictureStage chained = plain(
      "c.png", "owl", items + ", Prompt Travel: 0.1, Travel genesis: successive, Travel frame: 4");
  const MergedPictures three = merged({stage, between, chained});
  EXPECT_EQ(three.request.prompt, "cat\ndog\nowl");
  EXPECT_THAT(three.request.seed, ElementsAre(Seed(3), Seed(5), Seed(3)));
  EXPECT_THAT(three.notes, ElementsAre(HasSubstr("b.png: lies between two stages (alpha 0.25)"),
                                       HasSubstr("c.png: was drawn from the frame before it")));
  EXPECT_EQ(three.request.genesis, Genesis::Fixed);
}

TEST(MergePictures, NamesThePictureInEveryNote) {
  const std::string items = ", CFG scale: 5, Seed: 3";
  const MergedPictures both = merged(
      {plain("a.png", "cat", items), plain("b.png", "dog", items + ", ControlNet 0: \"pose\"")});
  EXPECT_THAT(both.notes, ElementsAre(HasSubstr("b.png: ControlNet 0: pose")));
}

}  // namespace
}  // namespace ptravel
