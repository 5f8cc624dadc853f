#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>  // Asio 1.74 takes std::exchange and does not include it

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/access.h"
#include "http/router.h"
#include "http/server.h"
#include "http/worker_pool.h"

namespace ptravel {

class HttpConnection;

struct HttpServerCore;

/// What one request's body takes of the memory that all bodies may have; given back at the end.
class HttpBodyShare {
 public:
  explicit HttpBodyShare(HttpServerCore& core) : core_(core) {}
  ~HttpBodyShare();
  HttpBodyShare(const HttpBodyShare&) = delete;
  HttpBodyShare& operator=(const HttpBodyShare&) = delete;
  /// False when all bodies together would have too much.
  bool add(std::uint64_t bytes);

 private:
  HttpServerCore& core_;
  std::uint64_t taken_ = 0;
};

/// What the server and its connections share. One thread, that of run(), does all reading and
/// writing and owns what has no lock; handlers and whatever may wait for a disk run in the pools.
struct HttpServerCore {
  HttpServerCore(HttpServerOptions given, HttpRouter routes, HttpServer::Failure on_failure)
      : options(std::move(given)),
        router(std::move(routes)),
        failure(std::move(on_failure)),
        access(options),
        long_pool(options.long_handlers) {}
  /// Ends what is still connected: its coroutines use what is declared here, so none may be left
  /// for the end of `io`. Waits for handlers.
  ~HttpServerCore();
  HttpServerCore(const HttpServerCore&) = delete;
  HttpServerCore& operator=(const HttpServerCore&) = delete;

  /// Runs until nothing is left to do, and ends the pools' threads.
  void run();

  const HttpServerOptions options;
  const HttpRouter router;
  const HttpServer::Failure failure;
  const HttpAccess access;

  boost::asio::io_context io{1};
  boost::asio::ip::tcp::acceptor acceptor{io};
  boost::asio::steady_timer room{io};   // cancelled when a connection has ended
  boost::asio::steady_timer grace{io};  // ends what stop() lets go on
  std::set<HttpConnection*> connections;
  std::size_t long_running = 0;
  std::uint64_t body_bytes = 0;  // of all requests that are being read or handled
  bool stopping = false;

  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> open_connections{0};
  std::atomic<std::uint64_t> listeners{0};

  WorkerPool quick_pool{4};
  WorkerPool long_pool;
  WorkerPool body_pool{8};  // reads files, makes pieces and snapshots
};

inline HttpBodyShare::~HttpBodyShare() { core_.body_bytes -= taken_; }

inline bool HttpBodyShare::add(std::uint64_t bytes) {
  if (core_.body_bytes + bytes > core_.options.body_bytes_in_all) {
    return false;
  }
  core_.body_bytes += bytes;
  taken_ += bytes;
  return true;
}

}  // namespace ptravel
