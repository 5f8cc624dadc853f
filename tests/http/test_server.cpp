#include "tests/http/test_server.h"

#include <new>

#include "ptravel/error.h"

namespace ptravel::test {
namespace {

HttpResponse text(std::string body) { return text_response(200, "text/plain", std::move(body)); }

HttpResponse pieces_of(const std::string& how) {
  auto count = std::make_shared<int>(0);
  HttpPieces pieces;
  pieces.next = [count, how]() -> std::string {
    ++*count;
    if (how == "fails" && *count == 3) {
      throw Error(ErrorCode::Io, "the disk is gone");
    }
    return *count <= 3 ? std::string(1000, static_cast<char>('a' + *count - 1)) : "";
  };
  if (how == "known") {
    pieces.length = 3000;
  } else if (how == "short") {
    pieces.length = 4000;
  } else if (how == "more") {
    pieces.length = 1500;
  }
  return {200, {{"Content-Type", "text/plain"}}, pieces};
}

std::string lines_of(const HttpFields& fields) {
  std::string lines;
  for (const auto& [name, value] : fields) {
    lines += name + "=" + value + "\n";
  }
  return lines;
}

HttpResponse answer_of_failure(const HttpRequest& request) {
  if (request.path == "/no-memory-at-all") {
    throw std::bad_alloc();
  }
  const Error error = error_in_flight("test");
  return json_response(error.code() == ErrorCode::InvalidArgument ? 422 : 500,
                       "{\"failed\":\"" + std::string(error_code_name(error.code())) + "\"}");
}

}  // namespace

HttpServerOptions quick_options() {
  HttpServerOptions options;
  options.port = 0;
  options.header_time = std::chrono::seconds(1);
  options.body_time = std::chrono::seconds(1);
  options.idle_time = std::chrono::seconds(2);
  options.event_pause = std::chrono::seconds(1);
  return options;
}

TestServer::TestServer(HttpServerOptions options, std::function<void(HttpRouter&)> more_routes)
    : hub_(std::make_shared<EventHub>([this] { return snapshot; }, 64)),
      release_(released_.get_future().share()) {
  HttpRouter router;
  const auto add = [&](std::string method, std::string pattern, HttpHandler handler,
                       HttpPace pace = HttpPace::Quick, bool open = false) {
    router.add({std::move(method), std::move(pattern), std::move(handler), pace, {64 << 10}, open});
  };
  add("GET", "/hello", [](const HttpRequest&) { return text("hello"); });
  add("GET", "/query", [](const HttpRequest& request) { return text(lines_of(request.query)); });
  add("GET", "/headers",
      [](const HttpRequest& request) { return text(lines_of(request.headers)); });
  add("POST", "/echo", [](const HttpRequest& request) { return text(request.body); });
  add(
      "POST", "/wait",
      [this](const HttpRequest&) {
        release_.wait();
        return text("done");
      },
      HttpPace::Long);
  add("GET", "/throw",
      [](const HttpRequest&) -> HttpResponse { throw Error(ErrorCode::InvalidArgument, "no"); });
  for (const char* path : {"/no-memory", "/no-memory-at-all"}) {
    add("GET", path, [](const HttpRequest&) -> HttpResponse { throw std::bad_alloc(); });
  }
  add("GET", "/bad-header", [](const HttpRequest&) -> HttpResponse {
    return {200, {{"X-A", "b\r\nSet-Cookie: c"}}, std::string("x")};
  });
  add("GET", "/file", [this](const HttpRequest&) -> HttpResponse {
    return {200, {{"Content-Type", "video/mp4"}}, HttpFile{file_path}};
  });
  add("GET", "/text", [](const HttpRequest&) -> HttpResponse {
    return {200, {{"ETag", "\"t1\""}, {"Accept-Ranges", "bytes"}}, std::string("0123456789")};
  });
  add("GET", "/pieces/{how}",
      [](const HttpRequest& request) { return pieces_of(request.path_value("how")); });
  add("GET", "/events", [this](const HttpRequest&) -> HttpResponse {
    return {200, {}, HttpEvents{hub_}};
  });
  add(
      "GET", "/open", [](const HttpRequest&) { return text("open"); }, HttpPace::Quick, true);
  add("GET", "/big", [](const HttpRequest&) { return text(std::string(8 << 20, 'b')); });
  add("GET", "/values/{a}/{rest...}",
      [](const HttpRequest& request) { return text(lines_of(request.path_values)); });
  if (more_routes) {
    more_routes(router);
  }
  server_ = std::make_unique<HttpServer>(std::move(options), std::move(router), answer_of_failure);
  thread_ = std::thread([this] { server_->run(); });
}

TestServer::~TestServer() {
  release();
  stop(std::chrono::milliseconds(100));
}

void TestServer::release() {
  if (release_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    released_.set_value();
  }
}

void TestServer::stop(std::chrono::milliseconds grace) {
  if (thread_.joinable()) {
    server_->stop(grace);
    thread_.join();
  }
}

bool TestServer::until(const std::function<bool(const HttpServerCounts&)>& holds) const {
  for (int i = 0; i < 500; ++i) {
    if (holds(server_->counts())) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace ptravel::test
