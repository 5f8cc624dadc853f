#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/router.h"
#include "ptravel/error.h"
#include "serving/json_body.h"

namespace ptravel {

// How the web UI's API says what went wrong. Clients compare some of these texts.

/// One wrong field of a request: {"loc": ["body", "steps"], "msg": "...", "type": "..."}.
struct SdProblem {
  Json location;  ///< What stands behind "body": ["steps"], ["script_args", 3], [] for the body.
  std::string message;
  std::string type = "value_error";
};

/// Ends a handler with an answer of this API's own shape.
class SdRefusal : public Error {
 public:
  SdRefusal(ErrorCode code, const std::string& message, HttpResponse answer)
      : Error(code, message), answer_(std::move(answer)) {}
  const HttpResponse& answer() const { return answer_; }

 private:
  HttpResponse answer_;
};

/// 422 {"detail": [...]}: the request's fields are wrong, or ask for what would change the picture
/// and is not done here.
SdRefusal wrong_fields(const std::vector<SdProblem>& problems);
SdRefusal wrong_field(std::string_view field, const std::string& message);

/// The web UI's answer to an HTTPException: {"error": "HTTPException", "detail", "body": "",
/// "errors": ""}.
SdRefusal http_exception(int status, const std::string& detail);

/// The web UI's answer to any other exception: 500 {"error": <class>, "detail": "", "body": "",
/// "errors": <message>}.
SdRefusal exception_answer(std::string_view exception, const std::string& message);

/// What a failure of the program is over this API: problems of settings are 422 under the names of
/// this API's fields, everything else an exception. Paths of this machine stay here.
HttpResponse sd_failure(const Error& error);

/// 404 {"detail": "Not Found"}, 405 {"detail": "Method Not Allowed"}, 401 as an HTTPException, and
/// the like for what the server itself refuses.
HttpResponse sd_refusal(int status, const HttpRequest& request);

/// A handler whose failures become answers.
HttpHandler sd_handler(HttpHandler handler);

/// JSON with status 200.
HttpResponse sd_json(const Json& value);

}  // namespace ptravel
