#include "ptravel/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

#include "request/request_names.h"

namespace ptravel {
namespace {

TravelRequest valid_request() {
  TravelRequest request;
  request.model = "model.safetensors";
  request.prompt = "a\nb";
  return request;
}

std::vector<std::string> problem_fields(const TravelRequest& request) {
  std::vector<std::string> fields;
  for (const Problem& problem : validate_request(request)) {
    fields.push_back(problem.field);
  }
  return fields;
}

TEST(Request, JsonRoundTripsEveryField) {
  TravelRequest request = valid_request();
  request.negative_prompt = "line \"one\"\nline, two: three";
  request.genesis = Genesis::Successive;
  request.eta = 0.25;
  request.seed = {9007199254740991, 3};
  request.cfg_scale = {6.9, 7, 11.5};
  request.pad_cond_uncond = true;
  request.format = VideoFormat::Webm;
  TravelRequest back;
  EXPECT_TRUE(apply_json(back, request_to_json(request)).empty());
  EXPECT_EQ(back, request);
}

TEST(Request, EveryFieldRoundTripsAsText) {
  const TravelRequest request = valid_request();
  for (const RequestField& field : request_fields()) {
    TravelRequest copy = request;
    EXPECT_FALSE(set_request_field(copy, field.name, request_field_text(request, field.name)))
        << field.name;
    EXPECT_EQ(copy, request) << field.name;
  }
}

TEST(Request, EveryChoiceIsAccepted) {
  for (const RequestField& field : request_fields()) {
    if (field.kind != RequestField::Kind::Choice) {
      continue;
    }
    std::string choices = field.limits + ", ";
    for (std::size_t end; (end = choices.find(", ")) != std::string::npos;
         choices.erase(0, end + 2)) {
      TravelRequest request;
      EXPECT_FALSE(set_request_field(request, field.name, choices.substr(0, end)));
      EXPECT_EQ(request_field_text(request, field.name), choices.substr(0, end));
    }
    TravelRequest request;
    EXPECT_TRUE(set_request_field(request, field.name, "no such choice"));
  }
}

TEST(Request, AllProblemsAreReportedByField) {
  TravelRequest request = valid_request();
  request.width = 63;
  request.height = 4;
  request.steps = 1000000;
  request.sampler = "Eulr";
  request.travel_steps = "1,2,3";
  request.init_image = "/nowhere/picture.png";
  EXPECT_THAT(problem_fields(request),
              testing::UnorderedElementsAre("width", "height", "steps", "sampler", "travel_steps",
                                            "init_image"));
  EXPECT_THAT(problem_fields(valid_request()), testing::IsEmpty());
}

TEST(Request, SlicesThatSelectNothingAreFound) {
  TravelRequest request = valid_request();
  request.pick = "99:";
  EXPECT_THAT(problem_fields(request), testing::ElementsAre("pick"));
  request.pick = "a";
  EXPECT_THAT(problem_fields(request), testing::ElementsAre("pick"));
}

TEST(Request, SizesFollowTheModelsFactor) {
  TravelRequest request = valid_request();
  EXPECT_EQ(request.width, 0);
  EXPECT_TRUE(validate_request(request, {12}).empty()) << "0 is the model's own size";
  request.width = 60;
  EXPECT_EQ(validate_request(request).size(), 1u);
  EXPECT_TRUE(validate_request(request, {4}).empty());
}

TEST(Request, WrongTypesAndUnknownNamesInJson) {
  TravelRequest request;
  const auto problems = apply_json(request, R"({"steps": "many", "widht": 512, "prompt": ["a", "b"],
                              "travel_steps": [3, 2], "seed": 1.5})");
  ASSERT_EQ(problems.size(), 3u);
  EXPECT_EQ(request.prompt, "a\nb");
  EXPECT_EQ(request.travel_steps, "3,2");
  EXPECT_EQ(apply_json(request, "[1]").size(), 1u);
  EXPECT_EQ(apply_json(request, "{").size(), 1u);
}

TEST(Request, RngSourceNamesRoundTrip) {
  for (const auto& [source, name] : kRngSourceNames.entries) {
    EXPECT_EQ(kRngSourceNames.parse(name), source);
    EXPECT_EQ(kRngSourceNames.name(source), name);
  }
  EXPECT_FALSE(kRngSourceNames.parse("gpu").has_value());
}

}  // namespace
}  // namespace ptravel
