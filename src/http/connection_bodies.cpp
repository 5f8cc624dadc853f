// Replies of a connection: texts, files, pieces, events.
#include <array>
#include <cstdio>
#include <utility>  // Asio 1.74 takes std::exchange and does not include it

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "http/connection.h"
#include "http/request_parts.h"

namespace ptravel {

namespace net = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kWriteBytes = 256 << 10;
constexpr std::size_t kSmallBody = 32 << 10;  // goes out with its head
constexpr std::size_t kEventBytes = 64 << 10;
/// What a slow listener has lying in the system before newer events replace older ones.
constexpr int kEventBytesUnsent = 16 << 10;
/// Events that follow each other closely go out together, and what is replaced by then does not.
constexpr std::chrono::milliseconds kEventGathering{40};

auto into(error_code& error) { return net::redirect_error(net::use_awaitable, error); }

std::string as_chunk(std::string_view bytes) {
  std::array<char, 24> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  std::string chunk = size.data();
  chunk.reserve(chunk.size() + bytes.size() + 2);
  chunk += bytes;
  chunk += "\r\n";
  return chunk;
}

}  // namespace

// GCC 12 destroys some temporaries of expressions with co_await twice: whatever owns memory has a
// name here and is moved.

net::awaitable<void> HttpConnection::run_in(WorkerPool& pool, std::function<void()> work) {
  // The timer stands for the work: it never ends by itself, its cancellation says that the work is
  // done. While it waits, the server's loop goes on.
  struct Shared {
    explicit Shared(net::io_context& io) : done(io, Clock::time_point::max()) {}
    net::steady_timer done;
    bool finished = false;
    std::exception_ptr failure;
  };
  const auto shared = std::make_shared<Shared>(core_.io);
  net::io_context& io = core_.io;
  pool.submit([shared, &io, work = std::move(work)]() mutable {
    try {
      work();
    } catch (...) {
      shared->failure = std::current_exception();
    }
    work = nullptr;
    net::post(io, [shared] {
      shared->finished = true;
      shared->done.cancel();
    });
  });
  error_code ignored;
  while (!shared->finished) {
    co_await shared->done.async_wait(into(ignored));
  }
  if (shared->failure) {
    std::rethrow_exception(shared->failure);
  }
}

net::awaitable<bool> HttpConnection::write(std::string_view bytes) {
  error_code error;
  while (!bytes.empty() && !error) {
    const std::string_view part = bytes.substr(0, kWriteBytes);
    if (!streaming_since_) {
      waiting_since_ = Clock::now();
    }
    set_deadline(core_.options.body_time);
    co_await net::async_write(socket_, net::buffer(part.data(), part.size()), into(error));
    bytes.remove_prefix(part.size());
  }
  waiting_since_.reset();
  clear_deadline();
  co_return !error;
}

net::awaitable<bool> HttpConnection::send(HttpReply reply) {
  core_.refused += reply.status >= 400 ? 1 : 0;
  auto* text = std::get_if<std::string>(&reply.body);
  if (text != nullptr && text->size() <= kSmallBody) {
    reply.head += *text;
    text->clear();
  }
  bool whole = co_await write(reply.head);
  if (!whole) {
    co_return false;
  }
  if (text != nullptr) {
    whole = co_await write(*text);
  } else if (auto* file = std::get_if<HttpFilePart>(&reply.body)) {
    whole = co_await send_file(std::move(*file));
  } else if (auto* pieces = std::get_if<HttpPieces>(&reply.body)) {
    whole = co_await send_pieces(std::move(*pieces), reply.chunked);
  } else if (auto* events = std::get_if<HttpEvents>(&reply.body)) {
    co_await send_events(std::move(*events), reply.chunked);
  }
  broken_ = !whole;
  const bool more = whole && reply.keep_alive;
  co_return more;
}

net::awaitable<bool> HttpConnection::send_file(HttpFilePart part) {
  while (part.length > 0) {
    std::string piece;
    bool failed = false;
    const std::function<void()> read = [&] { piece = part.next(kWriteBytes); };
    try {
      co_await run_in(core_.body_pool, read);
    } catch (const std::exception&) {
      failed = true;
    }
    if (failed || !co_await write(piece)) {
      co_return false;
    }
  }
  co_return true;
}

net::awaitable<bool> HttpConnection::send_pieces(HttpPieces pieces, bool chunked) {
  std::uint64_t sent = 0;
  while (true) {
    std::string piece;
    bool failed = false;
    const std::function<void()> make = [&] { piece = pieces.next(); };
    try {
      co_await run_in(core_.body_pool, make);
    } catch (...) {
      failed = true;
    }
    if (failed) {
      co_return false;
    }
    if (piece.empty()) {
      break;
    }
    sent += piece.size();
    if (pieces.length && sent > *pieces.length) {
      co_return false;  // more than was promised
    }
    if (chunked) {
      piece = as_chunk(piece);
    }
    if (!co_await write(piece)) {
      co_return false;
    }
  }
  if (chunked) {
    co_return co_await write("0\r\n\r\n");
  }
  co_return !pieces.length || sent == *pieces.length;
}

/// Reads what an event stream's client has no reason to send, until it goes.
net::awaitable<void> HttpConnection::watch_for_end() {
  error_code error;
  std::array<char, 256> bytes{};
  while (!error && !ended_) {
    co_await socket_.async_read_some(net::buffer(bytes), into(error));
  }
  if (!ended_) {
    ended_ = true;
    signal_.cancel();
    socket_.cancel(error);  // a writing that waits for the client
  }
}

net::awaitable<void> HttpConnection::pause_until(Clock::time_point end) {
  error_code ignored;
  while (!ended_ && Clock::now() < end) {
    signal_.expires_at(end);
    co_await signal_.async_wait(into(ignored));
  }
}

/// What is to be sent next, or nothing after something has changed (`at_once`: when there is
/// nothing now); false: it cannot be made.
net::awaitable<bool> HttpConnection::gather_events(EventListener& listener,
                                                   bool at_once,
                                                   std::string& text) {
  if (listener.needs_snapshot()) {
    bool failed = false;
    const std::function<void()> make = [&] { text = listener.take_snapshot(); };
    try {
      co_await run_in(core_.body_pool, make);
    } catch (...) {
      failed = true;
    }
    co_return !failed;
  }
  woken_ = false;
  text = listener.take(kEventBytes);
  if (text.empty() && !at_once && !listener.needs_snapshot() && !woken_ && !ended_) {
    error_code cancelled;
    signal_.expires_after(core_.options.event_pause);
    co_await signal_.async_wait(into(cancelled));
    text = cancelled ? "" : ":\n\n";
  }
  co_return true;
}

net::awaitable<void> HttpConnection::send_events(HttpEvents events, bool chunked) {
  const auto self = shared_from_this();
  const int unsent = kEventBytesUnsent;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  // A client that vanished without a word takes no comment any more.
  using std::chrono::milliseconds;
  const auto patience = static_cast<unsigned>(milliseconds(core_.options.body_time).count());
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
  streaming_since_ = Clock::now();
  ++core_.listeners;
  net::io_context& io = core_.io;
  EventListener listener(events.hub->state(), last_event_id_, [&io, weak = std::weak_ptr(self)] {
    net::post(io, [weak] {
      if (const auto connection = weak.lock()) {
        connection->woken_ = true;
        connection->signal_.cancel();
      }
    });
  });
  net::co_spawn(io, watch(self), [](const std::exception_ptr&) {});

  std::string text;
  std::string begin = "retry: 1000\n\n";
  bool good = true;
  while (good && !ended_ && !core_.stopping) {
    good = co_await gather_events(listener, !begin.empty(), text);
    if (!begin.empty()) {
      text.insert(0, begin);
      begin.clear();
    }
    if (good && !text.empty()) {
      if (chunked) {
        text = as_chunk(text);
      }
      good = co_await write(text);
      text.clear();
      co_await pause_until(Clock::now() + kEventGathering);
    }
  }
  if (good && chunked) {
    co_await write("0\r\n\r\n");
  }
  streaming_since_.reset();
  ended_ = true;
  --core_.listeners;
  error_code ignored;
  socket_.cancel(ignored);  // the watcher's reading
}

net::awaitable<void> HttpConnection::watch(std::shared_ptr<HttpConnection> self) {
  co_await self->watch_for_end();
}

}  // namespace ptravel
