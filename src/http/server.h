#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/router.h"

namespace ptravel {

/// Who may talk to the server, and how much.
struct HttpServerOptions {
  std::string host = "127.0.0.1";  ///< Address or name to listen at; "0.0.0.0" and "::": all.
  std::uint16_t port = 7861;       ///< 0: any that is free.
  std::vector<std::pair<std::string, std::string>> users;  ///< Basic auth; empty: none is asked.
  std::vector<std::string> allowed_origins;  ///< For CORS; "*" for all. Others are refused (403).
  /// Names that the Host header may have beside the address itself and localhost; guards against
  /// DNS rebinding. Empty with a host that is not loopback: any.
  std::vector<std::string> allowed_hosts;
  std::uint64_t header_bytes = 16 << 10;        ///< More is 431.
  std::uint64_t body_bytes_in_all = 512 << 20;  ///< Of all bodies at one time; more is 503.
  /// More wait in the kernel's queue, for whom the connection that has waited longest for its
  /// client (for a request, the rest of one, or somebody to take the answer) is closed, else the
  /// oldest event stream. What is being worked on is never closed for others.
  std::size_t connections = 512;
  std::size_t long_handlers = 32;        ///< At the same time; more is 503.
  std::chrono::seconds header_time{10};  ///< From the first byte to the last of a head: 408.
  /// Without any byte of a body: 408. The whole body may take this long and a second more for every
  /// KiB of it. Also for a client that takes nothing of an answer: the connection is closed.
  std::chrono::seconds body_time{60};
  std::chrono::seconds idle_time{75};    ///< Between requests of a kept connection.
  std::chrono::seconds event_pause{15};  ///< A comment on event streams that are silent.
};

/// Numbers for /metrics.
struct HttpServerCounts {
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  ///< Answers of 400 and above.
  std::uint64_t connections = 0;
  std::uint64_t listeners = 0;  ///< Open event streams.
};

/// An HTTP/1.1 server: reads and answers on a few threads of its own. Errors that handlers throw
/// become answers through `failure`. Bytes from outside are untrusted: every limit above is checked
/// before memory is taken, compressed bodies are refused (415), and a request whose Origin or Host
/// is foreign never reaches a handler (403).
class HttpServer {
 public:
  /// Makes an answer of what a handler threw (for catch (...): the exception is in flight). Called
  /// by the handlers' threads.
  using Failure = std::function<HttpResponse(const HttpRequest& request)>;

  /// Listens, but serves nothing before run(). Throws Io when the address cannot be had, naming it.
  HttpServer(HttpServerOptions options, HttpRouter router, Failure failure);
  /// Ends connections that run() left, where it was ended by an exception; not while it runs.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:7861/"
  std::string url() const;
  /// Serves until stop(); returns when every handler has ended.
  void run();
  /// Safe from any thread, also before run(): takes no new requests, ends event streams, gives
  /// answers that are being made up to `grace`, closes.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(2));
  HttpServerCounts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptravel
