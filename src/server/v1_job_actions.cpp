// What changes a job's state or its place in the queue.

#include <functional>

#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/job_text.h"

namespace ptravel {
namespace {

using Action = std::function<JobRecord(JobQueue& queue, const std::string& id, JsonReader& body)>;

ApiOperation action(ServerContext& context,
                    const std::string& name,
                    const std::string& summary,
                    const Json& body_schema,
                    const Action& act) {
  const HttpHandler handler = [&context, act](const HttpRequest& http) {
    const Json object = parse_json_object(http.body);
    JsonReader body(object);
    const JobRecord job = act(context.queue, http.path_value("id"), body);
    return json_response(200, job_text(context, job));
  };
  return {.method = "POST",
          .path = "/api/v1/jobs/{id}/" + name,
          .summary = summary,
          .handler = action_handler(handler),
          .body = body_schema,
          .answers = {json_answer(200, "The job as it is now", schema_ref("Job")),
                      json_answer(409, "Its state does not allow that", schema_ref("Error"))}};
}

/// An action without members in its body.
ApiOperation plain_action(ServerContext& context,
                          const std::string& name,
                          const std::string& summary,
                          JobRecord (JobQueue::*act)(const std::string&)) {
  return action(context, name, summary, object_schema(Json::object()),
                [act](JobQueue& queue, const std::string& id, JsonReader& body) {
                  body.finish();
                  return (queue.*act)(id);
                });
}

}  // namespace

std::vector<ApiOperation> job_action_operations(ServerContext& context) {
  std::vector<ApiOperation> operations;
  operations.push_back(
      plain_action(context, "cancel", "Stops a job; its frames stay", &JobQueue::cancel));
  operations.push_back(plain_action(context, "continue",
                                    "Draws what is missing of a job that was stopped or failed",
                                    &JobQueue::continue_job));
  operations.push_back(
      plain_action(context, "restore", "Takes a job out of the trash", &JobQueue::restore));
  operations.push_back(
      plain_action(context, "front", "Puts a job before all that wait", &JobQueue::move_to_front));
  operations.push_back(action(context, "before", "Puts a job before another one that waits",
                              object_schema({{"other",
                                              {{"type", "string"},
                                               {"pattern", std::string(kJobIdPattern)},
                                               {"description", "The other job's id"}}}},
                                            {"other"}),
                              [](JobQueue& queue, const std::string& id, JsonReader& body) {
                                const std::string other = body.text("other");
                                if (other.empty()) {
                                  body.complain(
                                      "other", "is not given, expected the id of a job that waits");
                                }
                                body.finish();
                                return queue.move_before(id, other);
                              }));
  return operations;
}

}  // namespace ptravel
