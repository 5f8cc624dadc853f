#include "http/access.h"

#include <algorithm>
#include <span>

#include "base/sha256.h"
#include "base/text.h"
#include "http/request_parts.h"

namespace ptravel {
namespace {

std::string digest_of(const std::string& user, const std::string& password) {
  // The length of the name stands in front, so that "a:b" + "c" is not "a" + "b:c".
  const std::string text = std::to_string(user.size()) + ":" + user + ":" + password;
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

/// Looks at every character, wherever the first difference is.
bool same_digest(const std::string& a, const std::string& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

/// "http://host:80" as browsers write it: the port of the scheme left out.
std::string canonical(std::string_view origin) {
  std::string text = lower_case(trimmed(origin));
  while (text.ends_with('/')) {
    text.pop_back();
  }
  for (const auto& [scheme, port] : {std::pair("http://", ":80"), std::pair("https://", ":443")}) {
    if (text.starts_with(scheme) && text.ends_with(port)) {
      text.resize(text.size() - std::string_view(port).size());
    }
  }
  return text;
}

/// Whether an origin is the page that this very server gives out: its authority is our Host. The
/// scheme may be another one, where a proxy in front of us speaks TLS.
bool is_our_own(std::string_view origin_text, std::string_view host_text) {
  const auto origin = parse_origin(origin_text);
  const auto host = parse_authority(host_text);
  if (!origin || !host || (origin->scheme != "http" && origin->scheme != "https")) {
    return false;
  }
  const int usual = origin->scheme == "http" ? 80 : 443;
  return origin->authority.name == host->name &&
         origin->authority.port.value_or(usual) == host->port.value_or(usual);
}

HttpRefusal forbidden(std::string why) { return {403, std::move(why), {}}; }

}  // namespace

HttpAccess::HttpAccess(const HttpServerOptions& options) {
  for (const std::string& origin : options.allowed_origins) {
    allowed_origins_.push_back(canonical(origin));
  }
  for (const std::string& host : options.allowed_hosts) {
    allowed_hosts_.push_back(lower_case(host));
  }
  const std::string name = lower_case(options.host);
  loopback_ = name == "localhost" || is_loopback_address(name);
  any_host_ = !loopback_ && allowed_hosts_.empty();
  if (!is_address(name)) {
    allowed_hosts_.push_back(name);
  }
  for (const auto& [user, password] : options.users) {
    users_.push_back(digest_of(user, password));
  }
}

std::optional<HttpRefusal> HttpAccess::check_host(const HttpRequest& request,
                                                  bool needs_host) const {
  const std::size_t count = count_of(request.headers, "host");
  if (count == 0 && !needs_host) {
    return std::nullopt;  // an old client, never a browser
  }
  if (count != 1) {
    return HttpRefusal{400, "expected one Host header, got " + std::to_string(count), {}};
  }
  const auto host = parse_authority(*request.header("host"));
  if (!host) {
    return HttpRefusal{400, "the Host header is not a name or address with an optional port", {}};
  }
  const bool known =
      std::find(allowed_hosts_.begin(), allowed_hosts_.end(), host->name) != allowed_hosts_.end();
  if (any_host_ || known || host->name == "localhost" ||
      (loopback_ ? is_loopback_address(host->name) : is_address(host->name))) {
    return std::nullopt;
  }
  return forbidden("the name \"" + host->name + "\" in the Host header is not one of this server");
}

bool HttpAccess::origin_allowed(std::string_view origin) const {
  const std::string text = canonical(origin);
  return std::any_of(allowed_origins_.begin(), allowed_origins_.end(),
                     [&](const std::string& allowed) { return allowed == "*" || allowed == text; });
}

std::optional<HttpRefusal> HttpAccess::check_origin(const HttpRequest& request) const {
  const auto origin = request.header("origin");
  if (!origin) {
    // Browsers that leave out the origin of a form still say where it was.
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const std::string_view from = request.header("sec-fetch-site").value_or("none");
    if (!reads && from != "same-origin" && from != "none") {
      return forbidden("requests from pages of other sites are not taken");
    }
    return std::nullopt;
  }
  if (count_of(request.headers, "origin") == 1 &&
      (is_our_own(*origin, request.header("host").value_or("")) || origin_allowed(*origin))) {
    return std::nullopt;
  }
  return forbidden("requests from pages of another origin are not taken; --cors-allow-origins " +
                   std::string("names those that are"));
}

std::optional<HttpRefusal> HttpAccess::check_user(const HttpRequest& request) const {
  if (users_.empty()) {
    return std::nullopt;
  }
  const auto header = request.header("authorization");
  const auto given = header ? parse_basic(*header) : std::nullopt;
  const std::string digest = given ? digest_of(given->first, given->second) : std::string(64, ' ');
  bool known = false;
  for (const std::string& user : users_) {
    known |= same_digest(user, digest);
  }
  if (known) {
    return std::nullopt;
  }
  return HttpRefusal{401,
                     header ? "Incorrect username or password" : "Not authenticated",
                     {{"WWW-Authenticate", "Basic realm=\"prompt-travel\", charset=\"UTF-8\""}}};
}

std::optional<HttpResponse> HttpAccess::preflight(const HttpRequest& request) const {
  const auto origin = request.header("origin");
  const auto method = request.header("access-control-request-method");
  if (request.method != "OPTIONS" || !origin || !method) {
    return std::nullopt;
  }
  HttpResponse response{204, {}, std::string()};
  if (origin_allowed(*origin)) {
    response.headers.emplace_back("Access-Control-Allow-Methods", *method);
    if (const auto headers = request.header("access-control-request-headers")) {
      response.headers.emplace_back("Access-Control-Allow-Headers", *headers);
    }
    if (request.header("access-control-request-private-network") == "true") {
      response.headers.emplace_back("Access-Control-Allow-Private-Network", "true");
    }
    response.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  return response;
}

HttpFields HttpAccess::cors_headers(const HttpRequest& request) const {
  if (allowed_origins_.empty()) {
    return {};
  }
  HttpFields headers = {{"Vary", "Origin"}};
  const auto origin = request.header("origin");
  if (origin && origin_allowed(*origin)) {
    headers.emplace_back("Access-Control-Allow-Origin", *origin);
    headers.emplace_back("Access-Control-Expose-Headers",
                         "Allow, Content-Range, ETag, WWW-Authenticate, X-Process-Time");
    const std::string text = canonical(*origin);
    if (std::find(allowed_origins_.begin(), allowed_origins_.end(), text) !=
        allowed_origins_.end()) {  // named, not "*": that one may send a password
      headers.emplace_back("Access-Control-Allow-Credentials", "true");
    }
  }
  return headers;
}

}  // namespace ptravel
