#include "sdapi/fields.h"

#include <gtest/gtest.h>

#include "sdapi/picture_fields.h"

namespace ptravel {
namespace {

HttpRequest posted(const std::string& body, const std::string& type = "application/json") {
  HttpRequest request;
  request.method = "POST";
  request.path = "/sdapi/v1/txt2img";
  request.body = body;
  request.headers = {{"content-type", type}};
  return request;
}

SdBody read(const std::string& body) { return read_sd_body(posted(body), txt2img_fields()); }

/// The answer to a body that is refused.
HttpResponse refused(const HttpRequest& request) {
  try {
    read_sd_body(request, txt2img_fields());
  } catch (const SdRefusal& refusal) {
    return refusal.answer();
  }
  ADD_FAILURE() << request.body << " was taken";
  return {};
}

Json detail(const HttpResponse& response) {
  EXPECT_EQ(response.status, 422);
  return Json::parse(std::get<std::string>(response.body)).at("detail");
}

/// The one entry for the field.
Json entry(const std::string& body) {
  const Json list = detail(refused(posted(body)));
  EXPECT_EQ(list.size(), 1u) << list.dump();
  return list.at(0);
}

TEST(SdapiFields, AbsentAndNullFieldsHaveTheWebUisDefaults) {
  for (const char* body : {"{}", R"({"steps": null, "cfg_scale": null, "sampler_index": null,
                                    "seed": null, "prompt": null, "send_images": null})"}) {
    const SdBody read_body = read(body);
    EXPECT_EQ(read_body.integer("steps"), 50);
    EXPECT_EQ(read_body.number("cfg_scale"), 7.0);
    EXPECT_EQ(read_body.text("sampler_index"), "Euler");
    EXPECT_EQ(read_body.integer("seed"), -1);
    EXPECT_EQ(read_body.text("prompt"), "");
    EXPECT_TRUE(read_body.boolean("send_images"));
    EXPECT_FALSE(read_body.has_value("sampler_name"));
  }
}

TEST(SdapiFields, NumbersMayComeAsTexts) {
  const SdBody body = read(R"({"steps": "20", "hr_scale": "1.0", "width": "64.0", "seed": " 7 "})");
  EXPECT_EQ(body.integer("steps"), 20);
  EXPECT_EQ(body.number("hr_scale"), 1.0);
  EXPECT_EQ(body.integer("width"), 64);
  EXPECT_EQ(body.integer("seed"), 7);
}

TEST(SdapiFields, WholeNumbersMayHaveAFractionWhichIsCutOff) {
  const SdBody body = read(R"({"hr_second_pass_steps": 7.5, "steps": 15.0})");
  EXPECT_EQ(body.integer("hr_second_pass_steps"), 7);
  EXPECT_EQ(body.integer("steps"), 15);
}

TEST(SdapiFields, TruthsMayBeZeroAndOneOrWords) {
  const SdBody body = read(R"({"tiling": 0, "restore_faces": 1, "save_images": "True",
                               "send_images": "off", "enable_hr": 0.0})");
  EXPECT_FALSE(body.boolean("tiling"));
  EXPECT_TRUE(body.boolean("restore_faces"));
  EXPECT_TRUE(body.boolean("save_images"));
  EXPECT_FALSE(body.boolean("send_images"));
  EXPECT_FALSE(body.boolean("enable_hr"));
}

TEST(SdapiFields, TextsMayComeAsNumbers) {
  const SdBody body = read(R"({"prompt": 12, "negative_prompt": 1.5})");
  EXPECT_EQ(body.text("prompt"), "12");
  EXPECT_EQ(body.text("negative_prompt"), "1.5");
}

TEST(SdapiFields, UnknownFieldsAreIgnored) {
  EXPECT_EQ(read(R"({"upscaler1": "x", "steps": 3, "": {}, "forge_preset": [1]})").integer("steps"),
            3);
}

TEST(SdapiFields, WrongFieldsHaveOneEntryEachInTheOriginalsWords) {
  EXPECT_EQ(entry(R"({"steps": "many"})"),
            Json::parse(R"({"loc": ["body", "steps"], "msg": "value is not a valid integer",
                            "type": "type_error.integer"})"));
  EXPECT_EQ(entry(R"({"cfg_scale": []})").at("msg"), "value is not a valid float");
  EXPECT_EQ(entry(R"({"cfg_scale": "x"})").at("type"), "type_error.float");
  EXPECT_EQ(entry(R"({"styles": "x"})").at("msg"), "value is not a valid list");
  EXPECT_EQ(entry(R"({"styles": "x"})").at("type"), "type_error.list");
  EXPECT_EQ(entry(R"({"override_settings": 1})").at("msg"), "value is not a valid dict");
  EXPECT_EQ(entry(R"({"override_settings": 1})").at("type"), "type_error.dict");
  EXPECT_EQ(entry(R"({"prompt": {}})").at("msg"), "str type expected");
  EXPECT_EQ(entry(R"({"prompt": {}})").at("type"), "type_error.str");
  EXPECT_EQ(entry(R"({"tiling": 2})").at("msg"), "value could not be parsed to a boolean");
  EXPECT_EQ(entry(R"({"tiling": 2})").at("type"), "type_error.bool");
  EXPECT_EQ(entry(R"({"styles": ["a", []]})").at("loc"), Json::parse(R"(["body", "styles", 1])"));
  const Json several = detail(refused(posted(R"({"steps": "x", "seed": [], "width": {}})")));
  ASSERT_EQ(several.size(), 3u);
}

TEST(SdapiFields, WholeNumbersBeyondSixtyFourBitsAreRefused) {
  for (const char* number : {"9223372036854775808", "18446744073709551616", "1e308", "-1e308",
                             "\"1e308\"", "\"9223372036854775808\"", "\"nan\"", "\"inf\""}) {
    EXPECT_EQ(entry(std::string(R"({"seed": )") + number + "}").at("type"), "type_error.integer")
        << number;
  }
  EXPECT_EQ(read(R"({"seed": 9223372036854775807})").integer("seed"), INT64_MAX);
  EXPECT_EQ(entry(R"({"seed": -2})").at("type"), "value_error.number.not_ge");
  EXPECT_EQ(entry(R"({"batch_size": 2147483648})").at("type"), "value_error.number.not_le");
}

TEST(SdapiFields, WhatIsNoJsonIsToldWithItsPlace) {
  const Json broken = entry(R"({"steps": NaN})");
  EXPECT_EQ(broken.at("type"), "value_error.jsondecode");
  EXPECT_EQ(broken.at("loc").at(0), "body");
  EXPECT_GT(broken.at("loc").at(1).get<int>(), 9);
  EXPECT_EQ(entry("{\"steps\": 1e999}").at("type"), "value_error.jsondecode");
  EXPECT_EQ(entry(std::string(1000, '[')).at("type"), "value_error.jsondecode");
}

TEST(SdapiFields, BodiesThatAreNoObjectAreRefused) {
  EXPECT_EQ(detail(refused(posted(""))), Json::parse(R"([{"loc": ["body"], "msg": "field required",
                             "type": "value_error.missing"}])"));
  EXPECT_EQ(entry("[]").at("msg"), "value is not a valid dict");
  EXPECT_EQ(detail(refused(posted("{}", "text/plain"))).at(0).at("type"), "type_error.dict");
  EXPECT_EQ(detail(refused(posted("{}", "application/x-www-form-urlencoded"))).size(), 1u);
}

TEST(SdapiFields, ContentTypesOfJsonMayHaveParametersOrBeAbsent) {
  for (const char* type :
       {"application/json; charset=UTF-8", "Application/JSON", "application/vnd.api+json", ""}) {
    EXPECT_EQ(read_sd_body(posted(R"({"steps": 4})", type), txt2img_fields()).integer("steps"), 4)
        << type;
  }
  HttpRequest bare = posted(R"({"steps": 4})");
  bare.headers.clear();
  EXPECT_EQ(read_sd_body(bare, txt2img_fields()).integer("steps"), 4);
}

TEST(SdapiFields, RequiredFieldsMustBeThere) {
  const std::vector<SdField> fields = {{"image", SdType::Text, "null", true}};
  const auto message = [&](const char* body) {
    try {
      read_sd_body(posted(body), fields);
    } catch (const SdRefusal& refusal) {
      return detail(refusal.answer()).at(0).at("type").get<std::string>();
    }
    return std::string();
  };
  EXPECT_EQ(message("{}"), "value_error.missing");
  EXPECT_EQ(message(R"({"image": null})"), "type_error.none.not_allowed");
  EXPECT_EQ(message(R"({"image": ""})"), "");
}

}  // namespace
}  // namespace ptravel
