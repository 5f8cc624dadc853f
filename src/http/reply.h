#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "http/message.h"

namespace ptravel {

/// An open file, closed at the end.
class HttpFileHandle {
 public:
  explicit HttpFileHandle(int descriptor = -1) : descriptor_(descriptor) {}
  ~HttpFileHandle();
  HttpFileHandle(HttpFileHandle&& other) noexcept : descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
  }
  HttpFileHandle& operator=(HttpFileHandle&& other) noexcept;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Bytes [offset, offset + length) of an open file.
struct HttpFilePart {
  HttpFileHandle file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  /// The next bytes, at most `most`; empty when there are no more. Throws Io when the file has
  /// become shorter or cannot be read.
  std::string next(std::size_t most);
};

/// What goes over the wire: the head as text, then the body.
struct HttpReply {
  int status = 200;
  std::string head;
  std::variant<std::string, HttpFilePart, HttpPieces, HttpEvents> body;
  bool chunked = false;     ///< The body goes out in chunks.
  bool keep_alive = false;  ///< Whether another request may follow.
};

/// What a reply depends on beside the handler's answer.
struct HttpReplyFrame {
  int version = 11;         ///< Of the request, 10 or 11.
  bool keep_alive = true;   ///< Whether the client wants to go on and may.
  double seconds = 0;       ///< Since the request's head was there, for X-Process-Time.
  HttpFields more_headers;  ///< Those of CORS.
};

/// Makes a reply of a handler's answer: opens files, picks the range that is asked for (206, 416),
/// answers 304 where the client has it already, leaves out the body for HEAD, adds the headers that
/// every answer has. A file that is not there is 404 by way of `missing`. Throws Internal for
/// headers that cannot be sent: names that are none, values with line ends, or those that are the
/// server's business.
HttpReply make_reply(HttpResponse response,
                     const HttpRequest& request,
                     const HttpReplyFrame& frame,
                     const std::function<HttpResponse()>& missing);

}  // namespace ptravel
