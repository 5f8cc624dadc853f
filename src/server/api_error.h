#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/router.h"
#include "ptravel/error.h"
#include "serving/without_folders.h"

namespace ptravel {

/// An answer of our own API that is a failure:
/// {"error": {"code": "not_found", "message": "...", "problems": [{"field", "message"}]}}.
HttpResponse api_error(int status,
                       std::string_view code,
                       const std::string& message,
                       const std::vector<Problem>& problems = {});

/// The status that a failure of the program has over HTTP: 422 for InvalidArgument and Unsupported,
/// 404 NotFound, 409 Cancelled, 503 OutOfMemory, else 500. The one place that says so.
int http_status(ErrorCode code);

/// The failure as an answer, its message without_folders().
HttpResponse api_error(const Error& error);

/// The same with 409 and "conflict" for an InvalidArgument that is of no field: what the queue says
/// where a job's state does not allow something.
HttpResponse conflict_error(const Error& error);

/// The exception in flight as an answer; for HttpServer and for handlers.
HttpResponse api_failure(const HttpRequest& request);

/// A handler whose failures become answers.
HttpHandler api_handler(HttpHandler handler);
/// The same for what changes a job's state: see conflict_error.
HttpHandler action_handler(HttpHandler handler);

/// Where a path or a method is unknown: 404, 405.
HttpResponse api_refusal(int status, const HttpRequest& request);

}  // namespace ptravel
