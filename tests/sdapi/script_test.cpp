#include "sdapi/script.h"

#include <functional>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TravelRequest two_stages() {
  TravelRequest request;
  request.model = "model";
  request.prompt = "a cat\na dog";
  request.steps = 20;
  request.subseed = 5;
  return request;
}

TravelRequest applied(const std::string& arguments, TravelRequest request = two_stages()) {
  apply_script_arguments(Json::parse(arguments), request);
  return request;
}

/// The one entry that arguments are refused_arguments with.
Json refused_arguments(const std::string& arguments, TravelRequest request = two_stages()) {
  try {
    apply_script_arguments(Json::parse(arguments), request);
  } catch (const SdRefusal& refusal) {
    EXPECT_EQ(refusal.answer().status, 422);
    return Json::parse(std::get<std::string>(refusal.answer().body)).at("detail").at(0);
  }
  ADD_FAILURE() << arguments << " was taken";
  return {};
}

constexpr const char* kFirstArguments =
    R"(["fixed", 1.0, "replace", "10", "most_different", 0.02, 3, "tanh", 0.5, 2, "gif", 12, 1,
        "5", false])";
constexpr const char* kNewestArguments =
    R"(["linear", "slerp", "token", "random", "8", "embryo", 0.6, "0.25", null, "webm", 24, 2, "::2",
        true, false, 0, 0, 0.0001, 75, 0])";

TEST(SdapiScript, TheFirstVersionsArgumentsAreToldByTheirGenesis) {
  const TravelRequest request = applied(kFirstArguments);
  EXPECT_EQ(request.compat, Compat::First);
  EXPECT_EQ(request.genesis, Genesis::Fixed);
  EXPECT_EQ(request.mode, TravelMode::Replace);
  EXPECT_EQ(request.travel_steps, "10");
  EXPECT_EQ(request.replace_dim, ReplaceDim::Prompt);
  EXPECT_EQ(request.replace_order, ReplaceOrder::Different);
  EXPECT_EQ(request.grad_alpha, 0.02);
  EXPECT_EQ(request.grad_iter, 3);
  EXPECT_EQ(request.grad_method, GradMethod::Tanh);
  EXPECT_EQ(request.grad_w_latent, 0.5);
  EXPECT_EQ(request.grad_w_cond, 2);
  EXPECT_EQ(request_field_text(request, "format"), "gif");
  EXPECT_EQ(request.fps, 12);
  EXPECT_EQ(request.pad, 1);
  EXPECT_EQ(request.pick, "5");
}

TEST(SdapiScript, TheNewestVersionsArgumentsAreToldByTheirMode) {
  const TravelRequest request = applied(kNewestArguments);
  EXPECT_EQ(request.compat, Compat::Newest);
  EXPECT_EQ(request.mode, TravelMode::Linear);
  EXPECT_EQ(request.interpolation, Interpolation::Slerp);
  EXPECT_EQ(request.travel_steps, "8");
  EXPECT_EQ(request.genesis, Genesis::Embryo);
  EXPECT_EQ(request.embryo_step, "5");  // 0.25 of 20 steps
  EXPECT_EQ(request_field_text(request, "format"), "webm");
  EXPECT_EQ(request.fps, 24);
  EXPECT_EQ(request.pad, 2);
  EXPECT_EQ(request.pick, "::2");
}

TEST(SdapiScript, SuccessiveTakesItsDenoiseStrengthAndFixedLeavesIt) {
  EXPECT_EQ(applied(R"(["successive", 0.4])").denoise_strength, std::vector<double>{0.4});
  EXPECT_EQ(applied(R"(["fixed", 0.4])").denoise_strength, TravelRequest{}.denoise_strength);
  EXPECT_EQ(
      applied(R"(["linear", "lerp", "token", "random", "3", "successive", 0.3])").denoise_strength,
      std::vector<double>{0.3});
}

TEST(SdapiScript, ArgumentsMissingAtTheEndHaveTheirDefaults) {
  EXPECT_EQ(applied(R"(["fixed"])").travel_steps, "30");
  EXPECT_EQ(applied(R"(["fixed"])").replace_order, ReplaceOrder::GradMin);
  EXPECT_EQ(applied(R"(["replace"])").replace_dim, ReplaceDim::Token);
}

TEST(SdapiScript, WithoutVideoTheNewestVersionMakesNone) {
  const TravelRequest request = applied(
      R"(["linear", "lerp", "token", "random", "3", "fixed", 1, "8", null, "mp4", 0, -3, "x", false])");
  EXPECT_EQ(request.fps, 0);
  EXPECT_EQ(request.pad, 0);
}

TEST(SdapiScript, RefusesInTheOriginalsWords) {
  const auto message = [](const std::string& arguments) {
    return refused_arguments(arguments).at("msg");
  };
  EXPECT_EQ(message(R"(["fixed", 1, "linear", "1", "random", 0.01, 0])"), "grad_iter must > 0");
  EXPECT_EQ(
      message(R"(["fixed", 1, "linear", "1", "random", 0.01, 1, "clip", 1, 1, "mp4", 10, -1])"),
      "video_pad must >= 0");
  EXPECT_EQ(message(R"(["fixed", 1, "linear", "1", "random", 0.01, 1, "clip", 1, 1, "mp4", -1])"),
            "video_fps must >= 0");
  EXPECT_EQ(
      message(
          R"(["fixed", 1, "linear", "1", "random", 0.01, 1, "clip", 1, 1, "mp4", 1, 0, "a:b"])"),
      "syntax error in video_slice");
  EXPECT_EQ(message(R"(["fixed", 1, "linear", "many"])"), "cannot parse steps options: many");
  EXPECT_EQ(message(R"(["fixed", 1, "linear", "1,2,3"])"),
            "stage count mismatch: you have 2 prompt stages, but specified 3 steps; should assure "
            "len(steps) == len(stages) - 1");
  EXPECT_EQ(message(R"(["linear", "lerp", "token", "random", "x"])"),
            "cannot parse steps option: x");
  EXPECT_EQ(message(R"(["linear", "lerp", "token", "random", "3", "embryo", 1, "x"])"),
            "embryo_step is not a number: x");
  EXPECT_EQ(message(R"(["linear", "lerp", "token", "random", "3", "embryo", 1, "-2"])"),
            "embryo_step must > 0, but got -2");
  EXPECT_EQ(
      message(R"(["linear", "lerp", "token", "random", "3", "fixed", 1, "8", null, "mp4", 0])"),
      "video_fps must > 0, but got 0.0");
}

TEST(SdapiScript, StepsMustBeAText) {
  const Json entry = refused_arguments(R"(["fixed", 1, "linear", 30])");
  EXPECT_EQ(entry.at("loc"), Json::parse(R"(["body", "script_args", 3])"));
  EXPECT_NE(entry.at("msg").get<std::string>().find("cannot parse steps options"),
            std::string::npos);
}

TEST(SdapiScript, TravelsNeedTwoLinesUnlessTheFirstVersionDoublesOne) {
  TravelRequest single = two_stages();
  single.prompt = "a cat";
  const std::string message = "should specify at least two lines of prompt to travel between :)";
  EXPECT_EQ(refused_arguments(R"(["fixed"])", single).at("msg"), message);
  EXPECT_EQ(refused_arguments(R"(["linear"])", single).at("msg"), message);
  EXPECT_EQ(applied(R"(["fixed", 1, "grad"])", single).mode, TravelMode::Grad);
  single.subseed = Seed();
  EXPECT_EQ(applied(R"(["fixed"])", single).compat, Compat::First);
  single.prompt = "  ";
  EXPECT_EQ(refused_arguments(R"(["fixed"])", single).at("msg"),
            "positive prompt should not be empty :(");
}

TEST(SdapiScript, WhatIsNotDoneHereIsRefused) {
  const std::string before = R"(["linear", "lerp", "token", "random", "3", "fixed", 1, "8", null,
                                 "mp4", 10, 0, "", true, )";
  EXPECT_EQ(refused_arguments(before + "true]").at("loc"),
            Json::parse(R"(["body", "script_args", 14])"));
  EXPECT_EQ(refused_arguments(before + "false, 0.9]").at("loc"),
            Json::parse(R"(["body", "script_args", 15])"));
}

TEST(SdapiScript, UnknownChoicesAndShapesAreRefused) {
  EXPECT_NE(refused_arguments(R"(["fixed", 1, "grade"])")
                .at("msg")
                .get<std::string>()
                .find("linear, replace"),
            std::string::npos);
  refused_arguments(R"(["fixed", 1, "linear", "1", "similiar"])");
  refused_arguments("[]");
  refused_arguments(R"(["token"])");
  refused_arguments("[1]");
  refused_arguments(R"(["fixed", 1.5])");
  refused_arguments(R"(["fixed", 1, "linear", "1", "random", 1e308, 9223372036854775808])");
  Json many = Json::array();
  for (int i = 0; i < 30; ++i) {
    many.push_back("fixed");
  }
  refused_arguments(many.dump());
}

TEST(SdapiScript, TheTitleIsComparedIgnoringCase) {
  EXPECT_TRUE(is_travel_script("prompt travel"));
  EXPECT_TRUE(is_travel_script("Prompt Travel"));
  EXPECT_FALSE(is_travel_script("Prompt Traveler"));
  EXPECT_FALSE(is_travel_script(""));
}

}  // namespace
}  // namespace ptravel
