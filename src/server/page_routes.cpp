// The page: files that are part of the program.

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "server/api_error.h"
#include "server/media_type.h"
#include "server/page_assets.h"
#include "server/server_context.h"

namespace ptravel {
namespace {

/// Everything comes from this server, as files: no styles or scripts inside the page, no data: or
/// blob: addresses. (Scripts may set single properties of an element's style.) Nobody may put the
/// page into a frame.
constexpr const char* kPolicy =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

/// Whether the client takes gzip: "gzip" or "*" without q=0.
bool takes_gzip(const HttpRequest& request) {
  const auto header = request.header("accept-encoding");
  if (!header) {
    return false;
  }
  bool any = false;
  for (const std::string_view item : split(*header, ',')) {
    const std::vector<std::string_view> parts = split(item, ';');
    double quality = 1;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string_view part = trimmed(parts[i]);
      if (part.starts_with("q=")) {
        quality = parse_number(part.substr(2)).value_or(0);
      }
    }
    if (trimmed(parts.front()) == "gzip") {
      return quality > 0;
    }
    any = any || (trimmed(parts.front()) == "*" && quality > 0);
  }
  return any;
}

/// "page-Bk3xY9_a.js": what the build names by content may be kept for ever.
bool is_named_by_content(std::string_view path) {
  constexpr std::size_t kHashLength = 8;
  const std::size_t dot = path.rfind('.');
  const std::size_t dash = path.rfind('-', dot);
  return path.starts_with("/assets/") && dot != std::string_view::npos &&
         dash != std::string_view::npos && dot - dash == kHashLength + 1;
}

HttpResponse page_file(const PageFile& file, const HttpRequest& request) {
  const bool pack = !file.gzipped.empty() && takes_gzip(request);
  HttpResponse response;
  response.headers = {
      {"Content-Type", media_type(std::string(file.path))},
      {"Cache-Control",
       is_named_by_content(file.path) ? "public, max-age=31536000, immutable" : "no-cache"},
      {"ETag", "\"" + std::string(file.hash) + (pack ? "-gz\"" : "\"")},
      {"Content-Security-Policy", kPolicy}};
  if (!file.gzipped.empty()) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  if (pack) {
    response.headers.emplace_back("Content-Encoding", "gzip");
  } else {
    response.headers.emplace_back("Accept-Ranges", "bytes");
  }
  response.body = std::string(pack ? file.gzipped : file.bytes);
  return response;
}

}  // namespace

void add_page_routes(HttpRouter& router) {
  for (const PageFile& file : page_files()) {
    const HttpHandler handler = [&file](const HttpRequest& request) {
      return page_file(file, request);
    };
    router.add(
        {.method = "GET", .pattern = std::string(file.path), .handler = handler, .limits = {0}});
    if (file.path == "/index.html") {
      router.add({.method = "GET", .pattern = "/", .handler = handler, .limits = {0}});
    }
  }
}

}  // namespace ptravel
