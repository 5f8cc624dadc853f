// Sizes, texts and checks of the second pass.

#include "request/hires.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "request/frame_settings.h"

namespace ptravel {
namespace {

TravelRequest hires_request() {
  TravelRequest request;
  request.model = "x";
  request.prompt = "a cat\na dog";
  request.width = 512;
  request.height = 512;
  request.hires = true;
  return request;
}

std::string problem(const TravelRequest& request) {
  std::string text;
  for (const Problem& found : validate_request(request)) {
    text += found.field + ": " + found.message + "\n";
  }
  return text;
}

TEST(Hires, SizesAreCountedInCells) {
  EXPECT_EQ(hires_size(512, 512, 2, 0, 0, 8), (HiresSize{1024, 1024, 0, 0, 128, 128}));
  EXPECT_EQ(hires_size(62, 83, 1, 0, 0, 8), (HiresSize{62, 83, 0, 0, 7, 10}));
  EXPECT_EQ(hires_size(512, 512, 2, 1024, 768, 8), (HiresSize{1024, 1024, 0, 32, 128, 96}));
  EXPECT_EQ(hires_size(64, 64, 1.5, 0, 0, 4), (HiresSize{96, 96, 0, 0, 24, 24}));
  EXPECT_EQ(hires_size(8192, 8192, 1e300, 0, 0, 8).columns, 0);
}

TEST(Hires, WhatCannotBeDrawnIsRefused) {
  EXPECT_EQ(problem(hires_request()), "");
  const auto refused = [](auto change) {
    TravelRequest request = hires_request();
    change(request);
    return problem(request);
  };
  EXPECT_THAT(refused([](auto& r) { r.hires_scale = 0; }),
              testing::StartsWith("hires_scale: 0.0 makes pictures of 0x0 pixels"));
  EXPECT_THAT(refused([](auto& r) {
                r.hires_scale = 16;
                r.width = 1024;
              }),
              testing::HasSubstr("expected sides from 8 to 8192"));
  EXPECT_THAT(refused([](auto& r) { r.hires_width = 7; }), testing::StartsWith("hires_width: 7"));
  EXPECT_THAT(refused([](auto& r) { r.hires_sampler = "Nobody"; }),
              testing::StartsWith("hires_sampler: "));
  EXPECT_THAT(refused([](auto& r) { r.hires_scheduler = "Nobody"; }),
              testing::StartsWith("hires_scheduler: "));
  EXPECT_THAT(refused([](auto& r) {
                r.hires_denoise = {0.5, 0.6, 0.7};
                r.prompt = "a\nb\nc\nd";
              }),
              testing::StartsWith("hires_denoise: has 3 values for 4 stages"));
  EXPECT_THAT(refused([](auto& r) { r.hires_prompt = "a\nb\nc"; }),
              testing::StartsWith("hires_prompt: has 3 stages, expected at most 2"));
  EXPECT_THAT(refused([](auto& r) {
                r.hires_prompt = "a";
                r.mode = TravelMode::Replace;
              }),
              testing::StartsWith("hires_prompt: expected mode linear"));
  EXPECT_THAT(refused([](auto& r) {
                r.sampler = "DDIM";
                r.steps = 100;
                r.hires_denoise = {0.01};
              }),
              testing::StartsWith("hires_denoise: 0.01 "));
  TravelRequest off = hires_request();
  off.hires = false;
  off.hires_scale = 0;
  EXPECT_EQ(problem(off), "");
}

TEST(Hires, TheSecondPassHasItsOwnSettings) {
  TravelRequest request = hires_request();
  request.steps = 12;
  EXPECT_EQ(second_pass_request(request, 8).steps, 12);
  request.hires_steps = 5;
  request.hires_sampler = "DDIM";
  request.hires_denoise = {0.4};
  const TravelRequest second = second_pass_request(request, 8);
  EXPECT_EQ(second.steps, 5);
  EXPECT_EQ(second.sampler, "DDIM");
  EXPECT_EQ(second.scheduler, request.scheduler);
  EXPECT_EQ(second.denoise_strength, std::vector<double>{0.4});
  EXPECT_EQ(second.width, 1024);
  EXPECT_TRUE(sampling_settings(second).fix_steps);
}

TEST(Hires, TextsOfAPlaceAreThoseOfItsStages) {
  TravelRequest request = hires_request();
  request.prompt = "a\nb\nc";
  request.loop = true;
  EXPECT_EQ(hires_texts_at("", request, {}), "");
  EXPECT_EQ(hires_texts_at("x\ny", request, {0, 0, 0, 0, 0}), "x");
  EXPECT_EQ(hires_texts_at("x\ny", request, {1, 0.5, 1, 1, 0.5}), "y\ny");
  EXPECT_EQ(hires_texts_at("x\n\"\"", request, {2, 0.5, 1, 1, 0.5}), "\"\"\nx");
}

}  // namespace
}  // namespace ptravel
