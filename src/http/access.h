#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/server.h"

namespace ptravel {

/// Why the server itself refuses a request, before any handler.
struct HttpRefusal {
  int status = 400;
  std::string why;  ///< A sentence for people.
  HttpFields headers;
};

/// Who may talk to the server: by name of the host (against DNS rebinding), by origin (against
/// foreign pages), by user and password. Immutable; any thread.
class HttpAccess {
 public:
  explicit HttpAccess(const HttpServerOptions& options);

  /// Refuses a foreign Host (403), and more or fewer than one of an HTTP/1.1 request (400).
  std::optional<HttpRefusal> check_host(const HttpRequest& request, bool needs_host) const;
  /// Refuses a foreign Origin, and what a foreign page sends without naming its origin.
  std::optional<HttpRefusal> check_origin(const HttpRequest& request) const;
  /// Refuses with 401 unless user and password are those of one user, or none are asked for.
  /// Compares in a time that does not depend on how much is right.
  std::optional<HttpRefusal> check_user(const HttpRequest& request) const;

  /// The answer to a browser that asks whether a page of an allowed origin may send a request;
  /// nothing when the request is none of those questions.
  std::optional<HttpResponse> preflight(const HttpRequest& request) const;
  /// Headers which let a page of an allowed origin read an answer: on every one, errors too.
  HttpFields cors_headers(const HttpRequest& request) const;

 private:
  bool origin_allowed(std::string_view origin) const;

  std::vector<std::string> allowed_origins_;  // lower case, without "/" at the end
  std::vector<std::string> allowed_hosts_;    // lower case
  bool any_host_ = false;
  bool loopback_ = false;
  std::vector<std::string> users_;  // SHA-256 of "user:password"
};

}  // namespace ptravel
