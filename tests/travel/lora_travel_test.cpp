// Travels whose prompts call LoRAs, on the tiny model.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "ptravel/frame.h"
#include "ptravel/preview.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/travel/tiny_travel.h"
#include "travel/loras.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// The largest difference of two pictures, of 255.
int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return largest;
}

class LoraTravel : public testing::Test {
 protected:
  LoraTravel() {
    fs::create_directories(models_ / "Lora/inner");
    for (const char* name : {"kohya_linear", "loha", "no_alpha", "wrong_shape"}) {
      const std::string file = std::string(name) + ".safetensors";
      fs::copy(fs::path(PTRAVEL_TEST_DATA "/addons/lora") / file, models_ / "Lora/inner" / file);
    }
  }

  TravelRequest request(const std::string& prompt) const {
    TravelRequest request = tiny_request();
    request.prompt = prompt;
    request.models_dir = models_.path().string();
    return request;
  }
  std::vector<RenderedFrame> drawn(const TravelRequest& request) { return draw(request, store_); }
  /// With no_alpha beside the UNet although its strength does not change.
  std::vector<RenderedFrame> drawn_beside(const TravelRequest& request) {
    Progress progress;
    KeepingSink sink;
    TravelOptions options;
    options.store = &store_;
    options.loras_beside = {{"no_alpha"}};
    Travel::open(request, progress, options)->render({}, sink, progress);
    return sink.frames;
  }
  std::vector<std::string> notes_of(const std::string& prompt) {
    Progress progress;
    TravelOptions options;
    options.store = &store_;
    return Travel::open(request(prompt), progress, options)->notes();
  }

  TemporaryFolder models_;
  ModelStore store_{std::uint64_t{1} << 30};
};

TEST_F(LoraTravel, ATagChangesThePictureAndStaysInThePrompt) {
  const auto plain = drawn(request("a cat\na dog"));
  const auto tagged = drawn(request("a cat<lora:kohya_linear:1>\na dog<lora:kohya_linear:1>"));
  EXPECT_NE(plain[0].image.pixels, tagged[0].image.pixels);
  EXPECT_THAT(tagged[0].parameters, HasSubstr("a cat<lora:kohya_linear:1>\n"));
  EXPECT_THAT(tagged[1].parameters, HasSubstr("Lora hashes: \"kohya_linear: f004f0f1a066\""));
  EXPECT_THAT(plain[0].parameters, testing::Not(HasSubstr("Lora hashes")));
  // Without strength, or with a tag that is left out, it is the plain picture.
  for (const char* tag : {"<lora:kohya_linear:0>", "<lora:nobody:1>", "<lora:loha:x>"}) {
    const auto none = drawn(request(std::string("a cat") + tag + "\na dog" + tag));
    EXPECT_EQ(plain[0].image.pixels, none[0].image.pixels) << tag;
  }
}

TEST_F(LoraTravel, OneModelServesJobsWithTheSameTags) {
  const TravelRequest tagged = request("a cat<lora:loha:0.5>\na dog<lora:loha:0.5>");
  drawn(tagged);
  EXPECT_EQ(store_.models(), 1u);
  drawn(tagged);
  EXPECT_EQ(store_.models(), 1u);
  drawn(request("a cat<lora:loha:0.6>\na dog<lora:loha:0.6>"));
  EXPECT_EQ(store_.models(), 2u);
}

std::string tag(const char* name, double unet) {
  char text[96];
  std::snprintf(text, sizeof text, "a cat <lora:%s:1:%.17g>", name, unet);
  return text;
}

constexpr double kStrengths[] = {0.25, 0.25 + 0.75 * (1.0 / 3), 0.25 + 0.75 * (2.0 / 3), 1};

/// A frame on the way is what a travel with its strength in both stages has there, to rounding:
/// plain low ranks stand beside the weights.
TEST_F(LoraTravel, StrengthsTravel) {
  const TravelRequest way = request("a cat <lora:no_alpha:1:0.25>\na cat <lora:no_alpha:1:1>");
  const auto frames = drawn(way);
  ASSERT_EQ(frames.size(), 4u);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::string own = tag("no_alpha", kStrengths[i]);
    const auto plain = drawn(request(own + "\n" + own));
    EXPECT_LE(largest_difference(frames[i].image, plain[i].image), 2) << i;
    EXPECT_THAT(frames[i].parameters, HasSubstr("Travel LoRAs beside: no_alpha, "));
    EXPECT_THAT(plain[i].parameters, testing::Not(HasSubstr("LoRAs beside")));
  }
  EXPECT_GT(largest_difference(frames[0].image, frames[3].image), 8);
  EXPECT_EQ(store_.models(), 5u) << "one for the way";
}

/// Other kinds change the weights of each frame, which has the very bytes then.
TEST_F(LoraTravel, StrengthsOfOtherKindsTravelToo) {
  const auto frames = drawn(request("a cat <lora:loha:1:0.25>\na cat <lora:loha:1:1>"));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::string own = tag("loha", kStrengths[i]);
    EXPECT_EQ(frames[i].image.pixels, drawn(request(own + "\n" + own))[i].image.pixels) << i;
  }
}

/// Where a LoRA has no strength, the picture has the bytes of one without it.
TEST_F(LoraTravel, AStageWithoutItIsThePlainPicture) {
  const auto frames = drawn(request("a cat\na dog <lora:no_alpha:1>"));
  EXPECT_EQ(frames.front().image.pixels, drawn(request("a cat\na dog")).front().image.pixels);
  EXPECT_NE(frames.back().image.pixels, drawn(request("a cat\na dog")).back().image.pixels);
}

/// Each frame by itself, from what it tells, as redrawing has it, whatever the rest of its film
/// has.
TEST_F(LoraTravel, AFrameAloneIsTheSame) {
  for (const char* prompt : {
           "a cat <lora:no_alpha:1:0.5>\na dog <lora:no_alpha:1:0.5>\na bird <lora:no_alpha:1:1>",
           // The second gap has them in another order than the film.
           "a cat <lora:no_alpha:1:0.5>\na dog <lora:kohya_linear:1:2><lora:no_alpha:1:1>\n"
           "a bird <lora:kohya_linear:1:0.3><lora:no_alpha:1:0.7>",
           // The order changes, the strengths do not.
           "a cat <lora:no_alpha:1:1><lora:kohya_linear:1:1>\n"
           "a dog <lora:no_alpha:1:1><lora:kohya_linear:1:1>\n"
           "a bird <lora:kohya_linear:1:1><lora:no_alpha:1:1>",
           // One stays in the weights.
           "a cat <lora:kohya_linear:1:0.7><lora:no_alpha:1:0.5>\n"
           "a dog <lora:kohya_linear:1:0.7><lora:no_alpha:1:0.5>\n"
           "a bird <lora:kohya_linear:1:0.7><lora:no_alpha:1:1>",
           // The last stage's cannot stand beside: none does.
           "a cat <lora:no_alpha:1:0.5>\na dog <lora:no_alpha:1:1>\na bird <lora:loha:1:1>",
           // Tags of one name.
           "a cat <lora:no_alpha:1:0.5><lora:no_alpha:1:0.25>\na dog <lora:no_alpha:1:0.5>\n"
           "a bird <lora:no_alpha:1:1>",
           "a cat <lora:no_alpha:1:1:dyn=1><lora:no_alpha:1:0.5>\na dog <lora:no_alpha:1:1:dyn=1>\n"
           "a bird <lora:no_alpha:1:1:dyn=1>",
       }) {
    const auto frames = drawn(request(prompt));
    ASSERT_EQ(frames.size(), 7U);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const FrameRequest told = parse_frame_parameters(frames[i].parameters);
      TravelRequest alone = told.request;
      alone.model = request("").model;
      alone.models_dir = models_.path().string();
      alone.precision = Precision::Fp32;
      Progress progress;
      TravelOptions options;
      options.store = &store_;
      options.first_stage = told.spot.stage;
      options.loras_beside = told.loras_beside;
      const RenderedFrame again =
          Travel::open(alone, progress, options)->render_spot(told.spot, std::nullopt, progress);
      EXPECT_EQ(again.latent, frames[i].latent) << prompt << i;
      EXPECT_EQ(again.image.pixels, frames[i].image.pixels) << prompt << i;
    }
  }
}

/// Each tag counts, as in changed weights.
TEST_F(LoraTravel, TheSameTagTwiceCountsTwice) {
  const std::string twice = "<lora:no_alpha:1:0.5><lora:no_alpha:1:1.5>";
  const auto merged = drawn(request("a cat " + twice + "\na dog " + twice));
  const auto beside = drawn_beside(request("a cat " + twice + "\na dog " + twice));
  const std::string once = "<lora:no_alpha:1:1.5>";
  const auto single = drawn(request("a cat " + once + "\na dog " + once));
  EXPECT_THAT(beside[0].parameters, HasSubstr("Travel LoRAs beside: \"no_alpha, no_alpha\""));
  for (std::size_t i = 0; i < merged.size(); ++i) {
    EXPECT_LE(largest_difference(beside[i].image, merged[i].image), 2) << i;
    EXPECT_GT(largest_difference(single[i].image, merged[i].image), 6) << i;
  }
}

TEST_F(LoraTravel, TextEncodersHaveTheStrengthOfTheirStage) {
  const auto frames = drawn(request("a cat <lora:no_alpha:0.5:1>\na cat <lora:no_alpha:-1:1>"));
  const auto first = drawn(request("a cat <lora:no_alpha:0.5:1>\na cat <lora:no_alpha:0.5:1>"));
  const auto last = drawn(request("a cat <lora:no_alpha:-1:1>\na cat <lora:no_alpha:-1:1>"));
  EXPECT_EQ(frames.front().image.pixels, first.front().image.pixels) << "only the text changes";
  EXPECT_EQ(frames.back().image.pixels, last.back().image.pixels);
}

TEST_F(LoraTravel, BatchesDoNotMatter) {
  for (const char* prompt :
       {"a cat\na dog <lora:loha:1><lora:no_alpha:0.5>\na bird",
        "a cat\na dog <lora:kohya_linear:1><lora:no_alpha:0.5>\na bird <lora:no_alpha:1>",
        "a cat <lora:loha:1>\na dog <lora:loha:1><lora:no_alpha:0.5>\na bird <lora:loha:1>"}) {
    TravelRequest alone = request(prompt);
    TravelRequest together = alone;
    together.batch = 4;
    const auto one = drawn(alone), four = drawn(together);
    ASSERT_EQ(one.size(), four.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(one[i].image.pixels, four[i].image.pixels) << i;
      EXPECT_EQ(one[i].parameters, four[i].parameters) << i;
    }
  }
}

/// What goes by one network at several places, or attends to other pictures: all of it has the
/// LoRA beside it as changed weights have it.
TEST_F(LoraTravel, GradientsAndAttentionTakeTheStrengthOfThePlace) {
  const auto compare = [&](const char* what, const auto& change) {
    TravelRequest with = request("a cat <lora:no_alpha:1:4>\na red dog <lora:no_alpha:1:4>");
    TravelRequest without = request("a cat <lora:no_alpha:1:0>\na red dog <lora:no_alpha:1:0>");
    change(with);
    change(without);
    const auto merged = drawn(with), beside = drawn_beside(with), plain = drawn(without);
    ASSERT_EQ(merged.size(), 4U);
    for (std::size_t i = 0; i < merged.size(); ++i) {
      EXPECT_LE(largest_difference(beside[i].image, merged[i].image), 2) << what << i;
      EXPECT_GT(largest_difference(plain[i].image, merged[i].image), 8) << what << i;
    }
  };
  compare("grad", [](TravelRequest& r) { r.mode = TravelMode::Grad; });
  for (const auto attention : {AttentionInterpolation::Inner, AttentionInterpolation::FusedOuter}) {
    compare("attention", [&](TravelRequest& r) { r.attention_interpolation = attention; });
    // A stage's prompt is longer: the other's is padded.
    compare("padded", [&](TravelRequest& r) {
      r.attention_interpolation = attention;
      for (int i = 0; i < 80; ++i) {
        r.prompt += " red";
      }
    });
  }
  TravelRequest attention = request("a cat\na red dog <lora:no_alpha:1>");
  attention.attention_interpolation = AttentionInterpolation::FusedOuter;
  TravelRequest together = attention;
  together.batch = 4;
  const auto one = drawn(attention), four = drawn(together);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].image.pixels, four[i].image.pixels) << i;
  }
}

TEST_F(LoraTravel, ReplaceTakesTheStrengthOfThePlace) {
  TravelRequest way = request("a cat <lora:no_alpha:0>\na red dog <lora:no_alpha:1>");
  way.mode = TravelMode::Replace;
  const auto frames = drawn(way);
  ASSERT_EQ(frames.size(), 4u);
  TravelRequest plain = request("a cat\na red dog");
  plain.mode = TravelMode::Replace;
  EXPECT_EQ(frames.front().image.pixels, drawn(plain).front().image.pixels);
  EXPECT_NE(frames[1].image.pixels, drawn(plain)[1].image.pixels);
}

TEST_F(LoraTravel, WhatGoesByOneNetworkIsRefused) {
  TravelRequest grad = request("a cat\na dog <lora:loha:1>");
  grad.mode = TravelMode::Grad;
  Progress progress;
  expect_error(ErrorCode::InvalidArgument, "same tags in every stage",
               [&] { Travel::open(grad, progress); });
  grad.prompt = "a cat <lora:loha:1>\na dog <lora:loha:1>";
  EXPECT_EQ(drawn(grad).size(), 4u);
  TravelRequest attention = request("a cat\na dog <lora:loha:1>");
  attention.attention_interpolation = AttentionInterpolation::FusedOuter;
  expect_error(ErrorCode::InvalidArgument, "same tags in every stage",
               [&] { Travel::open(attention, progress); });
}

TEST_F(LoraTravel, NotesAreTheWebUis) {
  EXPECT_THAT(notes_of("a <lora:nobody:1>\nb <lora:NO_ALPHA:1>"),
              ElementsAre("Lora not found: nobody", "Lora not found: NO_ALPHA"));
  EXPECT_THAT(notes_of("a <lora:wrong_shape:1>"),
              ElementsAre("Networks with errors: wrong_shape (1)"));
  EXPECT_THAT(notes_of("a\nb <lora:wrong_shape:1>"),
              ElementsAre("Networks with errors: wrong_shape (1)"));
  EXPECT_THAT(notes_of("a <lora:loha:x>"),
              ElementsAre(HasSubstr("<lora:loha>: \"x\" is not a number")));
  EXPECT_THAT(notes_of("a <what:loha:1>"), ElementsAre(HasSubstr("<what:loha>")));
  EXPECT_THAT(notes_of("a <lora:tinyalias:1>"), ElementsAre());  // its name inside the file
}

TEST_F(LoraTravel, ADryRunTellsTheCost) {
  EXPECT_EQ(preview_travel(request("a <lora:loha:1>\nb <lora:loha:1>")).cost.changed_unets, 0);
  const TravelPreview way = preview_travel(request("a <lora:loha:0.2>\nb <lora:loha:1>"));
  EXPECT_EQ(way.cost.changed_unets, 3);  // The first frame has the model's own.
  EXPECT_EQ(way.cost.loras_beside, "");
  const TravelPreview beside =
      preview_travel(request("a <lora:no_alpha:0.2>\nb <lora:no_alpha:1><lora:kohya_linear:1>"));
  EXPECT_EQ(beside.cost.changed_unets, 0);
  EXPECT_EQ(beside.cost.loras_beside, "no_alpha, kohya_linear");
  EXPECT_THAT(to_text(beside), HasSubstr("stand beside the UNet"));
  EXPECT_THAT(to_text(way), HasSubstr("3 times"));
}

ModelAddon addon(const char* name, double unet) { return {"lora", name, name, 1, unet, {}, false}; }

TEST(MixedLoras, OrderAndStrengths) {
  EXPECT_THAT(mixed_loras({addon("a", 1), addon("b", 0.5)}, {addon("c", 1), addon("a", 0)}, 0.25),
              ElementsAre(addon("a", 0.75), ModelAddon{"lora", "b", "b", 0.75, 0.375, {}, false},
                          ModelAddon{"lora", "c", "c", 0.25, 0.25, {}, false}));
  const std::vector<ModelAddon> same = {addon("a", 0.3), addon("a", 0.7)};
  EXPECT_EQ(mixed_loras(same, same, 0.123), same);
}

}  // namespace
}  // namespace ptravel
