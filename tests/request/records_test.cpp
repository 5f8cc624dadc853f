// Settings that are lists of records, as adapters will be; the program has none yet.

#include "request/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "request/field_json.h"
#include "request/parameter_items.h"
#include "request/request_toml.h"

namespace ptravel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

enum class Side { Both, Cond };
constexpr auto kSideNames = enum_names<Side>({{Side::Both, "both"}, {Side::Cond, "cond"}});

struct Adapter {
  std::string model;
  double weight = 1;
  double start = 0;
  double end = 1;
  Side side = Side::Both;
  bool operator==(const Adapter&) const = default;
};

struct Owner {
  std::vector<Adapter> adapters;
};

RequestField named(std::string_view name, std::string_view help = "") {
  RequestField field;
  field.name = name;
  field.help = help;
  return field;
}

const std::vector<FieldEntry<Owner>>& table() {
  static const std::vector<FieldEntry<Adapter>> members = {
      make_entry(named("model", "a file"), &Adapter::model, text_form()),
      make_entry(named("weight"), &Adapter::weight, number_form(-4, 4)),
      make_entry(named("start"), &Adapter::start, number_form(0, 1)),
      make_entry(named("end"), &Adapter::end, number_form(0, 1)),
      make_entry(named("side"), &Adapter::side, choice_form(kSideNames))};
  static const std::vector<FieldEntry<Owner>> entries = {
      make_entry(named("adapters"), &Owner::adapters, records_form(members))};
  return entries;
}

std::optional<std::string> set(Owner& owner, std::string_view text) {
  return table().front().set(owner, text);
}

Owner two_adapters() {
  return {{{"a, \"b\".safetensors", 0.5, 0, 0.75, Side::Cond}, {"c=d", 1, 0.25, 1, Side::Both}}};
}

TEST(Records, GoThroughText) {
  const std::string text = table().front().text(two_adapters());
  EXPECT_EQ(text,
            "model=\"a, \\\"b\\\".safetensors\",weight=0.5,start=0.0,end=0.75,side=cond\n"
            "model=c=d,weight=1.0,start=0.25,end=1.0,side=both");
  Owner back;
  EXPECT_FALSE(set(back, text));
  EXPECT_EQ(back.adapters, two_adapters().adapters);
  EXPECT_FALSE(set(back, ""));
  EXPECT_TRUE(back.adapters.empty());
}

TEST(Records, ShortFormsAreForTyping) {
  Owner owner;
  EXPECT_FALSE(set(owner, "x.safetensors\n y.safetensors, weight = 0.3 ,side=cond\n\n"));
  EXPECT_THAT(owner.adapters, ElementsAre(Adapter{"x.safetensors"},
                                          Adapter{"y.safetensors", 0.3, 0, 1, Side::Cond}));
}

TEST(Records, GoThroughJsonAndToml) {
  const auto object = entries_to_json(table(), two_adapters());
  EXPECT_EQ(object["adapters"][0]["weight"], 0.5);
  EXPECT_EQ(object["adapters"][1]["side"], "both");
  Owner back;
  EXPECT_THAT(apply_json_object(table(), back, object), testing::IsEmpty());
  EXPECT_EQ(back.adapters, two_adapters().adapters);
  const auto toml = parse_toml(
      "[[adapters]]\nmodel = 'a, \"b\".safetensors'\nweight = 0.5\nend = 0.75\nside = 'cond'\n"
      "[[adapters]]\nmodel = 'c=d'\nstart = 0.25\n",
      "a.toml");
  EXPECT_THAT(apply_json_object(table(), back, toml), testing::IsEmpty());
  EXPECT_EQ(back.adapters, two_adapters().adapters);
  EXPECT_THAT(apply_json_object(table(), back, {{"adapters", nlohmann::json::array()}}),
              testing::IsEmpty());
  EXPECT_TRUE(back.adapters.empty());
}

TEST(Records, GoThroughPictures) {
  const std::string text = table().front().text(two_adapters());
  const RequestField& shape = table().front().description;
  EXPECT_EQ(text_of_parameter(shape, parameter_text(shape, text)), text);
}

TEST(Records, EachMemberHasItsLimits) {
  Owner owner = two_adapters();
  const std::pair<const char*, const char*> bad[] = {
      {"x,weight=9", "weight: \"9\", expected a number from -4.0 to 4.0"},
      {"x,side=left", "side: \"left\", expected one of both, cond"},
      {"weight=0.5", "model is missing"},
      {"x,wieght=1", "expected one of model, weight, start, end, side"},
      {"x,0.5", "expected one of model, weight"},
      {"\"x", "not closed"},
      {"\"x\"y", "expected a comma"}};
  for (const auto& [text, message] : bad) {
    EXPECT_THAT(set(owner, text).value_or(""), HasSubstr(message)) << text;
  }
  EXPECT_EQ(owner.adapters, two_adapters().adapters) << "a wrong text changes nothing";
  owner.adapters[1].weight = 100;
  EXPECT_THAT(table().front().check(owner).value_or(""), HasSubstr("weight"));
}

TEST(Records, WrongJsonSaysWhatIsExpected) {
  Owner owner;
  const auto problems = [&](const char* json) {
    return apply_json_object(table(), owner, nlohmann::ordered_json::parse(json));
  };
  for (const char* bad : {R"({"adapters": 3})", R"({"adapters": ["x"]})",
                          R"({"adapters": [{"model": "x", "weight": "heavy"}]})",
                          R"({"adapters": [{"model": "x", "wieght": 1}]})"}) {
    ASSERT_EQ(problems(bad).size(), 1u) << bad;
    EXPECT_THAT(problems(bad)[0].message, HasSubstr("model=...")) << bad;
  }
}

TEST(Records, HelpNamesTheMembers) {
  const RequestField& shape = table().front().description;
  EXPECT_EQ(shape.limits, "model=...,weight=...,start=...,end=...,side=...");
  EXPECT_EQ(shape.members.size(), 5u);
  EXPECT_EQ(shape.members[1].limits, "a number from -4.0 to 4.0");
}

}  // namespace
}  // namespace ptravel
