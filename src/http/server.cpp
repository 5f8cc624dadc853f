#include "http/server.h"

#include <algorithm>
#include <exception>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/connection.h"
#include "http/server_core.h"
#include "ptravel/error.h"

namespace ptravel {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

namespace {

auto into(error_code& error) { return net::redirect_error(net::use_awaitable, error); }

/// Listens at the first address of the name that can be had.
void listen(HttpServerCore& core) {
  const HttpServerOptions& options = core.options;
  const std::string where = options.host + ":" + std::to_string(options.port);
  error_code error;
  tcp::resolver resolver(core.io);
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error) {
    throw Error(ErrorCode::Io, "[serve] " + where + ": no such address: " + error.message());
  }
  for (const auto& entry : found) {
    tcp::acceptor acceptor(core.io);
    acceptor.open(entry.endpoint().protocol(), error);
    if (!error) {
      acceptor.set_option(tcp::acceptor::reuse_address(true), error);
      if (entry.endpoint().address().is_v6()) {
        acceptor.set_option(net::ip::v6_only(false), error);
      }
      acceptor.bind(entry.endpoint(), error);
    }
    if (!error) {
      acceptor.listen(net::socket_base::max_listen_connections, error);
    }
    if (!error) {
      core.acceptor = std::move(acceptor);
      return;
    }
  }
  throw Error(ErrorCode::Io, "[serve] cannot listen at " + where + ": " + error.message());
}

using Since = std::optional<HttpConnection::Clock::time_point> (HttpConnection::*)() const;

/// The connection with the oldest such time, `except` left out; null: none has one.
HttpConnection* oldest(const HttpServerCore& core, Since since, const HttpConnection* except) {
  HttpConnection* found = nullptr;
  for (HttpConnection* connection : core.connections) {
    const auto time = (connection->*since)();
    if (time && connection != except && (found == nullptr || *time < *(found->*since)())) {
      found = connection;
    }
  }
  return found;
}

/// When as many are connected as may be, the one that has waited longest for its client makes room;
/// where none waits, the oldest event stream, which a client begins again where it was. `newest`
/// has had no time yet.
void make_room(HttpServerCore& core, const HttpConnection* newest) {
  HttpConnection* leaving = oldest(core, &HttpConnection::waiting_since, newest);
  if (leaving == nullptr) {
    leaving = oldest(core, &HttpConnection::streaming_since, newest);
  }
  if (leaving != nullptr) {
    leaving->make_way();
  }
}

/// A client for whom there is no memory is let go; the others stay. Returns the connection, for
/// comparing: it may have ended.
const HttpConnection* serve(HttpServerCore& core, tcp::socket socket) {
  try {
    auto connection = std::make_shared<HttpConnection>(core, std::move(socket));
    const HttpConnection* begun = connection.get();
    net::co_spawn(core.io, HttpConnection::serve(std::move(connection)),
                  [](const std::exception_ptr&) {});
    return begun;
  } catch (const std::exception&) {
    return nullptr;
  }
}

net::awaitable<void> accept_all(HttpServerCore& core) {
  while (!core.stopping) {
    error_code error;
    tcp::socket socket(core.io);
    co_await core.acceptor.async_accept(socket, into(error));
    if (core.stopping) {
      break;
    }
    if (error) {  // no descriptors left, for instance: later there may be some
      core.room.expires_after(std::chrono::milliseconds(100));
      co_await core.room.async_wait(into(error));
      continue;
    }
    const HttpConnection* newest = serve(core, std::move(socket));
    while (core.connections.size() >= core.options.connections && !core.stopping) {
      make_room(core, newest);
      core.room.expires_after(std::chrono::seconds(1));
      co_await core.room.async_wait(into(error));
    }
  }
}

void begin_accepting(HttpServerCore& core) {
  net::co_spawn(core.io, accept_all(core), [&core](const std::exception_ptr& failure) {
    if (failure && !core.stopping) {
      begin_accepting(core);
    }
  });
}

void begin_stop(HttpServerCore& core, std::chrono::milliseconds grace) {
  core.stopping = true;
  error_code ignored;
  core.acceptor.close(ignored);
  core.room.cancel();
  const std::set<HttpConnection*> connections = core.connections;
  for (HttpConnection* connection : connections) {
    connection->end_softly();
  }
  if (core.connections.empty()) {
    return;
  }
  core.grace.expires_after(grace);
  core.grace.async_wait([&core](const error_code& cancelled) {
    if (!cancelled) {
      for (HttpConnection* connection : core.connections) {
        connection->end_now();
      }
    }
  });
}

}  // namespace

HttpServerCore::~HttpServerCore() {
  begin_stop(*this, std::chrono::milliseconds(0));
  io.restart();
  run();
}

void HttpServerCore::run() {
  while (true) {
    try {
      io.run();
      break;
    } catch (const std::exception&) {
      // One handler had no memory: the others go on.
    }
  }
  quick_pool.finish();
  long_pool.finish();
  body_pool.finish();
}

struct HttpServer::State : HttpServerCore {
  using HttpServerCore::HttpServerCore;
};

HttpServer::HttpServer(HttpServerOptions options, HttpRouter router, Failure failure)
    : state_(std::make_unique<State>(std::move(options), std::move(router), std::move(failure))) {
  listen(*state_);
}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  error_code error;
  const auto endpoint = state_->acceptor.local_endpoint(error);
  return endpoint.port();
}

std::string HttpServer::url() const {
  std::string host = state_->options.host;
  if (host == "0.0.0.0") {
    host = "127.0.0.1";
  } else if (host == "::") {
    host = "::1";
  }
  if (host.find(':') != std::string::npos) {
    host = "[" + host + "]";
  }
  return "http://" + host + ":" + std::to_string(port()) + "/";
}

void HttpServer::run() {
  begin_accepting(*state_);
  state_->run();
}

void HttpServer::stop(std::chrono::milliseconds grace) {
  net::post(state_->io, [core = state_.get(), grace] { begin_stop(*core, grace); });
}

HttpServerCounts HttpServer::counts() const {
  return {state_->requests, state_->refused, state_->open_connections, state_->listeners};
}

}  // namespace ptravel
