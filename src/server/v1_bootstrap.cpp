// What a page needs once: settings, models, samplers, limits.

#include <filesystem>

#include "http/request_parts.h"
#include "ptravel/default_model.h"
#include "ptravel/preset.h"
#include "ptravel/sampling.h"
#include "ptravel/smooth.h"
#include "request/mode_infos.h"
#include "request/request_names.h"
#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/field_schema.h"
#include "server/job_json.h"
#include "server/known_words.h"

namespace ptravel {
namespace {

Json names_of(const SamplerInfo& sampler) {
  Json aliases = Json::array();
  for (const std::string_view alias : sampler.aliases) {
    aliases.push_back(std::string(alias));
  }
  return {{"name", std::string(sampler.label)}, {"aliases", std::move(aliases)}};
}

Json samplers_json() {
  Json samplers = Json::array();
  for (const SamplerInfo& sampler : sampler_infos()) {
    samplers.push_back(names_of(sampler));
  }
  Json schedulers = Json::array({"Automatic"});
  for (const ScheduleInfo& schedule : schedule_infos()) {
    if (schedule.name != "automatic") {
      schedulers.push_back(std::string(schedule.label));
    }
  }
  return {{"samplers", std::move(samplers)}, {"schedulers", std::move(schedulers)}};
}

Json fields_json(const Json& defaults) {
  Json fields = Json::array();
  for (const RequestField& field : request_fields()) {
    fields.push_back(field_json(field, defaults.at(std::string(field.name))));
  }
  return fields;
}

Json modes_json() {
  Json modes = Json::array();
  for (const ModeInfo& info : mode_infos()) {
    Json options = Json::array();
    for (const std::string_view option : info.options) {
      options.push_back(std::string(option));
    }
    const std::string name(kTravelModeNames.name(info.mode));
    modes.push_back({{"name", name}, {"options", std::move(options)}});
  }
  return modes;
}

Json limits_json(const ServeLimits& limits) {
  return {{"frames", limits.frames},
          {"pixels", limits.pixels},
          {"body_bytes", limits.body_bytes},
          {"upload_bytes", limits.upload_bytes},
          {"queue", limits.queue}};
}

/// What a first visitor finds filled in; the film at /example.mp4 was made of it.
Json example_json() {
  return {{"request",
           {{"prompt", "girl, red hair, forest\ngirl, blue hair, beach"},
            {"travel_steps", "24"},
            {"seed", 7},
            {"steps", 12}}},
          {"video", "/example.mp4"}};
}

Json folders_json(const std::vector<std::filesystem::path>& folders) {
  Json list = Json::array();
  for (const std::filesystem::path& folder : folders) {
    list.push_back(std::filesystem::absolute(folder).lexically_normal().string());
  }
  return list;
}

/// Whether the client is on this machine, where paths mean something to it. What a proxy sends is
/// of somebody else.
bool is_local(const HttpRequest& request) {
  constexpr std::string_view kMapped = "::ffff:";
  std::string_view client = request.client;
  client.remove_prefix(client.starts_with(kMapped) ? kMapped.size() : 0);
  return is_loopback_address(client) && !request.header("forwarded") &&
         !request.header("x-forwarded-for") && !request.header("x-real-ip") &&
         !request.header("via");
}

/// What the page's switch for smooth motion sets.
Json smooth_json() {
  Json settings = Json::object();
  for (const auto& [field, text] : smooth_settings()) {
    settings[field] = text;
  }
  return settings;
}

/// Models of few steps, with the settings that they ask for in the form of a request.
Json few_steps_json() {
  Json list = Json::array();
  for (const Preset& preset : presets()) {
    TravelRequest request;
    for (const auto& [field, text] : preset.settings) {
      PTRAVEL_CHECK(!set_request_field(request, field, text));
    }
    const Json values = Json::parse(request_to_json(request));
    Json settings = Json::object();
    for (const auto& [field, text] : preset.settings) {
      settings[field] = values.at(field);
    }
    list.push_back({{"name", std::string(preset.name)},
                    {"label", std::string(preset.label)},
                    {"request", std::move(settings)}});
  }
  return list;
}

Json bootstrap_json(const ServerContext& context, bool local) {
  const Json defaults = context.resolver.shown(TravelRequest{});
  Json answer = {{"version", PTRAVEL_VERSION}, {"fields", fields_json(defaults)}};
  answer["defaults"] = defaults;
  answer.update(models_json(context.catalog));
  answer.update(samplers_json());
  answer["modes"] = modes_json();
  answer["smooth"] = smooth_json();
  answer["few_steps"] = few_steps_json();
  answer["limits"] = limits_json(context.options.limits);
  answer["words"] = known_words();
  answer["example"] = example_json();
  answer["queue"] = queue_json(context.queue);
  answer["models_dirs"] = local ? folders_json(context.options.models_dirs) : Json::array();
  answer["event"] = context.events->last_id();
  return answer;
}

Json bootstrap_schema() {
  const Json object = {{"type", "object"}};
  const Json text = string_schema();
  Json properties = {{"version", text},
                     {"fields", array_schema(schema_ref("Field"))},
                     {"defaults", schema_ref("Request")},
                     {"models", array_schema(schema_ref("Model"))},
                     {"vaes", array_schema(schema_ref("Model"))},
                     {"samplers", array_schema(object)},
                     {"schedulers", array_schema(text)},
                     {"modes", array_schema(object)},
                     {"smooth", object},
                     {"few_steps", array_schema(object)},
                     {"limits", object},
                     {"words", array_schema(text)},
                     {"example", object},
                     {"queue", object},
                     {"models_dirs", array_schema(text)},
                     {"event", {{"type", "integer"}, {"minimum", 0}}}};
  std::vector<std::string> required;
  for (const auto& [name, schema] : properties.items()) {
    required.push_back(name);
  }
  return object_schema(std::move(properties), required);
}

Json samplers_schema() {
  return object_schema(
      {{"samplers", array_schema(object_schema(
                        {{"name", string_schema()}, {"aliases", array_schema(string_schema())}},
                        {"name", "aliases"}))},
       {"schedulers", array_schema(string_schema())}},
      {"samplers", "schedulers"});
}

}  // namespace

std::vector<ApiOperation> bootstrap_operations(ServerContext& context) {
  std::vector<ApiOperation> operations;
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/bootstrap",
       .summary = "Everything a page needs at its start",
       .handler =
           [&context](const HttpRequest& request) {
             return json_response(200, json_text(bootstrap_json(context, is_local(request))));
           },
       .answers = {json_answer(200, "Settings, models, limits, queue", bootstrap_schema())}});
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/schema",
       .summary = "JSON Schema of a request",
       .handler =
           [](const HttpRequest&) { return json_response(200, json_text(request_schema())); },
       .answers = {json_answer(200, "A JSON Schema (2020-12)", {{"type", "object"}})}});
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/samplers",
       .summary = "Samplers and noise schedules",
       .handler = [](const HttpRequest&) { return json_response(200, json_text(samplers_json())); },
       .answers = {json_answer(200, "Names and other spellings", samplers_schema())}});
  return operations;
}

}  // namespace ptravel
