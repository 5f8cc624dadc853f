#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ptravel {

/// Pairs of name and value in the order in which they came.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// A request that has passed the server's limits, decoded once: whatever reaches a handler is
/// complete and within them.
struct HttpRequest {
  std::string method;  ///< "GET", "POST", ... as it came.
  /// Percent-decoded, UTF-8, begins with "/". No empty, "." or ".." parts and no zero byte: those
  /// are refused before.
  std::string path;
  HttpFields query;    ///< Decoded; "?a&b=1" is {{"a", ""}, {"b", "1"}}.
  HttpFields headers;  ///< Names in lower case.
  std::string body;
  HttpFields path_values;  ///< What stands at the route's "{name}" parts.
  std::string client;      ///< Address of the other side, for messages.

  /// The first value of that name, or nothing. `name` of a header: in lower case.
  std::optional<std::string_view> header(std::string_view name) const;
  std::optional<std::string_view> query_value(std::string_view name) const;
  /// The text at the route's "{name}"; throws Internal for a name that the route does not have.
  const std::string& path_value(std::string_view name) const;
};

/// A file as the body: sent in pieces, with range requests (one range: 206 or 416; If-Range),
/// Last-Modified and ETag (304). The server answers 404 when it is gone by then, is no regular
/// file, or a symbolic link; links among the folders above it are the handler's business.
struct HttpFile {
  std::filesystem::path path;
};

/// A body that is made while it is sent. `next` gives the following piece, an empty one at the end;
/// it is called from one thread at a time and may take long. A failure breaks the connection off,
/// so that the client sees that the body is not whole.
struct HttpPieces {
  std::function<std::string()> next;
  std::optional<std::uint64_t> length;  ///< Content-Length where it is known, else chunked.
};

class EventHub;  // http/event_hub.h

/// A body of Server-Sent Events: what the hub holds after the request's Last-Event-ID, then what
/// comes.
struct HttpEvents {
  std::shared_ptr<EventHub> hub;
};

/// What a handler answers. HEAD gets the same headers without the body. A text with status 200 and
/// the header ETag is answered with 304 to who has it already; one with "Accept-Ranges: bytes" is
/// sent in part to who asks for a range. The server adds X-Content-Type-Options, Referrer-Policy,
/// X-Frame-Options and Cross-Origin-Resource-Policy where the handler gives none of its own (a page
/// also sets Content-Security-Policy), and Date, X-Process-Time and the headers of CORS.
struct HttpResponse {
  int status = 200;
  /// Content-Type among them; Content-Length, Transfer-Encoding, Connection and Date are the
  /// server's business.
  HttpFields headers;
  std::variant<std::string, HttpFile, HttpPieces, HttpEvents> body;
};

/// JSON text with its content type; no caching.
HttpResponse json_response(int status, std::string json);
/// Text of another type, no caching: "text/plain; charset=utf-8".
HttpResponse text_response(int status, std::string content_type, std::string text);

}  // namespace ptravel
