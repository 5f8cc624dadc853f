#include "server/api_operation.h"

#include "base/text.h"

namespace ptravel {

Json schema_ref(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

Json string_schema(const std::string& description) {
  Json schema = {{"type", "string"}};
  if (!description.empty()) {
    schema["description"] = description;
  }
  return schema;
}

Json integer_schema(std::int64_t least, std::int64_t most, const std::string& description) {
  Json schema = {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
  if (!description.empty()) {
    schema["description"] = description;
  }
  return schema;
}

Json object_schema(Json properties, const std::vector<std::string>& required) {
  Json schema = {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) {
    schema["required"] = required;
  }
  return schema;
}

Json array_schema(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json nullable(Json schema) {
  return {{"anyOf", Json::array({std::move(schema), {{"type", "null"}}})}};
}

ApiAnswer json_answer(int status, const std::string& description, Json schema) {
  return {status, description, "application/json", std::move(schema)};
}

std::int64_t query_integer(const HttpRequest& request,
                           const char* name,
                           std::int64_t otherwise,
                           std::int64_t least,
                           std::int64_t most) {
  const auto text = request.query_value(name);
  if (!text) {
    return otherwise;
  }
  const auto number = parse_integer(*text);
  if (!number || *number < least || *number > most) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{name, "\"" + std::string(*text) + "\", expected a whole number from " +
                                  std::to_string(least) + " to " + std::to_string(most)});
  }
  return *number;
}

}  // namespace ptravel
