#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>  // Asio 1.74 takes std::exchange and does not include it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "http/event_listener.h"
#include "http/intake.h"
#include "http/reply.h"
#include "http/server_core.h"

namespace ptravel {

/// One client's connection: request after request until one side has enough. Lives as long as its
/// coroutines; everything here runs in the server's one thread.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Clock = std::chrono::steady_clock;

  HttpConnection(HttpServerCore& core, boost::asio::ip::tcp::socket socket);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Serves until the connection ends.
  static boost::asio::awaitable<void> serve(std::shared_ptr<HttpConnection> self);

  /// Since when it waits for its client: to begin a request, to send the rest of one (since its
  /// first byte, however often another one comes), or to take the next piece of an answer. Nothing
  /// while the server works for it, and for event streams.
  std::optional<Clock::time_point> waiting_since() const { return waiting_since_; }
  /// Since when it streams events; nothing when it does not.
  std::optional<Clock::time_point> streaming_since() const { return streaming_since_; }
  /// For stopping: ends what has no whole head of a request yet and what streams events; lets a
  /// request that is being read or answered go on.
  void end_softly();
  /// Ends a connection that waits for its client, for one that may have better manners.
  void make_way();
  /// Ends all reading and writing at once.
  void end_now();

 private:
  template <typename T>
  using Task = boost::asio::awaitable<T>;
  struct Parser;

  // connection.cpp
  Task<bool> serve_request();
  Task<bool> read_head(Parser& parser);
  Task<bool> read_body(Parser& parser, std::uint64_t limit, HttpBodyShare& share);
  Task<HttpReply> handle(HttpIntake& intake, bool keep_alive);
  HttpIntake judge(const Parser& parser) const;
  HttpReply reply_to(HttpResponse response, const HttpRequest& request, bool keep_alive) const;
  HttpReply refuse(int status, const std::string& why, const HttpRequest& request) const;
  Task<void> linger();

  // connection_bodies.cpp
  Task<bool> send(HttpReply reply);
  Task<bool> write(std::string_view bytes);
  Task<bool> send_file(HttpFilePart part);
  Task<bool> send_pieces(HttpPieces pieces, bool chunked);
  Task<void> send_events(HttpEvents events, bool chunked);
  Task<bool> gather_events(EventListener& listener, bool at_once, std::string& text);
  Task<void> pause_until(Clock::time_point end);  // or until the stream ends
  Task<void> watch_for_end();
  static Task<void> watch(std::shared_ptr<HttpConnection> self);
  /// Runs `work` in a pool and comes back; throws what it throws.
  Task<void> run_in(WorkerPool& pool, std::function<void()> work);

  void set_deadline(Clock::time_point deadline);
  void set_deadline(Clock::duration from_now) { set_deadline(Clock::now() + from_now); }
  void clear_deadline();
  void watch_deadline();

  HttpServerCore& core_;
  boost::asio::ip::tcp::socket socket_;
  std::string client_;
  boost::beast::flat_buffer buffer_;

  boost::asio::steady_timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  std::optional<Clock::time_point> waiting_since_;
  bool before_head_ = false;  // no whole head of a request is there
  Clock::time_point begun_;   // when the request's head was there
  int version_ = 11;          // of the request

  boost::asio::steady_timer signal_;            // event streams: something to do
  std::optional<std::uint64_t> last_event_id_;  // what the request says
  std::optional<Clock::time_point> streaming_since_;
  bool woken_ = false;
  bool ended_ = false;   // the client has gone, or the server stops
  bool broken_ = false;  // the reply is not whole: the client has to see it
};

}  // namespace ptravel
