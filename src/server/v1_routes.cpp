#include <algorithm>
#include <iterator>

#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/openapi.h"

namespace ptravel {

std::vector<ApiOperation> v1_operations(ServerContext& context) {
  std::vector<ApiOperation> operations;
  for (const auto group :
       {bootstrap_operations, model_operations, addon_operations, dry_run_operations,
        job_operations, job_action_operations, job_file_operations, picture_operations,
        preset_operations, live_operations}) {
    std::vector<ApiOperation> more = group(context);
    operations.insert(operations.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
  }
  const auto text = std::make_shared<std::string>();
  operations.push_back({.method = "GET",
                        .path = "/api/v1/openapi.json",
                        .summary = "This document",
                        .handler = [text](const HttpRequest&) { return json_response(200, *text); },
                        .answers = {json_answer(200, "OpenAPI 3.1", {{"type", "object"}})}});
  *text = json_text(openapi_document(operations, context.options.limits));
  return operations;
}

namespace {

/// Refuses parameters that come more than once: no value of them would be the one that was meant.
HttpHandler with_single_parameters(const ApiOperation& operation) {
  return [query = operation.query, handler = operation.handler](const HttpRequest& request) {
    std::vector<Problem> problems;
    for (const ApiParameter& parameter : query) {
      const auto times =
          std::count_if(request.query.begin(), request.query.end(),
                        [&](const auto& pair) { return pair.first == parameter.name; });
      if (times > 1) {
        problems.push_back(
            {parameter.name, "is given " + std::to_string(times) + " times, expected once"});
      }
    }
    throw_request_problems(problems);
    return handler(request);
  };
}

}  // namespace

void add_v1_routes(HttpRouter& router, ServerContext& context) {
  for (const ApiOperation& operation : v1_operations(context)) {
    std::uint64_t bytes = operation.body_bytes;
    if (bytes == 0) {
      // An operation without a body of its own passes over a "{}" that clients like to send.
      bytes = operation.method == "GET" ? 0 : context.options.limits.body_bytes;
    }
    router.add({.method = operation.method,
                .pattern = operation.path,
                .handler = api_handler(with_single_parameters(operation)),
                .pace = operation.pace,
                .limits = {bytes}});
  }
  router.refuse_with("", api_refusal);
}

}  // namespace ptravel
