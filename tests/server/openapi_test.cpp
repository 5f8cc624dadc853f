#include <regex>
#include <set>

#include "media/image_file.h"
#include "server/api_operation.h"
#include "server/field_schema.h"
#include "tests/server/api_world.h"
#include "tests/server/json_schema.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

TEST(OpenApi, HasTheRouterOperationsAndNoOthers) {
  const ApiWorld world;
  const Json document = world.get("/api/v1/openapi.json");
  EXPECT_EQ(document.at("openapi"), "3.1.0");
  std::set<std::string> told;
  for (const auto& [path, operations] : document.at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      told.insert(method + " " + path);
      EXPECT_FALSE(operation.at("responses").empty()) << path;
    }
  }
  std::set<std::string> served;
  for (const HttpRoute& route : world.router().routes()) {
    if (route.pattern.starts_with("/api/") || route.pattern == "/metrics") {
      served.insert(lower(route.method) + " " + route.pattern);
    }
  }
  EXPECT_EQ(told, served);
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const ApiWorld world;
  const Json document = world.get("/api/v1/openapi.json");
  const std::string text = document.dump();
  for (std::size_t at = text.find("\"$ref\":\""); at != std::string::npos;
       at = text.find("\"$ref\":\"", at + 1)) {
    const std::size_t begin = at + 9;
    const std::string pointer = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_TRUE(document.contains(Json::json_pointer(pointer))) << pointer;
  }
}

/// The document may not allow what is refused: patterns and answers agree.
class OpenApiPatterns : public testing::Test {
 protected:
  OpenApiPatterns() : document_(world_.get("/api/v1/openapi.json")) {}

  static bool fits(const Json& schema, const std::string& text) {
    return std::regex_search(text, std::regex(schema.at("pattern").get<std::string>()));
  }

  const ApiWorld world_;
  const Json document_;
};

TEST_F(OpenApiPatterns, OfSeedsAsTexts) {
  const Json& seed = document_.at("/components/schemas/Request/properties/subseed"_json_pointer);
  for (const std::string text : {"7", "-1", "0", "17999999999999999999", "", "x", "-2", "1.5",
                                 "99999999999999999999", "0x7"}) {
    Json request = quick_request();
    request["subseed"] = text;
    const Json answer = world_.post("/api/v1/dry-run", {{"request", request}});
    EXPECT_EQ(fits(seed.at("anyOf").at(1), text), problem_of(answer, "subseed").empty()) << text;
  }
}

TEST_F(OpenApiPatterns, WholeNumbersMayBeWrittenWithAFraction) {
  const auto problem = [&](const char* steps) {
    Json request = quick_request();
    request["steps"] = Json::parse(steps);
    return problem_of(world_.post("/api/v1/dry-run", {{"request", request}}), "steps");
  };
  EXPECT_EQ(problem("12.0"), "");
  EXPECT_EQ(problem("1e2"), "");
  EXPECT_NE(problem("12.5"), "");
  EXPECT_NE(problem("1e300"), "");
}

TEST_F(OpenApiPatterns, OfIdsOfJobs) {
  const Json& id = document_.at(
      "/paths/~1api~1v1~1jobs/post/requestBody/content/application~1json/schema/properties/id/"
      "anyOf/0"_json_pointer);
  for (const std::string text :
       {"", "job-00001", "short", "has space", "\xC3\xA4\xC3\xB6\xC3\xBC"}) {
    const Json body = {{"id", text}, {"request", quick_request()}};
    EXPECT_EQ(fits(id, text), world_.status("POST", "/api/v1/jobs", body.dump()) == 201) << text;
  }
}

TEST_F(OpenApiPatterns, OfPrompts) {
  const Json& prompt = document_.at(
      "/paths/~1api~1v1~1jobs/post/requestBody/content/application~1json/schema/properties/"
      "request/properties/prompt/anyOf/0"_json_pointer);
  for (const std::string text : {"a cat", " a", "\n\na", "", " ", "\n \t\r\n"}) {
    Json request = quick_request();
    request["prompt"] = text;
    const int status = world_.status("POST", "/api/v1/jobs", Json({{"request", request}}).dump());
    EXPECT_EQ(fits(prompt, text), status == 201) << text;
  }
}

/// Every text of a request, wherever it is taken.
TEST_F(OpenApiPatterns, OfTextsWithZeroBytes) {
  const std::string zero("a\0b", 3);
  const Json& settings = document_.at("/components/schemas/Request/properties"_json_pointer);
  int texts = 0;
  for (const RequestField& field : request_fields()) {
    if (field.kind != RequestField::Kind::Text && field.kind != RequestField::Kind::Lines) {
      continue;
    }
    ++texts;
    const std::string name(field.name);
    Json schema = settings.at(name);
    while (schema.contains("anyOf")) {
      schema = Json(schema.at("anyOf").at(0));
    }
    EXPECT_FALSE(fits(schema, zero)) << name;
    EXPECT_TRUE(fits(schema, "a\nb")) << name;
    const Json body = {{"request", {{name, zero}}}};
    const Json refused = world_.json_of(world_.call("PUT", "/api/v1/presets/a", body.dump()));
    EXPECT_THAT(problem_of(refused, name), testing::HasSubstr("zero")) << refused.dump();
    EXPECT_NE(problem_of(world_.post("/api/v1/jobs", body), name), "") << name;
  }
  EXPECT_GT(texts, 5);
  const Json& name = document_.at(
      "/paths/~1api~1v1~1jobs/post/requestBody/content/application~1json/schema/properties/name/"
      "anyOf/0"_json_pointer);
  EXPECT_FALSE(fits(name, zero));
  EXPECT_NE(problem_of(world_.post("/api/v1/jobs", {{"name", zero}}), "name"), "");
}

TEST_F(OpenApiPatterns, ParametersComeOnce) {
  const auto asked = [&](const HttpFields& query) {
    return world_.call("GET", "/api/v1/jobs", "", query);
  };
  EXPECT_EQ(asked({{"limit", "2"}}).status, 200);
  const HttpResponse twice = asked({{"limit", ""}, {"limit", "2"}});
  EXPECT_EQ(twice.status, 422);
  EXPECT_EQ(problem_of(ApiWorld::json_of(twice), "limit"), "is given 2 times, expected once");
  EXPECT_EQ(asked({{"limit", ""}}).status, 422);
  EXPECT_EQ(asked({{"other", "1"}, {"other", "2"}}).status, 200) << "nobody reads it";
}

TEST_F(OpenApiPatterns, WhiteSpaceIsNoBody) {
  EXPECT_EQ(world_.status("POST", "/api/v1/dry-run", ""), 200);
  EXPECT_EQ(world_.status("POST", "/api/v1/dry-run", "\t"), 422);
}

TEST_F(OpenApiPatterns, OfNamesOfPresets) {
  const Json& name =
      document_.at("/paths/~1api~1v1~1presets~1{name}/put/parameters/0/schema"_json_pointer);
  EXPECT_EQ(name.at("maxLength"), 50);
  for (const std::string text : {"a", "two words", "-", "a.b", "\xC3\xA4", ".hidden", " a", "a ",
                                 "a\\b", "tab\there", "a\x7F", "\x01"}) {
    const int status = world_.status("PUT", "/api/v1/presets/" + text, R"({"request": {}})");
    EXPECT_EQ(fits(name, text), status == 200) << text;
  }
  std::string longest;
  for (int i = 0; i < 50; ++i) {
    longest += "\xF0\x9F\x98\x80";
  }
  EXPECT_EQ(world_.status("PUT", "/api/v1/presets/" + longest, R"({"request": {}})"), 200);
  EXPECT_EQ(world_.status("PUT", "/api/v1/presets/" + longest + "a", R"({"request": {}})"), 422);
}

/// Real calls, checked against what the document says of them.
class OpenApiAnswers : public testing::Test {
 protected:
  OpenApiAnswers() : document_(world_.get("/api/v1/openapi.json")) {}

  Json checked(const std::string& method,
               const std::string& pattern,
               const std::string& path,
               const std::string& body = "") {
    const HttpResponse response = world_.call(method, path, body);
    const Json& responses = document_.at("paths").at(pattern).at(lower(method)).at("responses");
    const std::string status = std::to_string(response.status);
    const Json& answer =
        responses.contains(status) ? responses.at(status) : responses.at("default");
    EXPECT_TRUE(responses.contains(status) || response.status >= 400) << method << " " << path;
    const Json value = ApiWorld::json_of(response);
    const JsonSchemaCheck check(document_);
    EXPECT_THAT(check.problems(answer.at("content").at("application/json").at("schema"), value),
                testing::IsEmpty())
        << method << " " << path << " " << response.status;
    return value;
  }

  ApiWorld world_;
  Json document_;
};

TEST_F(OpenApiAnswers, FitTheDocument) {
  const std::string submission = Json({{"id", "first-job"}, {"request", quick_request()}}).dump();
  const std::string jobs = "/api/v1/jobs";
  const std::string job = "/api/v1/jobs/{id}";
  checked("GET", "/api/v1/bootstrap", "/api/v1/bootstrap");
  checked("GET", "/api/v1/schema", "/api/v1/schema");
  checked("GET", "/api/v1/models", "/api/v1/models");
  checked("POST", "/api/v1/models/refresh", "/api/v1/models/refresh");
  checked("POST", "/api/v1/models/unload", "/api/v1/models/unload");
  write_bytes(world_.folder / "models/Lora/broken.safetensors", "no tensors");
  EXPECT_EQ(checked("GET", "/api/v1/addons", "/api/v1/addons").at("addons").size(), 1U);
  const std::string picture = "/api/v1/addons/{kind}/{name}/picture";
  checked("GET", picture, "/api/v1/addons/lora/broken/picture");
  checked("GET", "/api/v1/models/picture", "/api/v1/models/picture");
  checked("GET", "/api/v1/samplers", "/api/v1/samplers");
  checked("POST", "/api/v1/dry-run", "/api/v1/dry-run", submission);
  checked("POST", "/api/v1/dry-run", "/api/v1/dry-run",
          Json({{"request", quick_request()}}).dump());
  checked("POST", "/api/v1/dry-run", "/api/v1/dry-run", R"({"request": {"steps": -1}})");
  checked("POST", jobs, jobs, submission);
  checked("POST", jobs, jobs, submission);
  checked("POST", jobs, jobs, R"({"id": "first-job", "request": {"prompt": "other\nthing"}})");
  checked("POST", jobs, jobs, "[1]");
  checked("POST", jobs, jobs, "{");
  checked("GET", jobs, jobs);
  checked("GET", job, "/api/v1/jobs/first-job");
  checked("GET", job, "/api/v1/jobs/nobody-is");
  checked("PATCH", job, "/api/v1/jobs/first-job", R"({"name": "a"})");
  checked("POST", job + "/retry", "/api/v1/jobs/first-job/retry", R"({"id": "second-job"})");
  checked("POST", job + "/before", "/api/v1/jobs/second-job/before", R"({"other": "first-job"})");
  checked("POST", job + "/front", "/api/v1/jobs/first-job/front");
  checked("POST", job + "/cancel", "/api/v1/jobs/first-job/cancel");
  checked("POST", job + "/cancel", "/api/v1/jobs/first-job/cancel");
  checked("POST", job + "/continue", "/api/v1/jobs/first-job/continue");
  checked("DELETE", job, "/api/v1/jobs/first-job");
  checked("POST", job + "/restore", "/api/v1/jobs/first-job/restore");
  checked("POST", job + "/video", "/api/v1/jobs/first-job/video");
  checked("GET", job + "/motion", "/api/v1/jobs/first-job/motion");
  checked("PUT", "/api/v1/presets/{name}", "/api/v1/presets/a", R"({"request": {"steps": 5}})");
  checked("GET", "/api/v1/presets", "/api/v1/presets");
  checked("DELETE", "/api/v1/presets/{name}", "/api/v1/presets/a");
  checked("POST", "/api/v1/pictures", "/api/v1/pictures", encode_png(Image(8, 8)));
  checked("POST", "/api/v1/pictures", "/api/v1/pictures", "none");
}

TEST_F(OpenApiAnswers, BodiesAreRequiredWhereAnEmptyOneIsRefused) {
  const auto required = [&](const char* path, const char* method) {
    return document_.at("paths").at(path).at(method).at("requestBody").at("required");
  };
  EXPECT_EQ(required("/api/v1/presets/{name}", "put"), true);
  EXPECT_EQ(world_.status("PUT", "/api/v1/presets/a", ""), 422);
  EXPECT_EQ(required("/api/v1/pictures", "post"), true);
  EXPECT_EQ(world_.status("POST", "/api/v1/pictures", ""), 422);
  EXPECT_EQ(required("/api/v1/dry-run", "post"), false);
  EXPECT_EQ(world_.status("POST", "/api/v1/dry-run", ""), 200);
}

TEST_F(OpenApiAnswers, ADryRunTakesWrongSettingsAndListsTakeStates) {
  // Its problems are a 200: the document must not say that they are refused.
  const Json& body = document_.at("paths").at("/api/v1/dry-run").at("post").at("requestBody");
  const Json& schema = body.at("content").at("application/json").at("schema");
  EXPECT_THAT(JsonSchemaCheck(document_).problems(schema, {{"request", {{"steps", "x"}}}}),
              testing::IsEmpty());
  const Json& list = document_.at("paths").at("/api/v1/jobs").at("get").at("parameters").at(0);
  EXPECT_EQ(list.at("name"), "state");
  const std::regex states(list.at("schema").at("pattern").get<std::string>());
  for (const char* text : {"", "done", "queued,interrupted"}) {
    EXPECT_TRUE(std::regex_match(text, states)) << text;
    EXPECT_EQ(world_.call("GET", "/api/v1/jobs", "", {{"state", text}}).status, 200) << text;
  }
  EXPECT_FALSE(std::regex_match("finished", states));
  EXPECT_EQ(world_.call("GET", "/api/v1/jobs", "", {{"state", "finished"}}).status, 422);
}

TEST(RequestSchema, DefaultsAndExamplesFit) {
  const Json schema = request_schema();
  const JsonSchemaCheck check(schema);
  EXPECT_THAT(check.problems(schema, Json::parse(request_to_json(TravelRequest{}))),
              testing::IsEmpty());
  EXPECT_THAT(check.problems(schema, quick_request()), testing::IsEmpty());
  for (const char* wrong : {R"({"steps": 0})", R"({"steps": "many"})", R"({"mode": "jump"})",
                            R"({"cfg_scale": [7, 101]})", R"({"nothing": 1})", R"({"eta": 11})",
                            R"({"loop": 1})", R"({"seed": -2})"}) {
    EXPECT_THAT(check.problems(schema, Json::parse(wrong)), testing::Not(testing::IsEmpty()))
        << wrong;
    TravelRequest request;
    EXPECT_FALSE(apply_json(request, wrong).empty()) << wrong;
  }
}

}  // namespace
}  // namespace ptravel
