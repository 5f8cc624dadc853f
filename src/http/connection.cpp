// Requests of a connection: heads, bodies, handlers.
#include "http/connection.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <limits>

#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/text.h"
#include "http/request_parts.h"

namespace ptravel {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = 16 << 10;
/// A body may take body_time, and a second more for each of these that came.
constexpr std::uint64_t kSlowestBytesPerSecond = 1 << 10;
constexpr std::chrono::seconds kLingerTime{5};

auto into(error_code& error) { return net::redirect_error(net::use_awaitable, error); }

bool is_http_error(const error_code& error) {
  return error.category() == make_error_code(beast::http::error::bad_method).category();
}

/// What a reading that failed is answered with; status 0: nobody is there to read an answer.
HttpRefusal refusal_of(const error_code& error, bool timed_out) {
  using Code = beast::http::error;
  if (timed_out) {
    return {408, "the request did not come in time", {}};
  }
  if (error == Code::header_limit || error == Code::buffer_overflow) {
    return {431, "the request's head is too large", {}};
  }
  if (error == Code::body_limit) {
    return {413, "the body is too large", {}};
  }
  if (error == Code::bad_version) {
    return {505, "expected HTTP/1.0 or HTTP/1.1", {}};
  }
  if (!is_http_error(error) || error == Code::end_of_stream || error == Code::partial_message) {
    return {0, "", {}};
  }
  return {400, "not an HTTP request: " + error.message(), {}};
}

/// Browsers send the header when they come back; the query is for the first time, after a page has
/// read the state by other means.
std::optional<std::uint64_t> last_event_id(const HttpRequest& request) {
  const auto header = request.header("last-event-id");
  const auto text = header ? header : request.query_value("last_event_id");
  return text ? parse_event_id(*text) : std::nullopt;
}

HttpResponse plain_failure() { return text_response(500, "text/plain; charset=utf-8", "failed\n"); }

/// Functions of the router's owner word a refusal; one that throws ends no connection.
HttpResponse explained(const HttpRouter& router,
                       int status,
                       const std::string& why,
                       const HttpRequest& request) {
  try {
    return router.explanation(status, why, request);
  } catch (const std::exception&) {
    return plain_failure();
  }
}

}  // namespace

struct HttpConnection::Parser : beast::http::request_parser<beast::http::string_body> {
  HttpHead head(const std::string& client) const {
    HttpHead head;
    head.version = static_cast<int>(get().version());
    head.method = std::string(get().method_string());
    head.target = std::string(get().target());
    head.client = client;
    for (const auto& field : get()) {
      const auto name = field.name_string();
      const auto value = field.value();
      head.headers.emplace_back(lower_case({name.data(), name.size()}),
                                std::string(value.data(), value.size()));
    }
    return head;
  }
  /// What is known of a request that could not be read.
  HttpRequest remains(const std::string& client) const {
    HttpHead known = head(client);
    HttpRequest request;
    request.method = std::move(known.method);
    request.headers = std::move(known.headers);
    request.client = client;
    if (auto target = ptravel::parse_target(known.target)) {
      request.path = std::move(target->path);
    }
    return request;
  }
};

HttpConnection::HttpConnection(HttpServerCore& core, net::ip::tcp::socket socket)
    : core_(core),
      socket_(std::move(socket)),
      buffer_(std::max<std::size_t>(core.options.header_bytes + kReadBytes, 64 << 10)),
      timer_(core.io),
      signal_(core.io) {
  error_code ignored;
  socket_.set_option(net::ip::tcp::no_delay(true), ignored);
  client_ = socket_.remote_endpoint(ignored).address().to_string();
  core_.connections.insert(this);
  ++core_.open_connections;
}

HttpConnection::~HttpConnection() {
  core_.connections.erase(this);
  --core_.open_connections;
  core_.room.cancel();
  if (core_.stopping && core_.connections.empty()) {
    core_.grace.cancel();
  }
}

void HttpConnection::end_softly() {
  if (before_head_ || streaming_since_) {
    make_way();
  }
}

void HttpConnection::make_way() {
  ended_ = true;
  signal_.cancel();
  error_code ignored;
  socket_.cancel(ignored);
}

void HttpConnection::end_now() {
  ended_ = true;
  signal_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::set_deadline(Clock::time_point deadline) {
  deadline_ = deadline;
  timed_out_ = false;
  timer_.expires_at(deadline);
  watch_deadline();
}

void HttpConnection::watch_deadline() {
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (self && !error && Clock::now() >= self->deadline_) {
      self->timed_out_ = true;
      error_code ignored;
      self->socket_.cancel(ignored);
      // A reading of several steps may just be between two of them: what was begun since is
      // cancelled the next time.
      self->timer_.expires_after(std::chrono::milliseconds(100));
      self->watch_deadline();
    }
  });
}

void HttpConnection::clear_deadline() {
  deadline_ = Clock::time_point::max();
  timed_out_ = false;
  timer_.cancel();
}

net::awaitable<void> HttpConnection::serve(std::shared_ptr<HttpConnection> self) {
  bool more = true;
  while (more && !self->core_.stopping) {
    more = co_await self->serve_request();
  }
  if (self->broken_) {
    error_code ignored;  // a reset, so that an answer without a length is not taken for whole
    self->socket_.set_option(net::socket_base::linger(true, 0), ignored);
  } else if (!self->ended_) {
    co_await self->linger();
  }
  self->clear_deadline();
}

/// Reads until the head of the next request begins; false when none comes.
net::awaitable<bool> HttpConnection::read_head(Parser& parser) {
  error_code error;
  waiting_since_ = Clock::now();
  before_head_ = true;
  if (buffer_.size() == 0) {
    set_deadline(core_.options.idle_time);
    const std::size_t count =
        co_await socket_.async_read_some(buffer_.prepare(kReadBytes), into(error));
    buffer_.commit(count);
    if (error) {
      co_return false;
    }
    waiting_since_ = Clock::now();
  }
  set_deadline(core_.options.header_time);
  co_await beast::http::async_read_header(socket_, buffer_, parser, into(error));
  before_head_ = false;
  begun_ = Clock::now();
  if (!error) {
    version_ = static_cast<int>(parser.get().version());
    co_return true;
  }
  const HttpRefusal refusal = refusal_of(error, timed_out_);
  if (refusal.status != 0 && !core_.stopping) {
    ++core_.requests;
    HttpReply reply = refuse(refusal.status, refusal.why, parser.remains(client_));
    co_await send(std::move(reply));
  }
  co_return false;
}

net::awaitable<bool> HttpConnection::read_body(Parser& parser,
                                               std::uint64_t limit,
                                               HttpBodyShare& share) {
  parser.body_limit(limit);
  const auto begin = Clock::now();
  waiting_since_ = waiting_since_.value_or(begin);
  error_code error;
  std::uint64_t received = 0;
  bool room = true;
  while (!parser.is_done() && !error && room) {
    const std::chrono::seconds earned(received / kSlowestBytesPerSecond);
    set_deadline(std::min(Clock::now(), begin + earned) + core_.options.body_time);
    const std::size_t count =
        co_await beast::http::async_read_some(socket_, buffer_, parser, into(error));
    received += count;
    room = share.add(count);
  }
  if (!error && room) {
    co_return true;
  }
  HttpRefusal refusal = refusal_of(error, timed_out_);
  if (!room) {
    refusal = {503, "too many large requests at one time, try again later", {}};
  } else if (refusal.status == 413) {
    refusal.why += ", expected at most " + std::to_string(limit) + " bytes";
  } else if (refusal.status == 431) {
    refusal = {400, "a chunk's head or the trailer is too large", {}};
  }
  if (refusal.status != 0) {
    HttpReply reply = refuse(refusal.status, refusal.why, parser.remains(client_));
    co_await send(std::move(reply));
  }
  co_return false;
}

/// One request and its answer; whether another may follow.
net::awaitable<bool> HttpConnection::serve_request() {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(
      std::min<std::uint64_t>(core_.options.header_bytes, std::uint64_t{1} << 30)));
  // The limit is the route's: see read_body. (None at all is taken for 0 by Beast 1.74.)
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  if (!co_await read_head(parser)) {
    co_return false;
  }
  ++core_.requests;
  clear_deadline();
  HttpIntake intake = judge(parser);
  HttpBodyShare share(core_);
  bool keep_alive = parser.keep_alive() && intake.sound;
  if (intake.answer) {
    keep_alive = keep_alive && !intake.has_body;
    HttpReply reply = reply_to(std::move(*intake.answer), intake.request, keep_alive);
    co_return co_await send(std::move(reply));
  }
  if (intake.expects_continue && !co_await write("HTTP/1.1 100 Continue\r\n\r\n")) {
    co_return false;
  }
  if (intake.has_body) {
    if (!co_await read_body(parser, intake.route->limits.body_bytes, share)) {
      co_return false;
    }
    intake.request.body = std::move(parser.get().body());
  }
  waiting_since_.reset();
  clear_deadline();
  HttpReply reply = co_await handle(intake, keep_alive);
  last_event_id_ = last_event_id(intake.request);
  co_return co_await send(std::move(reply));
}

net::awaitable<HttpReply> HttpConnection::handle(HttpIntake& intake, bool keep_alive) {
  const bool is_long = intake.route->pace == HttpPace::Long;
  if (is_long && core_.long_running >= core_.options.long_handlers) {
    HttpReply busy =
        reply_to(explained(core_.router, 503, "too much is being worked on, try again later",
                           intake.request),
                 intake.request, keep_alive);
    co_return busy;
  }
  HttpReply reply;
  bool begun = false;
  const std::function<void()> work = [&] {
    begun = true;
    HttpResponse response;
    try {
      response = intake.route->handler(intake.request);
    } catch (...) {
      response = core_.failure(intake.request);
    }
    reply = reply_to(std::move(response), intake.request, keep_alive);
  };
  core_.long_running += is_long ? 1 : 0;
  std::exception_ptr failure;
  try {
    co_await run_in(is_long ? core_.long_pool : core_.quick_pool, work);
  } catch (...) {
    failure = std::current_exception();
  }
  core_.long_running -= is_long ? 1 : 0;
  if (failure && begun) {  // of the failure's own answer, or headers that cannot be sent
    reply = reply_to(explained(core_.router, 500, "the answer could not be made", intake.request),
                     intake.request, keep_alive);
  } else if (failure) {
    reply = reply_to(
        explained(core_.router, 503, "there is no thread for it, try again later", intake.request),
        intake.request, keep_alive);
  }
  co_return reply;
}

HttpIntake HttpConnection::judge(const Parser& parser) const {
  try {
    return examine(parser.head(client_), core_.router, core_.access);
  } catch (const std::exception&) {  // of a function that words refusals
    HttpIntake intake;
    intake.answer = plain_failure();
    intake.sound = false;
    return intake;
  }
}

/// Any thread.
HttpReply HttpConnection::reply_to(HttpResponse response,
                                   const HttpRequest& request,
                                   bool keep_alive) const {
  HttpReplyFrame frame;
  frame.version = version_;
  frame.keep_alive = keep_alive;
  frame.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  frame.more_headers = core_.access.cors_headers(request);
  return make_reply(std::move(response), request, frame,
                    [&] { return core_.router.refusal(404, request); });
}

HttpReply HttpConnection::refuse(int status,
                                 const std::string& why,
                                 const HttpRequest& request) const {
  return reply_to(explained(core_.router, status, why, request), request, false);
}

/// Closes so that the client can read the answer first: bytes that nobody reads would make the
/// system throw it away on the other side.
net::awaitable<void> HttpConnection::linger() {
  error_code error;
  socket_.shutdown(net::ip::tcp::socket::shutdown_send, error);
  waiting_since_ = Clock::now();
  set_deadline(kLingerTime);
  while (!error && !timed_out_ && !ended_ && !core_.stopping) {
    buffer_.clear();
    co_await socket_.async_read_some(buffer_.prepare(kReadBytes), into(error));
  }
}

}  // namespace ptravel
