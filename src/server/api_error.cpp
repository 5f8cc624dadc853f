#include "server/api_error.h"

#include <algorithm>

#include "http/reason.h"
#include "serving/json_body.h"

namespace ptravel {
namespace {

HttpHandler caught(HttpHandler handler, HttpResponse (*answer)(const Error&)) {
  return [handler = std::move(handler), answer](const HttpRequest& request) {
    try {
      return handler(request);
    } catch (...) {
      return answer(error_in_flight(request.method + " " + request.path));
    }
  };
}

}  // namespace

HttpResponse api_error(int status,
                       std::string_view code,
                       const std::string& message,
                       const std::vector<Problem>& problems) {
  Json list = Json::array();
  for (const Problem& problem : problems) {
    list.push_back({{"field", problem.field}, {"message", problem.message}});
  }
  const Json body = {
      {"error",
       {{"code", std::string(code)}, {"message", message}, {"problems", std::move(list)}}}};
  return json_response(status, json_text(body));
}

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::Unsupported:
    case ErrorCode::Corrupt:
      return 422;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::Cancelled:
      return 409;
    case ErrorCode::OutOfMemory:
      return 503;
    case ErrorCode::Io:
    case ErrorCode::Internal:
      break;
  }
  return 500;
}

HttpResponse api_error(const Error& error) {
  return api_error(http_status(error.code()), error_code_name(error.code()),
                   without_folders(error.what()), without_folders(error.problems()));
}

HttpResponse conflict_error(const Error& error) {
  if (error.code() == ErrorCode::InvalidArgument && error.problems().empty()) {
    return api_error(409, "conflict", without_folders(error.what()));
  }
  return api_error(error);
}

HttpResponse api_failure(const HttpRequest& request) {
  return api_error(error_in_flight(request.method + " " + request.path));
}

HttpHandler api_handler(HttpHandler handler) {
  return caught(std::move(handler), [](const Error& error) { return api_error(error); });
}

HttpHandler action_handler(HttpHandler handler) {
  return caught(std::move(handler), conflict_error);
}

HttpResponse api_refusal(int status, const HttpRequest& request) {
  return api_error(status, refusal_code(status),
                   status == 405
                       ? request.path + " does not take " + request.method
                       : "there is nothing at " + request.path + ", see /api/v1/openapi.json");
}

}  // namespace ptravel
