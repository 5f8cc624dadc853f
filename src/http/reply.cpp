// Answers as bytes: heads, conditional requests and ranges (RFC 9110).
#include "http/reply.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "http/reason.h"
#include "http/request_parts.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

/// What decides about conditional requests and ranges.
struct Entity {
  std::optional<std::uint64_t> size;  // where a part of it may be sent
  std::string etag;
  std::optional<std::int64_t> modified;
};

std::optional<std::string_view> value_of(const HttpFields& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
    return same_but_case(header.first, name);
  });
  return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

void set_header(HttpFields& headers, std::string_view name, std::string value) {
  std::erase_if(headers, [&](const auto& header) { return same_but_case(header.first, name); });
  headers.emplace_back(name, std::move(value));
}

void add_default(HttpFields& headers, std::string_view name, std::string_view value) {
  if (!value_of(headers, name)) {
    headers.emplace_back(name, value);
  }
}

/// Opens a regular file; nothing when there is none, or when its last part is a symbolic link.
std::optional<HttpFilePart> open_file(const std::filesystem::path& path, Entity& entity) {
  HttpFilePart part;
  part.file = HttpFileHandle(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));  // a FIFO never waits
  struct stat status {};
  if (part.file.descriptor() < 0 || ::fstat(part.file.descriptor(), &status) != 0 ||
      !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  part.length = static_cast<std::uint64_t>(status.st_size);
  std::array<char, 80> etag{};
  std::snprintf(etag.data(), etag.size(), "\"%llx-%llx-%llx.%lx\"",
                static_cast<unsigned long long>(status.st_ino),
                static_cast<unsigned long long>(status.st_size),
                static_cast<unsigned long long>(status.st_mtim.tv_sec),
                static_cast<unsigned long>(status.st_mtim.tv_nsec));
  entity = {part.length, etag.data(), status.st_mtim.tv_sec};
  return part;
}

/// Whether the client has the entity as it is.
bool is_not_modified(const HttpRequest& request, const Entity& entity) {
  if (const auto etags = request.header("if-none-match")) {
    return etag_matches(*etags, entity.etag);
  }
  const auto since = request.header("if-modified-since");
  const auto date = since ? parse_http_date(*since) : std::nullopt;
  return date && entity.modified && *entity.modified <= *date;
}

/// The range to send, if one is asked for and its If-Range still holds.
std::optional<HttpRange> wanted_range(const HttpRequest& request, const Entity& entity) {
  const auto range = request.header("range");
  if (!range || !entity.size || request.method != "GET") {
    return std::nullopt;
  }
  if (const auto condition = request.header("if-range")) {
    const auto date = parse_http_date(*condition);
    const bool holds = date ? entity.modified == date : *condition == entity.etag;
    if (!holds || entity.etag.empty()) {
      return std::nullopt;
    }
  }
  return parse_range(*range, *entity.size);
}

void take_part(HttpResponse& response, HttpFilePart* file, const HttpRange& range) {
  if (file != nullptr) {
    file->offset = range.first;
    file->length = range.last - range.first + 1;
  } else {
    auto& text = std::get<std::string>(response.body);
    text = text.substr(range.first, range.last - range.first + 1);
  }
}

/// Turns the answer into 304, 206 or 416 where that is asked for. Answers other than 200 stay.
void apply_conditions(HttpResponse& response,
                      HttpFilePart* file,
                      const HttpRequest& request,
                      const Entity& entity) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (response.status != 200 || !reads) {
    return;
  }
  if (is_not_modified(request, entity)) {
    response.status = 304;
    return;
  }
  const auto range = wanted_range(request, entity);
  if (!range) {
    return;
  }
  const std::string size = std::to_string(*entity.size);
  if (range->satisfiable) {
    response.status = 206;
    set_header(
        response.headers, "Content-Range",
        "bytes " + std::to_string(range->first) + "-" + std::to_string(range->last) + "/" + size);
    take_part(response, file, *range);
  } else {
    response.status = 416;
    set_header(response.headers, "Content-Range", "bytes */" + size);
    std::erase_if(response.headers,
                  [](const auto& header) { return same_but_case(header.first, "content-type"); });
    response.body = std::string();
  }
}

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
  });
}

void check_headers(const HttpFields& headers) {
  for (const auto& [name, value] : headers) {
    const bool ours = same_but_case(name, "content-length") || same_but_case(name, "connection") ||
                      same_but_case(name, "transfer-encoding") || same_but_case(name, "date");
    if (!is_token(name) || ours ||
        value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos) {
      throw Error(ErrorCode::Internal, "[http] header " + name + ": cannot be sent by a handler");
    }
  }
}

/// Seconds with four decimals, without zeros at the end.
std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4f", seconds);
  std::string trimmed_text = text.data();
  trimmed_text.erase(trimmed_text.find_last_not_of('0') + 1);
  return trimmed_text.ends_with('.') ? trimmed_text + "0" : trimmed_text;
}

/// The length of the body where it is known.
std::optional<std::uint64_t> length_of(const HttpReply& reply) {
  if (const auto* text = std::get_if<std::string>(&reply.body)) {
    return text->size();
  }
  if (const auto* file = std::get_if<HttpFilePart>(&reply.body)) {
    return file->length;
  }
  const auto* pieces = std::get_if<HttpPieces>(&reply.body);
  return pieces != nullptr ? pieces->length : std::nullopt;
}

void write_head(HttpReply& reply,
                HttpFields headers,
                const HttpReplyFrame& frame,
                std::optional<std::uint64_t> length) {
  const bool has_body = reply.status >= 200 && reply.status != 204 && reply.status != 304;
  reply.chunked = has_body && !length && frame.version >= 11;
  const bool endless = std::holds_alternative<HttpEvents>(reply.body);
  reply.keep_alive = frame.keep_alive && !endless && (!has_body || length || reply.chunked);

  add_default(headers, "X-Content-Type-Options", "nosniff");
  add_default(headers, "Referrer-Policy", "no-referrer");
  add_default(headers, "X-Frame-Options", "SAMEORIGIN");
  add_default(headers, "Cross-Origin-Resource-Policy", "same-origin");
  headers.emplace_back("X-Process-Time", seconds_text(frame.seconds));
  headers.emplace_back("Date", http_date(std::time(nullptr)));
  if (has_body && length) {
    headers.emplace_back("Content-Length", std::to_string(*length));
  } else if (reply.chunked) {
    headers.emplace_back("Transfer-Encoding", "chunked");
  }
  if (!reply.keep_alive) {
    headers.emplace_back("Connection", "close");
  } else if (frame.version < 11) {
    headers.emplace_back("Connection", "keep-alive");
  }
  // The version is ours, whatever the client's is.
  reply.head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  reply.head += reason_of(reply.status);
  reply.head += "\r\n";
  for (const auto& [name, value] : headers) {
    reply.head.append(name).append(": ").append(value).append("\r\n");
  }
  reply.head += "\r\n";
}

}  // namespace

HttpFileHandle::~HttpFileHandle() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

HttpFileHandle& HttpFileHandle::operator=(HttpFileHandle&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

std::string HttpFilePart::next(std::size_t most) {
  std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(most, length)), '\0');
  const ssize_t count = bytes.empty() ? 0
                                      : ::pread(file.descriptor(), bytes.data(), bytes.size(),
                                                static_cast<off_t>(offset));
  if (count < 0 || (count == 0 && !bytes.empty())) {
    throw Error(ErrorCode::Io, std::string("[http] a file that is being sent: ") +
                                   (count < 0 ? std::strerror(errno) : "became shorter"));
  }
  bytes.resize(static_cast<std::size_t>(count));
  offset += bytes.size();
  length -= bytes.size();
  return bytes;
}

HttpReply make_reply(HttpResponse response,
                     const HttpRequest& request,
                     const HttpReplyFrame& frame,
                     const std::function<HttpResponse()>& missing) {
  std::optional<HttpFilePart> file;
  Entity entity;
  if (const auto* path = std::get_if<HttpFile>(&response.body)) {
    file = open_file(path->path, entity);
    if (!file) {
      response = missing();
      PTRAVEL_CHECK(std::holds_alternative<std::string>(response.body));
    } else {
      set_header(response.headers, "ETag", entity.etag);
      set_header(response.headers, "Last-Modified", http_date(*entity.modified));
      set_header(response.headers, "Accept-Ranges", "bytes");
    }
  } else if (const auto* text = std::get_if<std::string>(&response.body)) {
    entity.etag = value_of(response.headers, "etag").value_or("");
    if (value_of(response.headers, "accept-ranges") == "bytes") {
      entity.size = text->size();
    }
  } else if (std::holds_alternative<HttpEvents>(response.body)) {
    set_header(response.headers, "Content-Type", "text/event-stream");
    add_default(response.headers, "Cache-Control", "no-store");
    add_default(response.headers, "X-Accel-Buffering", "no");  // proxies must not gather it
  }
  check_headers(response.headers);
  apply_conditions(response, file ? &*file : nullptr, request, entity);

  HttpReply reply;
  reply.status = response.status;
  if (file && response.status != 416) {
    reply.body = std::move(*file);
  } else if (auto* text = std::get_if<std::string>(&response.body)) {
    reply.body = std::move(*text);
  } else if (auto* pieces = std::get_if<HttpPieces>(&response.body)) {
    reply.body = std::move(*pieces);
  } else if (auto* events = std::get_if<HttpEvents>(&response.body)) {
    reply.body = std::move(*events);
  }
  const auto length = length_of(reply);
  response.headers.insert(response.headers.end(), frame.more_headers.begin(),
                          frame.more_headers.end());
  write_head(reply, std::move(response.headers), frame, length);
  if (request.method == "HEAD" || reply.status < 200 || reply.status == 204 ||
      reply.status == 304) {
    reply.body = std::string();
    reply.chunked = false;
  }
  return reply;
}

}  // namespace ptravel
