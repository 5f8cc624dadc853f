#include "tests/http/raw_client.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "http/request_parts.h"

namespace ptravel::test {
namespace {

constexpr std::chrono::seconds kPatience{20};

}  // namespace

std::string RawReply::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? "" : found->second;
}

RawClient::RawClient(std::uint16_t port, int receive_bytes)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_bytes > 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ended_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
}

RawClient::~RawClient() { ::close(socket_); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool RawClient::fill(std::chrono::milliseconds wait) {
  pollfd waiting{socket_, POLLIN, 0};
  if (ended_ || ::poll(&waiting, 1, static_cast<int>(wait.count())) <= 0) {
    return false;
  }
  char bytes[65536];
  const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
  ended_ = count <= 0;
  pending_.append(bytes, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return !ended_;
}

std::optional<std::string> RawClient::take(std::size_t count) {
  while (pending_.size() < count) {
    if (!fill(kPatience)) {
      return std::nullopt;
    }
  }
  std::string taken = pending_.substr(0, count);
  pending_.erase(0, count);
  return taken;
}

std::optional<std::string> RawClient::take_line() {
  while (pending_.find("\r\n") == std::string::npos) {
    if (!fill(kPatience)) {
      return std::nullopt;
    }
  }
  auto line = take(pending_.find("\r\n") + 2);
  line->resize(line->size() - 2);
  return line;
}

RawReply RawClient::receive(bool to_head) {
  RawReply reply;
  const auto first = take_line();
  if (!first || first->size() < 12 || !first->starts_with("HTTP/1.1 ")) {
    return reply;
  }
  reply.status = std::atoi(first->c_str() + 9);
  for (auto line = take_line(); line && !line->empty(); line = take_line()) {
    const std::size_t colon = line->find(':');
    reply.headers.emplace_back(lower_case(line->substr(0, colon)),
                               trimmed(std::string_view(*line).substr(colon + 1)));
  }
  if (to_head || reply.status < 200 || reply.status == 204 || reply.status == 304) {
    reply.whole = true;
  } else if (!reply.header("content-length").empty()) {
    const auto body = take(std::strtoull(reply.header("content-length").c_str(), nullptr, 10));
    reply.whole = body.has_value();
    reply.body = body ? *body : std::exchange(pending_, "");
  } else if (reply.header("transfer-encoding") == "chunked") {
    for (auto line = take_line(); line; line = take_line()) {
      const std::size_t size = std::strtoull(line->c_str(), nullptr, 16);
      const auto chunk = take(size + 2);
      reply.whole = chunk && size == 0;
      if (!chunk || size == 0) {
        break;
      }
      reply.body += chunk->substr(0, size);
    }
  } else {
    while (fill(kPatience)) {
    }
    reply.body = std::exchange(pending_, "");
    reply.whole = ended_;
  }
  return reply;
}

std::string RawClient::read_some(std::chrono::milliseconds wait) {
  if (pending_.empty()) {
    fill(wait);
  }
  return std::exchange(pending_, "");
}

std::string RawClient::read_until(std::string_view text, std::chrono::milliseconds wait) {
  const auto end = std::chrono::steady_clock::now() + wait;
  std::string all;
  while (all.find(text) == std::string::npos && std::chrono::steady_clock::now() < end && !ended_) {
    all += read_some(std::chrono::milliseconds(50));
  }
  return all;
}

bool RawClient::ends(std::chrono::milliseconds wait) {
  const auto end = std::chrono::steady_clock::now() + wait;
  while (!ended_ && std::chrono::steady_clock::now() < end) {
    fill(std::chrono::milliseconds(50));
  }
  return ended_;
}

std::string get(std::string_view path, std::string_view more) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view more) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

}  // namespace ptravel::test
