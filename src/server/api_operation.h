#pragma once

#include <string>
#include <vector>

#include "http/router.h"
#include "server/server_context.h"
#include "serving/json_body.h"

namespace ptravel {

/// A value in the query of an operation.
struct ApiParameter {
  std::string name;
  std::string description;
  Json schema;
};

/// One answer that an operation may give.
struct ApiAnswer {
  int status = 200;
  std::string description;
  std::string content_type = "application/json";  ///< Empty: without a body.
  Json schema;                                    ///< Of JSON bodies.
};

/// One operation of our API: what the router needs to run it, and what the OpenAPI document tells
/// of it. Both are loops over one list, v1_operations.
struct ApiOperation {
  std::string method;
  std::string path;  ///< As in HttpRoute: "/api/v1/jobs/{id}".
  std::string summary;
  HttpHandler handler;
  Json path_schema = {};  ///< Of the parts in braces; null: any text.
  std::vector<ApiParameter> query = {};
  Json body = {};  ///< Schema of the body; null: none is read.
  std::string body_type = "application/json";
  std::vector<ApiAnswer> answers = {};  ///< Beside the failures that every operation has.
  HttpPace pace = HttpPace::Quick;
  std::uint64_t body_bytes = 0;  ///< 0: the limit of JSON bodies, or nothing where none is read.
};

/// The operations of each group. Their handlers keep `context`.
std::vector<ApiOperation> bootstrap_operations(ServerContext& context);
std::vector<ApiOperation> model_operations(ServerContext& context);
std::vector<ApiOperation> addon_operations(ServerContext& context);
std::vector<ApiOperation> dry_run_operations(ServerContext& context);
std::vector<ApiOperation> job_operations(ServerContext& context);
std::vector<ApiOperation> job_action_operations(ServerContext& context);
std::vector<ApiOperation> job_file_operations(ServerContext& context);
std::vector<ApiOperation> picture_operations(ServerContext& context);
std::vector<ApiOperation> preset_operations(ServerContext& context);
std::vector<ApiOperation> live_operations(ServerContext& context);

/// All of them, and /api/v1/openapi.json.
std::vector<ApiOperation> v1_operations(ServerContext& context);

/// {"$ref": "#/components/schemas/Job"}
Json schema_ref(const std::string& name);
/// Short schemas, for tables.
Json string_schema(const std::string& description = "");
/// What texts of requests must match: no zero byte is in them.
inline constexpr const char* kTextPattern = "^[^\\u0000]*$";
Json integer_schema(std::int64_t least, std::int64_t most, const std::string& description = "");
Json object_schema(Json properties, const std::vector<std::string>& required = {});
Json array_schema(Json items);
Json nullable(Json schema);

/// An answer of JSON.
ApiAnswer json_answer(int status, const std::string& description, Json schema);

/// The number in a query; `otherwise` where it is not given. Throws InvalidArgument naming it.
std::int64_t query_integer(const HttpRequest& request,
                           const char* name,
                           std::int64_t otherwise,
                           std::int64_t least,
                           std::int64_t most);

}  // namespace ptravel
