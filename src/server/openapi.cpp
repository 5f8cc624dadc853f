#include "server/openapi.h"

#include <algorithm>

#include "server/field_schema.h"

namespace ptravel {
namespace {

constexpr const char* kAbout =
    "The API of prompt-travel serve. Failures are {\"error\": {\"code\", \"message\", "
    "\"problems\": [{\"field\", \"message\"}]}}. Jobs are made under an id of the client, so that "
    "a repeated submission makes one job. Changes arrive on /api/v1/events. Members of a body that "
    "are null count as missing; models, pictures and limits of the server bound requests further "
    "than their schema tells, and so do frames that its settings make together.";

/// Parts in braces are parameters of the path.
Json path_parameters(const ApiOperation& operation) {
  const std::string& path = operation.path;
  Json parameters = Json::array();
  for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
    const std::string name = path.substr(at + 1, path.find('}', at) - at - 1);
    parameters.push_back(
        {{"name", name},
         {"in", "path"},
         {"required", true},
         {"schema", operation.path_schema.is_null() ? Json{{"type", "string"}, {"minLength", 1}}
                                                    : operation.path_schema}});
  }
  return parameters;
}

Json answers_of(const ApiOperation& operation) {
  Json answers = Json::object();
  for (const ApiAnswer& answer : operation.answers) {
    // Several answers of one status differ in their content.
    Json& object = answers[std::to_string(answer.status)];
    if (object.is_null()) {
      object["description"] = answer.description;
    }
    if (!answer.content_type.empty()) {
      object["content"][answer.content_type]["schema"] =
          answer.schema.is_null() ? Json::object() : answer.schema;
    }
  }
  answers["default"] = {
      {"description", "A failure: 4xx where the request is wrong, 5xx where the server fails"},
      {"content", {{"application/json", {{"schema", schema_ref("Error")}}}}}};
  return answers;
}

/// The schema of a body with null for whatever may be missing.
Json body_schema(Json schema) {
  if (!schema.contains("properties")) {
    return schema;
  }
  const Json required = schema.value("required", Json::array());
  for (auto& [name, member] : schema["properties"].items()) {
    if (std::find(required.begin(), required.end(), name) == required.end()) {
      member = nullable(std::move(member));
    }
  }
  return schema;
}

Json operation_json(const ApiOperation& operation) {
  Json parameters = path_parameters(operation);
  for (const ApiParameter& parameter : operation.query) {
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"required", false},
                          {"description", parameter.description},
                          {"schema", parameter.schema}});
  }
  Json object = {{"summary", operation.summary}, {"parameters", std::move(parameters)}};
  if (!operation.body.is_null()) {
    // An empty body counts as {}.
    const bool required = operation.body_type != "application/json" ||
                          !operation.body.value("required", Json::array()).empty();
    object["requestBody"] = {
        {"required", required},
        {"content", {{operation.body_type, {{"schema", body_schema(operation.body)}}}}}};
  }
  object["responses"] = answers_of(operation);
  return object;
}

Json problem_schema() {
  return object_schema({{"field", string_schema()}, {"message", string_schema()}},
                       {"field", "message"});
}

Json error_schema() {
  return object_schema({{"error", object_schema({{"code", string_schema()},
                                                 {"message", string_schema()},
                                                 {"problems", array_schema(schema_ref("Problem"))}},
                                                {"code", "message", "problems"})}},
                       {"error"});
}

Json progress_schema() {
  const Json number = {{"type", "number"}};
  return object_schema({{"activity", string_schema()},
                        {"done", number},
                        {"total", number},
                        {"unit", string_schema()},
                        {"rate", number},
                        {"seconds_left", nullable(number)}},
                       {"activity", "done", "total", "unit", "rate", "seconds_left"});
}

Json job_schema() {
  const Json any = Json::object();
  const Json text = string_schema();
  const Json number = {{"type", "number"}};
  const Json count = {{"type", "integer"}, {"minimum", 0}};
  Json properties = {
      {"id", text},
      {"number", count},
      {"name", text},
      {"title", text},
      {"state",
       {{"enum",
         {"queued", "loading", "drawing", "assembling", "done", "cancelled", "failed",
          "interrupted"}}}},
      {"place", nullable(count)},
      {"created", number},
      {"started", nullable(number)},
      {"finished", nullable(number)},
      {"frames_total", nullable(count)},
      {"frames_done", count},
      {"frames_ready", text},
      {"stage_frames", array_schema(count)},
      {"request", {{"type", "object"}}},
      {"folder", nullable(text)},
      {"video", nullable(text)},
      {"contact_sheet", nullable(text)},
      {"error",
       nullable(object_schema(
           {{"code", text}, {"message", text}, {"problems", array_schema(schema_ref("Problem"))}},
           {"code", "message", "problems"}))},
      {"notes", array_schema(text)},
      {"trashed", {{"type", "boolean"}}},
      {"fps", number},
      {"changes", array_schema(object_schema({{"field", text}, {"before", any}, {"after", any}},
                                             {"field", "before", "after"}))},
      {"progress", nullable(schema_ref("Progress"))}};
  std::vector<std::string> required;
  for (const auto& [name, schema] : properties.items()) {
    required.push_back(name);
  }
  return object_schema(std::move(properties), required);
}

Json model_schema() {
  const Json text = string_schema();
  const Json yes_or_no = {{"type", "boolean"}};
  return object_schema({{"title", text},
                        {"name", text},
                        {"hash", nullable(text)},
                        {"family", text},
                        {"supported", yes_or_no},
                        {"refusal", text},
                        {"prediction", text},
                        {"bytes", {{"type", "integer"}, {"minimum", 0}}},
                        {"is_default", yes_or_no},
                        {"picture", nullable(text)}},
                       {"title", "name", "hash", "family", "supported", "refusal", "prediction",
                        "bytes", "is_default", "picture"});
}

Json addon_schema() {
  const Json text = string_schema();
  const Json count = {{"type", "integer"}, {"minimum", 0}};
  Json properties = {{"kind", {{"enum", {"lora", "embedding", "hypernetwork"}}}},
                     {"name", text},
                     {"alias", text},
                     {"folder", text},
                     {"family", text},
                     {"text_widths", array_schema(count)},
                     {"activation", text},
                     {"preferred_weight", nullable({{"type", "number"}})},
                     {"description", text},
                     {"notes", text},
                     {"bytes", count},
                     {"picture", nullable(text)},
                     {"refusal", text}};
  std::vector<std::string> required;
  for (const auto& [name, schema] : properties.items()) {
    required.push_back(name);
  }
  return object_schema(std::move(properties), required);
}

}  // namespace

Json schema_components() {
  Json request = request_schema();
  request.erase("$schema");
  return {{"Problem", problem_schema()},    {"Error", error_schema()},
          {"Progress", progress_schema()},  {"Job", job_schema()},
          {"Model", model_schema()},        {"Addon", addon_schema()},
          {"Field", field_object_schema()}, {"Request", std::move(request)}};
}

Json openapi_document(std::span<const ApiOperation> operations, const ServeLimits& limits) {
  Json paths = Json::object();
  for (const ApiOperation& operation : operations) {
    std::string method = operation.method;
    for (char& c : method) {
      c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    paths[operation.path][method] = operation_json(operation);
  }
  const std::string about = std::string(kAbout) + " JSON bodies hold at most " +
                            std::to_string(limits.body_bytes) + " bytes, pictures " +
                            std::to_string(limits.upload_bytes) + ".";
  return {
      {"openapi", "3.1.0"},
      {"info", {{"title", "Prompt Travel"}, {"version", PTRAVEL_VERSION}, {"description", about}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", schema_components()},
        {"securitySchemes", {{"basic", {{"type", "http"}, {"scheme", "basic"}}}}}}}};
}

}  // namespace ptravel
