#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace ptravel {

using HttpHandler = std::function<HttpResponse(const HttpRequest& request)>;

/// How long a handler may take. Quick ones share a few threads; each long one (drawing, loading a
/// model) has a thread of its own, up to the server's limit, above which the answer is 503.
enum class HttpPace { Quick, Long };

/// What a request may bring.
struct HttpRouteLimits {
  std::uint64_t body_bytes = 1 << 20;  ///< More is 413, whether or not Content-Length says so.
};

/// One method and path. `pattern`: parts between slashes are fixed or "{name}" (one part, not
/// empty); a last part "{name...}" takes the rest.
struct HttpRoute {
  std::string method;
  std::string pattern;
  HttpHandler handler;
  HttpPace pace = HttpPace::Quick;
  HttpRouteLimits limits = {};
  bool open = false;  ///< Needs no user and password even when the server demands them.
};

/// Finds the route of a request. A fixed part goes before a "{name}" at the same place. Immutable
/// once the server runs.
class HttpRouter {
 public:
  /// Throws Internal when there is a route of this method and pattern already, or one whose parts
  /// differ in their names alone.
  void add(HttpRoute route);
  /// What answers a path that no route has (404) and one that has only other methods (405 with
  /// Allow set by the router); by first part of the path, so that two APIs on one server each keep
  /// their own error shapes. `prefix`: "/sdapi/"; "" for all others.
  using Refusal = std::function<HttpResponse(int status, const HttpRequest& request)>;
  void refuse_with(std::string prefix, Refusal refusal);
  /// How else the server refuses requests by itself (400, 401, 403, 408, 413, 415, 417, 431, 501,
  /// 503, 505), with a sentence that says why. For those that could not be read, the request holds
  /// what is known of them, often no more than a path "". Without one, and for 404 and 405
  /// without a refuse_with: {"error": {"code", "message", "problems": []}}.
  using Explanation =
      std::function<HttpResponse(int status, const std::string& why, const HttpRequest& request)>;
  void explain_with(std::string prefix, Explanation explanation);

  struct Match {
    const HttpRoute* route = nullptr;  ///< Null: none; `status` is 404 or 405 then.
    int status = 404;
    std::string allow;       ///< "GET, HEAD" for 405.
    HttpFields path_values;  ///< Of the route.
  };
  /// HEAD is answered by a GET route where it has none of its own. Only method and path are looked
  /// at, so that the limits are known before the body is read.
  Match find(std::string_view method, std::string_view path) const;
  HttpResponse refusal(int status, const HttpRequest& request) const;
  HttpResponse explanation(int status, const std::string& why, const HttpRequest& request) const;
  const std::vector<HttpRoute>& routes() const { return routes_; }

  /// A part of a pattern, in the order in which kinds go before each other.
  enum class PartKind { Fixed, Any, Rest };
  struct Part {
    PartKind kind = PartKind::Fixed;
    std::string text;  ///< Of a fixed part, or the name.
    bool operator==(const Part&) const = default;
  };

 private:
  std::vector<HttpRoute> routes_;
  std::vector<std::vector<Part>> patterns_;  // of routes_, taken apart
  std::vector<std::pair<std::string, Refusal>> refusals_;
  std::vector<std::pair<std::string, Explanation>> explanations_;
};

}  // namespace ptravel
