// Jobs: submit, list, look at, rename, delete.

#include <limits>

#include "base/text.h"
#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/field_schema.h"
#include "server/job_json.h"
#include "server/job_text.h"

namespace ptravel {
namespace {

/// The member "id" of a body; empty where the queue shall make one.
std::string read_job_id(JsonReader& body) {
  std::string id = body.text("id");
  if (!id.empty() && !is_job_id(id)) {
    body.complain("id", "\"" + id + "\", expected " + std::string(kJobIdRule));
  }
  return id;
}

/// The member "name" of a body.
std::string read_job_name(JsonReader& body) {
  std::string name = body.text("name");
  if (const auto problem = job_name_problem(name)) {
    body.complain("name", *problem);
  }
  return name;
}

/// Submits; failures that are of the queue's state have statuses of their own.
HttpResponse submitted(ServerContext& context,
                       const TravelRequest& request,
                       const std::string& id,
                       const std::string& name,
                       bool front) {
  try {
    const JobQueue::Submission done = context.queue.submit(request, id, name, front);
    return json_response(done.is_new ? 201 : 200, job_text(context, done.job));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument) {
      throw;
    }
    if (error.problems().empty()) {
      return conflict_error(error);
    }
    const bool full = error.problems().front().field == "queue";
    return full ? api_error(429, "queue_full", error.what(), error.problems()) : api_error(error);
  }
}

HttpResponse create_job(ServerContext& context, const HttpRequest& http) {
  const Json object = parse_json_object(http.body);
  JsonReader body(object);
  const std::string id = read_job_id(body);
  const std::string name = read_job_name(body);
  const bool front = body.boolean("front", false);
  const Json& partial = body.object("request");
  RequestResolver::Settled settled = context.resolver.settle(partial);
  for (const Problem& problem : settled.problems) {
    body.complain(problem.field, problem.message);
  }
  body.finish();
  return submitted(context, settled.request, id, name, front);
}

HttpResponse retry_job(ServerContext& context, const HttpRequest& http) {
  const Json object = parse_json_object(http.body);
  JsonReader body(object);
  const std::string id = read_job_id(body);
  body.finish();
  const JobRecord job = find_job(context.queue, http.path_value("id"));
  return submitted(context, job.request, id, job.name, false);
}

std::vector<QueueState> read_states(std::string_view text) {
  std::vector<QueueState> states;
  for (const std::string_view name : split(text, ',')) {
    if (trimmed(name).empty()) {
      continue;
    }
    const auto state = parse_queue_state(trimmed(name));
    if (!state) {
      throw Error(ErrorCode::InvalidArgument,
                  Problem{"state", "\"" + std::string(name) +
                                       "\", expected queued, loading, drawing, assembling, done, "
                                       "cancelled, failed or interrupted"});
    }
    states.push_back(*state);
  }
  return states;
}

HttpResponse list_jobs(const ServerContext& context, const HttpRequest& http) {
  JobFilter filter;
  filter.states = read_states(http.query_value("state").value_or(""));
  filter.search = std::string(http.query_value("search").value_or(""));
  filter.before = query_integer(http, "before", 0, 0, std::numeric_limits<std::int64_t>::max());
  filter.limit = static_cast<int>(query_integer(http, "limit", 50, 1, 200));
  filter.trashed = query_integer(http, "trashed", 0, 0, 1) == 1;
  const std::vector<JobRecord> jobs = context.queue.list(filter);
  const bool more = jobs.size() == static_cast<std::size_t>(filter.limit);
  return json_response(200, R"({"jobs":)" + jobs_text(context, jobs) + R"(,"next":)" +
                                (more ? std::to_string(jobs.back().number) : "null") + "}");
}

HttpResponse rename_job(ServerContext& context, const HttpRequest& http) {
  const Json object = parse_json_object(http.body);
  JsonReader body(object);
  const std::string name = read_job_name(body);
  body.finish();
  const JobRecord job = context.queue.rename(http.path_value("id"), name);
  return json_response(200, job_text(context, job));
}

HttpResponse delete_job(ServerContext& context, const HttpRequest& http) {
  const std::string& id = http.path_value("id");
  context.queue.remove(id);
  return json_response(200, job_text(context, find_job(context.queue, id)));
}

/// An empty id is none.
Json id_schema() { return {{"type", "string"}, {"pattern", "^$|" + std::string(kJobIdPattern)}}; }

Json name_schema() {
  return {{"type", "string"}, {"maxLength", kLongestJobName}, {"pattern", kTextPattern}};
}

std::vector<ApiParameter> list_parameters() {
  constexpr const char* kStates =
      "^((queued|loading|drawing|assembling|done|cancelled|failed|interrupted)(,|$))*$";
  return {{"state",
           "Only these states, with commas between",
           {{"type", "string"}, {"pattern", kStates}}},
          {"search",
           "Only jobs with this text in name or prompts",
           {{"type", "string"}, {"pattern", kTextPattern}}},
          {"before", "Only numbers below: the \"next\" of the page before",
           integer_schema(0, std::numeric_limits<std::int64_t>::max())},
          {"limit", "How many", integer_schema(1, 200)},
          {"trashed", "1: those in the trash instead", integer_schema(0, 1)}};
}

}  // namespace

std::vector<ApiOperation> job_operations(ServerContext& context) {
  std::vector<ApiOperation> operations;
  operations.push_back(
      {.method = "POST",
       .path = "/api/v1/jobs",
       .summary = "Submits a travel; an id that is there already makes no second job",
       .handler = [&context](const HttpRequest& http) { return create_job(context, http); },
       .body = object_schema({{"id", id_schema()},
                              {"name", name_schema()},
                              {"front", {{"type", "boolean"}}},
                              {"request", drawn_request_schema()}},
                             {"request"}),
       .answers = {json_answer(201, "The new job", schema_ref("Job")),
                   json_answer(200, "The job of this id, submitted before", schema_ref("Job")),
                   json_answer(409, "The id belongs to another request", schema_ref("Error")),
                   json_answer(422, "What is wrong, by field", schema_ref("Error")),
                   json_answer(429, "Too many jobs wait", schema_ref("Error"))}});
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/jobs",
       .summary = "Jobs, newest first, page by page",
       .handler = [&context](const HttpRequest& http) { return list_jobs(context, http); },
       .query = list_parameters(),
       .answers = {
           json_answer(200, "A page of jobs",
                       object_schema({{"jobs", array_schema(schema_ref("Job"))},
                                      {"next", nullable({{"type", "integer"}, {"minimum", 1}})}},
                                     {"jobs", "next"}))}});
  operations.push_back({.method = "GET",
                        .path = "/api/v1/jobs/{id}",
                        .summary = "A job",
                        .handler =
                            [&context](const HttpRequest& http) {
                              const JobRecord job = find_job(context.queue, http.path_value("id"));
                              return json_response(200, job_text(context, job));
                            },
                        .answers = {json_answer(200, "The job", schema_ref("Job"))}});
  operations.push_back({.method = "PATCH",
                        .path = "/api/v1/jobs/{id}",
                        .summary = "Names a job; an empty name takes the name away",
                        .handler = action_handler([&context](const HttpRequest& http) {
                          return rename_job(context, http);
                        }),
                        .body = object_schema({{"name", name_schema()}}),
                        .answers = {json_answer(200, "The job", schema_ref("Job"))}});
  operations.push_back(
      {.method = "DELETE",
       .path = "/api/v1/jobs/{id}",
       .summary = "Puts a job into the trash; one in work is cancelled first",
       .handler = action_handler(
           [&context](const HttpRequest& http) { return delete_job(context, http); }),
       .answers = {json_answer(200, "The job; restore takes it back", schema_ref("Job"))}});
  operations.push_back(
      {.method = "POST",
       .path = "/api/v1/jobs/{id}/retry",
       .summary = "Submits the same request, seeds included, as a new job",
       .handler = [&context](const HttpRequest& http) { return retry_job(context, http); },
       .body = object_schema({{"id", id_schema()}}),
       .answers = {json_answer(201, "The new job", schema_ref("Job")),
                   json_answer(200, "The job of this id, submitted before", schema_ref("Job"))}});
  return operations;
}

}  // namespace ptravel
