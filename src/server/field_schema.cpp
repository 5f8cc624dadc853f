#include "server/field_schema.h"

#include <algorithm>

#include "request/mode_infos.h"
#include "request/request_names.h"
#include "server/api_operation.h"

namespace ptravel {
namespace {

using Kind = RequestField::Kind;

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::Text:
      return "text";
    case Kind::Lines:
      return "lines";
    case Kind::Integer:
      return "integer";
    case Kind::Number:
      return "number";
    case Kind::Boolean:
      return "boolean";
    case Kind::Choice:
      return "choice";
    case Kind::Integers:
      return "integers";
    case Kind::Numbers:
      return "numbers";
    case Kind::Records:
      return "records";
  }
  return "text";
}

const char* scope_name(RequestField::Scope scope) {
  switch (scope) {
    case RequestField::Scope::Picture:
      return "picture";
    case RequestField::Scope::Film:
      return "film";
    case RequestField::Scope::Machine:
      return "machine";
  }
  return "machine";
}

/// Seeds as texts, for clients whose numbers end at 2^53. The few with 20 digits that there are
/// beyond 17999999999999999999 are taken too.
constexpr const char* kSeedPattern = "^(-1|[0-9]{1,19}|1[0-7][0-9]{18})$";

/// A limit's exact number, or null.
Json limit_json(const std::string& limit) {
  return limit.empty() ? Json(nullptr) : Json::parse(limit);
}

Json number_schema(const RequestField& field, bool whole) {
  Json schema = {{"type", whole ? "integer" : "number"}};
  if (!field.minimum.empty()) {
    schema["minimum"] = limit_json(field.minimum);
    schema["maximum"] = limit_json(field.maximum);
  }
  if (field.takes_text) {
    return {{"anyOf",
             Json::array({std::move(schema), {{"type", "string"}, {"pattern", kSeedPattern}}})}};
  }
  return schema;
}

Json one_or_several(Json item) {
  Json several = {{"type", "array"}, {"items", item}, {"minItems", 1}};
  return {{"anyOf", Json::array({std::move(item), std::move(several)})}};
}

Json records_schema(const RequestField& field) {
  Json properties = Json::object();
  for (const RequestField& member : field.members) {
    properties[std::string(member.name)] = value_schema(member);
  }
  return {{"type", "array"},
          {"items",
           {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", Json::array({std::string(field.members.front().name)})},
            {"additionalProperties", false}}}};
}

Json plain_schema(const RequestField& field) {
  Json text = {{"type", "string"}, {"pattern", kTextPattern}};
  switch (field.kind) {
    case Kind::Text:
      return field.takes_numbers ? Json{{"anyOf", Json::array({text,
                                                               {{"type", "number"}},
                                                               {{"type", "array"},
                                                                {"items", {{"type", "number"}}},
                                                                {"minItems", 1}}})}}
                                 : text;
    case Kind::Lines:
      return one_or_several(text);
    case Kind::Integer:
    case Kind::Number:
      return number_schema(field, field.kind == Kind::Integer);
    case Kind::Integers:
    case Kind::Numbers:
      return one_or_several(number_schema(field, field.kind == Kind::Integers));
    case Kind::Boolean:
      return {{"type", "boolean"}};
    case Kind::Choice:
      return {{"enum", field.choices}};
    case Kind::Records:
      return records_schema(field);
  }
  return text;
}

}  // namespace

Json value_schema(const RequestField& field) {
  Json schema = plain_schema(field);
  return field.optional ? Json{{"anyOf", Json::array({std::move(schema), {{"type", "null"}}})}}
                        : schema;
}

Json modes_of(const RequestField& field) {
  Json modes = Json::array();
  for (const ModeInfo& info : mode_infos()) {
    if (std::find(info.options.begin(), info.options.end(), field.name) != info.options.end()) {
      modes.push_back(std::string(kTravelModeNames.name(info.mode)));
    }
  }
  return modes.empty() ? Json(nullptr) : modes;
}

Json field_json(const RequestField& field, const Json& default_value) {
  return {{"name", std::string(field.name)},
          {"kind", kind_name(field.kind)},
          {"group", std::string(field.group)},
          {"label", field.label},
          {"limits", field.limits},
          {"choices", field.choices.empty() ? Json(nullptr) : Json(field.choices)},
          {"minimum", limit_json(field.minimum)},
          {"maximum", limit_json(field.maximum)},
          {"help", std::string(field.help)},
          {"scope", scope_name(field.scope)},
          {"example", std::string(field.example)},
          {"optional", field.optional},
          {"default", default_value},
          {"modes", modes_of(field)}};
}

Json field_object_schema() {
  const Json text = {{"type", "string"}};
  const Json any = Json::object();
  const Json number = {{"type", {"number", "null"}}};
  Json properties = {
      {"name", text},      {"kind", text},
      {"group", text},     {"label", text},
      {"limits", text},    {"choices", {{"type", {"array", "null"}}, {"items", text}}},
      {"minimum", number}, {"maximum", number},
      {"help", text},      {"scope", {{"enum", {"picture", "film", "machine"}}}},
      {"example", text},   {"optional", {{"type", "boolean"}}},
      {"default", any},    {"modes", {{"type", {"array", "null"}}, {"items", text}}}};
  Json required = Json::array();
  for (const auto& [name, schema] : properties.items()) {
    required.push_back(name);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", required}};
}

Json drawn_request_schema() {
  const Json line = {{"type", "string"}, {"pattern", "[^ \\t\\r\\n\\f\\v]"}};
  return {{"allOf", Json::array({{{"$ref", "#/components/schemas/Request"}}})},
          {"type", "object"},
          {"properties",
           {{"prompt",
             {{"anyOf",
               Json::array(
                   {line,
                    {{"type", "array"}, {"items", {{"type", "string"}}}, {"contains", line}}})}}}}},
          {"required", {"prompt"}}};
}

Json request_schema() {
  const Json defaults = Json::parse(request_to_json(TravelRequest{}));
  Json properties = Json::object();
  for (const RequestField& field : request_fields()) {
    const std::string name(field.name);
    Json schema = value_schema(field);
    schema["title"] = field.label;
    schema["description"] = std::string(field.help);
    schema["default"] = defaults.at(name);
    properties[name] = std::move(schema);
  }
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "A travel"},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

}  // namespace ptravel
