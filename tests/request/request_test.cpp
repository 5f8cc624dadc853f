#include "ptravel/request.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "ptravel/text_input.h"
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

TEST(Request, SeveralSettingsGoThroughJsonTogether) {
  TravelRequest request = valid_request();
  request.negative_prompt = "line \"one\"\nline, two: three";
  request.genesis = Genesis::Successive;
  request.eta = 0.25;
  request.seed = {Seed(18446744073709551615U), 3};
  request.cfg_scale = {6.9, 7, 11.5};
  request.pad_cond_uncond = true;
  request.format = VideoFormat::Webm;
  TravelRequest back;
  EXPECT_TRUE(apply_json(back, request_to_json(request)).empty());
  EXPECT_EQ(back, request);
}

TEST(Request, SeedsGoUpTo64Bits) {
  for (const char* text :
       {"0", "9007199254740993", "10788741199826055000", "18446744073709551615"}) {
    TravelRequest request;
    ASSERT_FALSE(set_request_field(request, "seed", text)) << text;
    ASSERT_FALSE(set_request_field(request, "subseed", text)) << text;
    EXPECT_EQ(request_field_text(request, "seed"), text);
    TravelRequest back;
    EXPECT_TRUE(apply_json(back, request_to_json(request)).empty()) << text;
    EXPECT_EQ(back, request) << text;
    EXPECT_THAT(request_to_json(request), testing::HasSubstr(std::string("\"seed\": ") + text));
  }
  TravelRequest request;
  for (const char* bad : {"18446744073709551616", "-2", "1.5", "1e3", ""}) {
    EXPECT_TRUE(set_request_field(request, "seed", bad)) << bad;
  }
  EXPECT_FALSE(set_request_field(request, "seed", "-1"));
  EXPECT_FALSE(request.seed.front().given());
  EXPECT_TRUE(apply_json(request, R"({"seed": ["18446744073709551615", 3]})").empty());
  EXPECT_EQ(request.seed.front().number(), ~std::uint64_t{0});
}

TEST(Request, SeedsAreDrawnWhereNoneIsGiven) {
  TravelRequest request;
  request.seed = {5, -1};
  draw_seeds(request);
  EXPECT_EQ(request.seed.front(), Seed(5));
  EXPECT_TRUE(request.seed.back().given());
  EXPECT_FALSE(request.subseed.given());
}

TEST(Request, TextsAreCheckedWhereTheyAreSet) {
  TravelRequest request;
  EXPECT_TRUE(set_request_field(request, "prompt", "caf\xE9"));
  EXPECT_TRUE(set_request_field(request, "model", std::string_view("a\0b", 3)));
  EXPECT_FALSE(apply_json(request, "{\"prompt\": \"a\\u0000b\"}").empty());
  request = valid_request();
  request.vae = "\xFF";
  EXPECT_THAT(problem_fields(request), testing::ElementsAre("vae"));
}

TEST(Request, FilmsAreBounded) {
  TravelRequest request = valid_request();
  request.travel_steps = "1000000";
  ASSERT_THAT(problem_fields(request), testing::ElementsAre("travel_steps"));
  EXPECT_THAT(validate_request(request)[0].message,
              testing::HasSubstr("makes 1000002 frames, expected at most 1000000"));
  request.prompt = "";
  for (int i = 0; i < 2000; ++i) {
    request.prompt += "stage " + std::to_string(i) + "\n";
  }
  EXPECT_THAT(validate_request(request)[0].message, testing::HasSubstr("1999002000 frames"));
  request = valid_request();
  request.hold = {1000};
  for (int i = 0; i < 1000; ++i) {
    request.prompt += "\nstage " + std::to_string(i);
  }
  EXPECT_THAT(problem_fields(request), testing::ElementsAre("hold"));
  request = valid_request();
  request.hold = {1001};
  request.pad = 1001;
  EXPECT_THAT(problem_fields(request), testing::ElementsAre("pad", "hold"));
  request = valid_request();
  request.travel_steps = "2000000";
  EXPECT_THAT(validate_request(request)[0].message, testing::HasSubstr("1000000 frames"));
}

TEST(Request, TomlNamesFileLineAndWhatWasExpected) {
  TravelRequest request;
  const TextFile file{"d/a.toml", "--config", "a TOML (text) file"};
  const auto wrong = apply_toml(request, "steps = \"4\"\nloop = \"yes\"\nwidht = 3", file);
  ASSERT_EQ(wrong.size(), 3u);
  EXPECT_EQ(wrong[0].message, "\"yes\", expected true or false (in d/a.toml)");
  EXPECT_EQ(wrong[1].message, "\"4\", expected a whole number from 1 to 1000 (in d/a.toml)");
  EXPECT_EQ(wrong[2].field, "widht");
  for (const char* bad : {"[=]", "[\x01]", "[[,", "steps = \xc3\xa9", "\xef\xbb\xbe = 1"}) {
    EXPECT_EQ(apply_toml(request, bad, file).size(), 1U) << bad;
  }
  const auto broken = apply_toml(request, "steps = 3\nout = \"C:\\users\\me\"", file);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].field, "--config");
  EXPECT_THAT(broken[0].message, testing::HasSubstr("d/a.toml line 2: "));
  EXPECT_EQ(request, TravelRequest{});
  EXPECT_TRUE(apply_toml(request,
                         "travel_steps = [3, 2]\nnegative_prompt = ['', 'bad']\n"
                         "embryo_step = 0.3\ncfg_scale = [7, 8.5]\nseed = 5",
                         file)
                  .empty());
  EXPECT_EQ(request.travel_steps, "3,2");
  EXPECT_EQ(request.negative_prompt, "\"\"\nbad");
  EXPECT_FALSE(apply_toml(request, "fps = nan", file).empty());
}

TEST(Request, EveryChoiceIsAccepted) {
  for (const RequestField& field : request_fields()) {
    if (field.kind != RequestField::Kind::Choice) {
      continue;
    }
    EXPECT_FALSE(field.choices.empty()) << field.name;
    for (const std::string& choice : field.choices) {
      TravelRequest request;
      EXPECT_FALSE(set_request_field(request, field.name, choice));
      EXPECT_EQ(request_field_text(request, field.name), choice);
    }
    TravelRequest request;
    EXPECT_TRUE(set_request_field(request, field.name, "no such choice"));
  }
}

TEST(Request, LongWrongValuesAreShownInPart) {
  TravelRequest request;
  std::string numbers = "[";
  for (int i = 0; i < 1000; ++i) {
    numbers += "\"ä\",";
  }
  const auto problems = apply_json(request, "{\"steps\": " + numbers + "1]}");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_LT(problems[0].message.size(), 260U);
  EXPECT_TRUE(problems[0].message.ends_with("..., expected a whole number from 1 to 1000"));
}

TEST(Request, LimitsAreDataAndWhatIsSaidOfThem) {
  for (const RequestField& field : request_fields()) {
    const bool number =
        field.kind == RequestField::Kind::Integer || field.kind == RequestField::Kind::Integers ||
        field.kind == RequestField::Kind::Number || field.kind == RequestField::Kind::Numbers;
    EXPECT_EQ(number, !field.minimum.empty() && !field.maximum.empty()) << field.name;
    for (const std::string& limit : {field.minimum, field.maximum}) {
      TravelRequest request;
      if (number) {
        EXPECT_FALSE(set_request_field(request, field.name, limit)) << field.name << " " << limit;
        EXPECT_NE(field.limits.find(limit), std::string::npos) << field.name;
      }
    }
  }
  EXPECT_EQ(find_request_field("seed")->maximum, "18446744073709551615");
  EXPECT_EQ(find_request_field("steps")->limits, "a whole number from 1 to 1000");
  EXPECT_EQ(find_request_field("eta")->limits, "a number from 0.0 to 10.0, or empty");
}

TEST(Request, EveryFieldHasALabelOfItsOwn) {
  std::set<std::string> labels;
  for (const RequestField& field : request_fields()) {
    EXPECT_FALSE(field.label.empty()) << field.name;
    EXPECT_TRUE(labels.insert(field.label).second) << field.label;
  }
  EXPECT_EQ(find_request_field("sampler")->label, "Sampling method");
  EXPECT_EQ(find_request_field("negative_prompt")->label, "Negative prompt");
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
