#include "serving/json_body.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

std::string problem_with(const std::string& text) {
  try {
    parse_json_object(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    return error.problems().at(0).message;
  }
  return {};
}

TEST(JsonBody, WhatIsNoObjectIsRefused) {
  for (const char* text : {"[]", "1", "\"a\"", "null", "{", "{]", "{\"a\":}", "nul", "{\"a\":1}x",
                           "{\"a\":NaN}", "{\"a\":1e999}", "\xff", "{\"a\":\"\xc3\"}"}) {
    EXPECT_NE(problem_with(text), "") << text;
  }
  EXPECT_EQ(problem_with(std::string("{}\0", 3)).empty(), false);
  EXPECT_EQ(parse_json_object(""), Json::object());
  EXPECT_NE(problem_with("  "), "") << "no body is one thing, a broken one another";
  EXPECT_EQ(parse_json_object("{\"a\": 1}").at("a"), 1);
}

TEST(JsonBody, DepthIsBoundedBeforeAnythingIsParsed) {
  const std::string deep = "{\"a\":" + std::string(500'000, '[');
  EXPECT_NE(problem_with(deep).find("deeper"), std::string::npos);
  // Brackets inside of texts are none.
  EXPECT_EQ(problem_with("{\"a\":\"" + std::string(1000, '[') + "\\\"[[\"}"), "");
  EXPECT_EQ(problem_with("{\"a\":" + std::string(31, '[') + std::string(31, ']') + "}"), "");
  EXPECT_NE(problem_with("{\"a\":" + std::string(32, '[') + std::string(32, ']') + "}"), "");
}

std::string members(int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) {
    text += (i > 0 ? ",\"a" : "\"a") + std::to_string(i) + "\":1";
  }
  return text + "}";
}

TEST(JsonBody, ValuesAreCountedBeforeTheyTakeMemory) {
  const auto list = [](int count) {
    std::string text = "{\"a\":[1";
    for (int i = 1; i < count; ++i) {
      text += ",1";
    }
    return text + "]}";
  };
  EXPECT_EQ(problem_with(list(199'000)), "");
  EXPECT_NE(problem_with(list(201'000)).find("values"), std::string::npos);
  // Also where it would not have been JSON in the end.
  EXPECT_NE(problem_with("{\"a\":" + std::string(300'000, ',')).find("values"), std::string::npos);
  EXPECT_NE(problem_with("}}}}" + std::string(300'000, ',')).find("values"), std::string::npos);
}

TEST(JsonBody, MembersOfAnObjectAreBounded) {
  EXPECT_EQ(problem_with(members(2000)), "");
  EXPECT_NE(problem_with(members(2001)).find("members"), std::string::npos);
  // Each object counts for itself.
  EXPECT_EQ(problem_with("{\"x\":[" + members(1500) + "," + members(1500) + "]}"), "");
}

TEST(JsonReader, CollectsEveryProblem) {
  const Json object = Json::parse(
      R"({"n": 1e308, "m": 18446744073709551615, "b": 1, "t": 5, "o": [], "x": 1, "f": "2"})");
  JsonReader reader(object, "body.");
  EXPECT_EQ(reader.integer("n", 3, 0, 10), 3);
  EXPECT_EQ(reader.integer("m", 4, 0, 10), 4);
  EXPECT_TRUE(reader.boolean("b", true));
  EXPECT_EQ(reader.text("t", "a"), "a");
  EXPECT_EQ(reader.object("o"), Json::object());
  EXPECT_EQ(reader.number("f", 0.5, 0, 1), 0.5);
  EXPECT_EQ(reader.text("missing", "c"), "c");
  try {
    reader.finish();
    FAIL();
  } catch (const Error& error) {
    ASSERT_EQ(error.problems().size(), 7U);
    EXPECT_EQ(error.problems()[1].field, "body.m");
    EXPECT_EQ(error.problems()[1].message,
              "18446744073709551615, expected a whole number from 0 to 10");
    EXPECT_EQ(error.problems()[6].field, "body.x");
  }
}

TEST(JsonReader, TakesWhatFits) {
  const Json object = Json::parse(R"({"n": 7, "t": "a", "b": false, "f": 1, "z": null})");
  JsonReader reader(object);
  EXPECT_EQ(reader.integer("n", 0, 7, 7), 7);
  EXPECT_EQ(reader.text("t"), "a");
  EXPECT_FALSE(reader.boolean("b", true));
  EXPECT_EQ(reader.number("f", 0, 0, 1), 1);
  EXPECT_EQ(reader.integer("z", 9, 0, 1), 9);
  EXPECT_NO_THROW(reader.finish());
}

TEST(ShownJson, IsShortAndWholeCharacters) {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += "ä";
  }
  const std::string shown = shown_json(text);
  EXPECT_LT(shown.size(), 90U);
  EXPECT_NO_THROW(static_cast<void>(Json(shown).dump()));
}

}  // namespace
}  // namespace ptravel
