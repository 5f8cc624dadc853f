#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/access.h"
#include "http/message.h"
#include "http/router.h"

namespace ptravel {

/// The head of a request as the parser gives it.
struct HttpHead {
  int version = 11;  ///< 10 or 11.
  std::string method;
  std::string target;
  HttpFields headers;  ///< Names in lower case.
  std::string client;
};

/// What is to be done with a request of which only the head is there yet.
struct HttpIntake {
  HttpRequest request;  ///< Without its body; path and query only where they could be read.
  const HttpRoute* route = nullptr;    ///< Which handler; null when `answer` is set.
  std::optional<HttpResponse> answer;  ///< What is answered without any handler.
  /// Whether a body follows the head. With an `answer` it is not read, so the connection ends.
  bool has_body = false;
  bool expects_continue = false;  ///< The client waits for "100 Continue" before it sends it.
  bool sound = true;              ///< Whether where the request ends is known beyond doubt.
};

/// Judges a head: form, host, origin, user, route and limits, in this order, so that who may not
/// talk to the server learns nothing about it.
HttpIntake examine(const HttpHead& head, const HttpRouter& router, const HttpAccess& access);

/// The answer for a refusal, in the shape of the path's API.
HttpResponse refused(const HttpRefusal& refusal,
                     const HttpRouter& router,
                     const HttpRequest& request);

}  // namespace ptravel
