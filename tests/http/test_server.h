#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "http/event_hub.h"
#include "http/server.h"

namespace ptravel::test {

/// Options with short times, at a free port.
HttpServerOptions quick_options();

/// A server in a thread of its own, with routes that the tests speak to:
/// GET /hello; GET /query (its pairs as lines); POST /echo (64 KiB at most); POST /wait (long,
/// until release()); GET /throw; GET /no-memory; GET
/// /no-memory-at-all (the failure has no answer either); GET /bad-header; GET /file; GET /text
/// (ETag, ranges); GET /pieces/{how}; GET /events; GET /open (no password); GET /big (8 MiB); GET
/// /values/{a}/{rest...}.
class TestServer {
 public:
  explicit TestServer(HttpServerOptions options = quick_options(),
                      std::function<void(HttpRouter&)> more_routes = {});
  ~TestServer();

  std::uint16_t port() const { return server_->port(); }
  HttpServer& server() { return *server_; }
  EventHub& hub() { return *hub_; }
  /// Lets the handlers of /wait go on.
  void release();
  /// Stops and waits for run() to return.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(2));
  /// Waits until the counts are so, up to five seconds.
  bool until(const std::function<bool(const HttpServerCounts&)>& holds) const;

  std::string file_path;  ///< What /file gives.
  std::string snapshot = "{}";

 private:
  std::shared_ptr<EventHub> hub_;
  std::promise<void> released_;
  std::shared_future<void> release_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

}  // namespace ptravel::test
