#include "http/intake.h"

#include <algorithm>

#include "base/text.h"
#include "http/request_parts.h"

namespace ptravel {
namespace {

/// How the body is delimited. Whatever two programs could read in two ways is refused: that is how
/// a second request is smuggled past the one in front.
struct Framing {
  std::optional<HttpRefusal> refusal;
  bool chunked = false;
  std::uint64_t length = 0;
};

Framing framing_of(const HttpHead& head) {
  Framing framing;
  const std::size_t encodings = count_of(head.headers, "transfer-encoding");
  const std::size_t lengths = count_of(head.headers, "content-length");
  for (const auto& [name, value] : head.headers) {
    if (name == "content-length") {
      const auto length = parse_digits(value);
      if (!length) {
        framing.refusal = {400, "Content-Length: expected digits", {}};
        return framing;
      }
      framing.length = *length;
    } else if (name == "transfer-encoding") {
      framing.chunked = same_but_case(value, "chunked");
    }
  }
  if (encodings > 0 && lengths > 0) {
    framing.refusal = {400, "a request with both Content-Length and Transfer-Encoding", {}};
  } else if (lengths > 1) {
    framing.refusal = {400, "more than one Content-Length", {}};
  } else if (encodings > 1 || (encodings > 0 && head.version < 11)) {
    framing.refusal = {400, "Transfer-Encoding: expected one, and HTTP/1.1", {}};
  } else if (encodings > 0 && !framing.chunked) {
    framing.refusal = {501, "Transfer-Encoding: only chunked is taken", {}};
  }
  return framing;
}

std::optional<HttpRefusal> check_body(const HttpHead& head,
                                      const Framing& framing,
                                      std::uint64_t limit) {
  if (framing.length > limit) {
    return HttpRefusal{413,
                       "the body has " + std::to_string(framing.length) +
                           " bytes, expected at most " + std::to_string(limit),
                       {}};
  }
  for (const auto& [name, value] : head.headers) {
    if (name == "content-encoding" && !same_but_case(value, "identity")) {
      return HttpRefusal{415, "Content-Encoding: compressed bodies are not taken", {}};
    }
    if (name == "expect" && !same_but_case(value, "100-continue")) {
      return HttpRefusal{417, "Expect: only 100-continue is known", {}};
    }
  }
  return std::nullopt;
}

/// A target in the form "http://host/path" names the host a second time.
std::optional<HttpRefusal> check_authority(const std::string& authority,
                                           const HttpRequest& request) {
  const bool same =
      authority.empty() || same_but_case(authority, request.header("host").value_or(""));
  return same ? std::nullopt
              : std::optional(HttpRefusal{400, "the target's host is not the Host header's", {}});
}

}  // namespace

HttpResponse refused(const HttpRefusal& refusal,
                     const HttpRouter& router,
                     const HttpRequest& request) {
  HttpResponse response = router.explanation(refusal.status, refusal.why, request);
  response.headers.insert(response.headers.end(), refusal.headers.begin(), refusal.headers.end());
  return response;
}

HttpIntake examine(const HttpHead& head, const HttpRouter& router, const HttpAccess& access) {
  HttpIntake intake;
  HttpRequest& request = intake.request;
  request.method = head.method;
  request.headers = head.headers;
  request.client = head.client;
  const Framing framing = framing_of(head);
  intake.has_body = framing.chunked || framing.length > 0;
  intake.sound = !framing.refusal;

  const auto refuse = [&](const HttpRefusal& refusal) {
    intake.answer = refused(refusal, router, request);
    return std::move(intake);
  };
  auto target = parse_target(head.target);
  if (!target) {
    return refuse({400,
                   "the path or query is not one: wrong escapes, text that is not UTF-8, or "
                   "\"..\" parts",
                   {}});
  }
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  for (const auto& refusal :
       {framing.refusal, check_authority(target->authority, request),
        access.check_host(request, head.version >= 11), access.check_origin(request)}) {
    if (refusal) {
      return refuse(*refusal);
    }
  }
  if (auto answer = access.preflight(request)) {
    intake.answer = std::move(answer);
    return intake;
  }
  HttpRouter::Match match =
      has_empty_parts(request.path) ? HttpRouter::Match{} : router.find(head.method, request.path);
  if (match.route == nullptr || !match.route->open) {
    if (const auto refusal = access.check_user(request)) {
      return refuse(*refusal);
    }
  }
  if (match.route == nullptr) {
    intake.answer = router.refusal(match.status, request);
    if (match.status == 405) {
      intake.answer->headers.emplace_back("Allow", match.allow);
    }
    return intake;
  }
  request.path_values = std::move(match.path_values);
  if (const auto refusal = check_body(head, framing, match.route->limits.body_bytes)) {
    return refuse(*refusal);
  }
  intake.route = match.route;
  intake.expects_continue =
      intake.has_body && head.version >= 11 && count_of(head.headers, "expect") > 0;
  return intake;
}

}  // namespace ptravel
