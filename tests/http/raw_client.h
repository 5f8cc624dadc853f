#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace ptravel::test {

/// An answer as it came over the wire.
struct RawReply {
  int status = 0;      ///< 0: the connection ended before a head was there.
  HttpFields headers;  ///< Names in lower case.
  std::string body;    ///< Chunks put together.
  bool whole = false;  ///< The body came to the end that its head announces.

  std::string header(std::string_view name) const;
};

/// A plain socket that can send any bytes at all.
class RawClient {
 public:
  /// `receive_bytes`: size of the system's buffer for what is received; 0: as usual.
  explicit RawClient(std::uint16_t port, int receive_bytes = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the other side does not take it all.
  bool send(std::string_view bytes);
  /// The next answer; `to_head`: the request was HEAD, no body follows.
  RawReply receive(bool to_head = false);
  RawReply ask(std::string_view bytes) {
    send(bytes);
    return receive();
  }
  /// More bytes of whatever comes, waiting for them up to `wait`; empty at the end or when none
  /// come.
  std::string read_some(std::chrono::milliseconds wait = std::chrono::seconds(5));
  /// Reads until `text` has come (it and what is behind it stay in the result) or `wait` is over.
  std::string read_until(std::string_view text,
                         std::chrono::milliseconds wait = std::chrono::seconds(5));
  /// Whether the server ends the connection within `wait`.
  bool ends(std::chrono::milliseconds wait = std::chrono::seconds(5));

 private:
  bool fill(std::chrono::milliseconds wait);
  std::optional<std::string> take(std::size_t count);
  std::optional<std::string> take_line();

  int socket_ = -1;
  bool ended_ = false;
  std::string pending_;
};

/// "GET /path HTTP/1.1" with Host and more header lines ("A: b\r\n").
std::string get(std::string_view path, std::string_view more = "");
/// A POST with its body and Content-Length.
std::string post(std::string_view path, std::string_view body, std::string_view more = "");

}  // namespace ptravel::test
