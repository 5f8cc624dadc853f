
#include "tests/server/api_world.h"

namespace ptravel {
namespace {

Json submission(const std::string& id) { return {{"id", id}, {"request", quick_request()}}; }

/// Jobs that wait: the queue is not started.
TEST(V1Jobs, ASubmissionIsCompletedAndShown) {
  const ApiWorld world;
  const HttpResponse made = world.call("POST", "/api/v1/jobs", submission("first-job").dump());
  EXPECT_EQ(made.status, 201);
  const Json job = ApiWorld::json_of(made);
  EXPECT_EQ(job.at("id"), "first-job");
  EXPECT_EQ(job.at("state"), "queued");
  EXPECT_EQ(job.at("place"), 1);
  EXPECT_EQ(job.at("title"), "girl, red hair → girl, blue hair");
  EXPECT_EQ(job.at("changes"), Json::array());
  EXPECT_EQ(job.at("request").at("model"), "default");
  EXPECT_EQ(job.at("request").at("steps"), 2);
  EXPECT_EQ(job.at("request").size(), request_fields().size());
  EXPECT_EQ(world.get("/api/v1/jobs/first-job"), job);
}

TEST(V1Jobs, SeedsAreDrawnWhenAJobIsTaken) {
  const ApiWorld world;
  Json body = submission("first-job");
  body["request"].erase("seed");
  EXPECT_GE(world.post("/api/v1/jobs", body).at("request").at("seed"), 0);
}

TEST(V1Jobs, ARepeatedSubmissionMakesOneJob) {
  const ApiWorld world;
  Json body = submission("first-job");
  body["request"].erase("seed");
  const Json job = world.post("/api/v1/jobs", body);
  const HttpResponse again = world.call("POST", "/api/v1/jobs", body.dump());
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(ApiWorld::json_of(again), job);
  body["request"]["steps"] = 3;
  const HttpResponse other = world.call("POST", "/api/v1/jobs", body.dump());
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(ApiWorld::json_of(other).at("error").at("code"), "conflict");
  EXPECT_EQ(world.get("/api/v1/jobs").at("jobs").size(), 1U);
}

TEST(V1Jobs, EveryProblemIsToldByItsField) {
  const ApiWorld world;
  const HttpResponse refused = world.call("POST", "/api/v1/jobs",
                                          R"({"id": "a b", "front": 1, "name": 5, "more": 1,
          "request": {"prompt": "a\nb", "steps": 0, "sampler": "none", "nothing": 1,
                      "model": "no such model", "fps": "fast"}})");
  EXPECT_EQ(refused.status, 422);
  const Json answer = ApiWorld::json_of(refused);
  EXPECT_EQ(answer.at("error").at("code"), "invalid_argument");
  for (const char* field :
       {"id", "front", "name", "more", "steps", "sampler", "nothing", "model", "fps"}) {
    EXPECT_NE(problem_of(answer, field), "") << field << " of " << answer.dump();
  }
  EXPECT_EQ(answer.at("error").at("problems").size(), 9U) << answer.dump();
  EXPECT_EQ(problem_of(answer, "steps"), "\"0\", expected a whole number from 1 to 1000");
}

TEST(V1Jobs, LimitsOfTheServerHoldForRequests) {
  const ApiWorld world([](ServeOptions& options) {
    options.limits.frames = 100;
    options.limits.film_frames = 1000;
    options.limits.pixels = 512 * 512;
    options.limits.queue = 1;
    options.limits.stage_bytes = 100;
    options.limits.body_bytes = 1000;
  });
  const auto problem = [&](const Json& change, const char* field) {
    Json body = submission("first-job");
    body["request"].update(change);
    return problem_of(world.post("/api/v1/jobs", body), field);
  };
  EXPECT_NE(problem({{"travel_steps", 99}}, "travel_steps"), "");
  EXPECT_NE(problem({{"hold", 1000}}, "hold"), "");
  EXPECT_NE(problem({{"pad", 1000}}, "pad"), "");
  EXPECT_NE(problem({{"width", 1024}, {"height", 512}}, "width"), "");
  EXPECT_NE(problem({{"prompt", std::string(101, 'a') + "\nb"}}, "prompt"), "");
  EXPECT_NE(problem({{"negative_prompt", std::string(101, 'a')}}, "negative_prompt"), "");
  std::string lines = "a";
  for (int i = 0; i < 500; ++i) {
    lines += "\na";
  }
  EXPECT_NE(problem({{"prompt", lines}, {"travel_steps", 0}}, "prompt"), "");
  EXPECT_NE(problem({{"width", 256}, {"height", 256}, {"batch", 5}}, "width"), "");
  const Json hires = {{"hires", true}, {"width", 256}, {"height", 256}, {"mode", "linear"}};
  const auto hires_problem = [&](Json change, const char* field) {
    change.update(hires);
    return problem(change, field);
  };
  EXPECT_NE(hires_problem({{"hires_scale", 3}}, "hires_scale"), "");
  EXPECT_NE(hires_problem({{"hires_width", 1024}}, "hires_width"), "");
  EXPECT_NE(
      problem({{"hires", true}, {"width", 0}, {"height", 0}, {"mode", "linear"}}, "hires_scale"),
      "");
  EXPECT_EQ(world.status("POST", "/api/v1/jobs", submission("first-job").dump()), 201);
  EXPECT_EQ(world.status("POST", "/api/v1/jobs", submission("second-job").dump()), 429);
}

TEST(V1Jobs, ListGoesPageByPage) {
  const ApiWorld world;
  for (int i = 1; i <= 5; ++i) {
    Json body = submission("job-0000" + std::to_string(i));
    body["name"] = i == 3 ? "The third" : "";
    world.post("/api/v1/jobs", body);
  }
  const auto list = [&](const HttpFields& query) { return world.get("/api/v1/jobs", query); };
  const Json first = list({{"limit", "2"}});
  EXPECT_EQ(first.at("jobs").at(0).at("number"), 5);
  EXPECT_EQ(first.at("next"), 4);
  EXPECT_EQ(list({{"limit", "2"}, {"before", "4"}}).at("jobs").at(0).at("number"), 3);
  EXPECT_EQ(list({{"limit", "3"}, {"before", "3"}}).at("next"), nullptr);
  EXPECT_EQ(list({{"search", "THIRD"}}).at("jobs").size(), 1U);
  EXPECT_EQ(list({{"state", "done,failed"}}).at("jobs").size(), 0U);
  EXPECT_EQ(list({{"state", "queued"}}).at("jobs").size(), 5U);
  for (const HttpFields& wrong :
       {HttpFields{{"limit", "0"}}, HttpFields{{"limit", "201"}}, HttpFields{{"before", "-1"}},
        HttpFields{{"state", "never"}}, HttpFields{{"trashed", "2"}},
        HttpFields{{"before", "9223372036854775808"}}}) {
    EXPECT_EQ(world.call("GET", "/api/v1/jobs", "", wrong).status, 422) << wrong[0].first;
  }
}

TEST(V1Jobs, WhatDiffersFromTheJobBefore) {
  const ApiWorld world;
  world.post("/api/v1/jobs", submission("first-job"));
  Json body = submission("second-job");
  body["request"]["steps"] = 3;
  EXPECT_EQ(world.post("/api/v1/jobs", body).at("changes"),
            Json::parse(R"([{"field": "steps", "before": 2, "after": 3}])"));
  // The job before is another one when that is deleted, and the same again when it comes back.
  world.call("DELETE", "/api/v1/jobs/first-job");
  EXPECT_EQ(world.get("/api/v1/jobs/second-job").at("changes"), Json::array());
  world.post("/api/v1/jobs/first-job/restore", Json::object());
  EXPECT_EQ(world.get("/api/v1/jobs/second-job").at("changes").size(), 1U);
}

TEST(V1Jobs, TheListAndASingleJobSayTheSame) {
  const ApiWorld world;
  for (const char* id : {"job-00001", "job-00002", "job-00003"}) {
    world.post("/api/v1/jobs", submission(id));
  }
  world.post("/api/v1/jobs/job-00003/front", Json::object());
  world.post("/api/v1/jobs/job-00001/cancel", Json::object());
  world.call("PATCH", "/api/v1/jobs/job-00002", R"({"name": "The \"second\""})");
  for (int i = 0; i < 2; ++i) {  // made anew, and kept
    const Json jobs = world.get("/api/v1/jobs").at("jobs");
    ASSERT_EQ(jobs.size(), 3U);
    EXPECT_EQ(jobs.at(0).at("place"), 1);
    EXPECT_EQ(jobs.at(1).at("place"), 2);
    EXPECT_EQ(jobs.at(2).at("place"), nullptr);
    for (const Json& job : jobs) {
      EXPECT_EQ(world.get("/api/v1/jobs/" + job.at("id").get<std::string>()), job);
    }
  }
}

TEST(V1Jobs, OrderCanBeChanged) {
  const ApiWorld world;
  for (const char* id : {"job-00001", "job-00002", "job-00003"}) {
    world.post("/api/v1/jobs", submission(id));
  }
  EXPECT_EQ(world.post("/api/v1/jobs/job-00003/front", Json::object()).at("place"), 1);
  EXPECT_EQ(world.post("/api/v1/jobs/job-00002/before", {{"other", "job-00001"}}).at("place"), 2);
  EXPECT_EQ(world.get("/api/v1/bootstrap").at("queue").at("waiting"),
            Json::parse(R"(["job-00003", "job-00002", "job-00001"])"));
  Json front = submission("job-00004");
  front["front"] = true;
  EXPECT_EQ(world.post("/api/v1/jobs", front).at("place"), 1);
  EXPECT_EQ(world.status("POST", "/api/v1/jobs/job-00001/before", "{}"), 422);
  EXPECT_EQ(world.status("POST", "/api/v1/jobs/job-00001/before", R"({"other": "nobody-is"})"),
            404);
}

TEST(V1Jobs, CancelContinueTrashAndRestore) {
  const ApiWorld world;
  world.post("/api/v1/jobs", submission("first-job"));
  const std::string job = "/api/v1/jobs/first-job";
  EXPECT_EQ(world.status("POST", job + "/continue"), 409);
  EXPECT_EQ(world.post(job + "/cancel", Json::object()).at("state"), "cancelled");
  EXPECT_EQ(world.status("POST", job + "/cancel"), 409);
  EXPECT_EQ(world.status("POST", job + "/front"), 409);
  EXPECT_EQ(world.post(job + "/continue", Json::object()).at("state"), "queued");
  EXPECT_EQ(ApiWorld::json_of(world.call("DELETE", job)).at("trashed"), true);
  EXPECT_EQ(world.get("/api/v1/jobs").at("jobs").size(), 0U);
  EXPECT_EQ(world.get("/api/v1/jobs", {{"trashed", "1"}}).at("jobs").size(), 1U);
  EXPECT_EQ(world.post(job + "/restore", Json::object()).at("trashed"), false);
}

/// A job that is there is never said not to be found, whatever it has not drawn yet.
TEST(V1Jobs, OneThatIsNotDrawnIsThere) {
  const ApiWorld world;
  world.post("/api/v1/jobs", submission("first-job"));
  EXPECT_EQ(world.status("POST", "/api/v1/jobs/first-job/video", "{}"), 409);
  EXPECT_EQ(world.status("GET", "/api/v1/jobs/first-job/zip"), 409);
  const Json motion = world.get("/api/v1/jobs/first-job/motion");
  EXPECT_EQ(motion.at("final"), false);
  EXPECT_EQ(motion.at("distances"), Json::object());
  for (const char* what : {"zip", "motion"}) {
    EXPECT_EQ(world.status("GET", std::string("/api/v1/jobs/no-such-job/") + what), 404);
  }
  EXPECT_EQ(world.status("POST", "/api/v1/jobs/no-such-job/video", "{}"), 404);
}

TEST(V1Jobs, NamesAndRetries) {
  const ApiWorld world;
  world.post("/api/v1/jobs", submission("first-job"));
  const std::string job = "/api/v1/jobs/first-job";
  EXPECT_EQ(ApiWorld::json_of(world.call("PATCH", job, R"({"name": "Mine"})")).at("title"), "Mine");
  EXPECT_EQ(world.status("PATCH", job, R"({"name": 1})"), 422);
  // Names are counted in characters, as the document counts them.
  std::string name;
  while (name.size() < 400) {
    name += "\xC3\xA4";
  }
  EXPECT_EQ(world.status("PATCH", job, Json({{"name", name}}).dump()), 200);
  name += "x";
  EXPECT_EQ(world.status("PATCH", job, Json({{"name", name}}).dump()), 422);
  EXPECT_EQ(world.status("PATCH", job, R"({"nam": ""})"), 422);
  const HttpResponse retried = world.call("POST", job + "/retry", R"({"id": "first-again"})");
  EXPECT_EQ(retried.status, 201);
  EXPECT_EQ(ApiWorld::json_of(retried).at("request"), world.get(job).at("request"));
  EXPECT_EQ(world.status("POST", job + "/retry", R"({"id": "x"})"), 422);
}

TEST(V1Jobs, UnknownJobsAreNotFound) {
  const ApiWorld world;
  const std::string job = "/api/v1/jobs/nobody-is";
  for (const char* action : {"/cancel", "/continue", "/restore", "/front", "/retry", "/video"}) {
    EXPECT_EQ(world.status("POST", job + action, "{}"), 404) << action;
  }
  for (const char* path : {"", "/frames/0", "/files/log.txt", "/zip", "/motion"}) {
    EXPECT_EQ(world.status("GET", job + path), 404) << path;
  }
  EXPECT_EQ(world.status("PATCH", job, "{}"), 404);
  EXPECT_EQ(world.status("DELETE", job), 404);
  EXPECT_EQ(world.status("GET", "/api/v1/nothing"), 404);
  EXPECT_EQ(world.status("PUT", "/api/v1/jobs"), 405);
}

TEST(V1Jobs, AreThereAfterARestart) {
  ApiWorld world;
  world.post("/api/v1/jobs", submission("first-job"));
  const Json before = world.get("/api/v1/jobs/first-job");
  world.reopen();
  EXPECT_EQ(world.get("/api/v1/jobs/first-job"), before);
}

TEST(V1Bootstrap, FoldersAreToldOnThisMachineAlone) {
  ApiWorld world;
  const std::string folder = world.folder.path().string();
  const auto tells = [&](const std::string& client, const HttpFields& headers) {
    world.client = client;
    const HttpResponse answer = world.call("GET", "/api/v1/bootstrap", "", {}, headers);
    return std::get<std::string>(answer.body).find(folder) != std::string::npos;
  };
  EXPECT_TRUE(tells("127.0.0.1", {}));
  EXPECT_TRUE(tells("::1", {}));
  EXPECT_TRUE(tells("::ffff:127.0.0.1", {}));
  EXPECT_FALSE(tells("192.168.0.7", {}));
  EXPECT_FALSE(tells("127.0.0.1", {{"x-forwarded-for", "192.168.0.7"}}));
  EXPECT_FALSE(tells("127.0.0.1", {{"forwarded", "for=192.168.0.7"}}));
  EXPECT_FALSE(tells("", {}));
}

TEST(V1Bootstrap, TellsWhatAPageNeeds) {
  const ApiWorld world;
  const Json answer = world.get("/api/v1/bootstrap");
  EXPECT_EQ(answer.at("fields").size(), request_fields().size());
  EXPECT_EQ(answer.at("models").at(0).at("is_default"), true);
  EXPECT_EQ(answer.at("models").at(0).at("name"), "default");
  EXPECT_THAT(answer.at("words").get<std::vector<std::string>>(), testing::Contains("girl"));
  EXPECT_EQ(answer.at("schedulers").at(0), "Automatic");
  EXPECT_EQ(answer.at("modes").size(), 3U);
  EXPECT_EQ(answer.at("defaults").at("steps"), 20);
  EXPECT_EQ(answer.at("limits").at("frames"), world.options.limits.frames);
  for (const Json& field : answer.at("fields")) {
    if (field.at("name") == "grad_iter") {
      EXPECT_EQ(field.at("modes"), Json::array({"grad"}));
      EXPECT_EQ(field.at("maximum"), 1000);
    }
  }
  const Json& turbo = answer.at("few_steps").at(2);
  EXPECT_EQ(turbo.at("name"), "turbo");
  for (const auto& [field, value] : turbo.at("request").items()) {
    EXPECT_EQ(value.type(), answer.at("defaults").at(field).type()) << field;
  }
  EXPECT_EQ(turbo.at("request").at("steps"), 1);
  // What a first visitor finds filled in can be drawn.
  EXPECT_EQ(world.post("/api/v1/dry-run", {{"request", answer.at("example").at("request")}})
                .at("problems"),
            Json::array());
}

}  // namespace
}  // namespace ptravel
