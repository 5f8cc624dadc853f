// How a server ends: what is waiting, what is being made, what is being sent.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>  // Asio 1.74 takes std::exchange and does not include it
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/connection.h"
#include "http/server_core.h"
#include "tests/http/raw_client.h"
#include "tests/http/test_server.h"

namespace ptravel::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// More than any machine needs to end: who waits for all of it waited for a client.
constexpr std::chrono::seconds kGrace{10};

TEST(HttpStop, IdleConnectionsDoNotHoldItUp) {
  TestServer server;
  RawClient idle(server.port());
  idle.ask(get("/hello"));
  RawClient half(server.port());
  half.send("GET /hel");
  RawClient silent(server.port());
  ASSERT_TRUE(server.until([](const auto& counts) { return counts.connections == 3; }));
  const auto begin = Clock::now();
  server.stop(kGrace);
  EXPECT_LT(Clock::now() - begin, kGrace);
  EXPECT_TRUE(idle.ends());
  EXPECT_TRUE(half.ends());
  RawClient late(server.port());
  EXPECT_EQ(late.ask(get("/hello")).status, 0);
}

TEST(HttpStop, AnswersThatAreBeingMadeAreGiven) {
  TestServer server;
  RawClient client(server.port());
  client.send(post("/wait", ""));
  ASSERT_TRUE(server.until([](const auto& counts) { return counts.requests == 1; }));
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(300));
    server.release();
  });
  server.stop(std::chrono::seconds(10));
  later.join();
  const RawReply reply = client.receive();
  EXPECT_EQ(reply.body, "done");
  EXPECT_TRUE(client.ends());
}

TEST(HttpStop, RunReturnsWhenHandlersHaveEndedThoughGraceIsOver) {
  TestServer server;
  RawClient client(server.port());
  client.send(post("/wait", ""));
  ASSERT_TRUE(server.until([](const auto& counts) { return counts.requests == 1; }));
  const auto begin = Clock::now();
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(600));
    server.release();
  });
  server.stop(milliseconds(100));
  EXPECT_GT(Clock::now() - begin, milliseconds(500)) << "the handler was still at work";
  later.join();
  EXPECT_EQ(client.receive().status, 0);
}

TEST(HttpStop, AClientThatTakesNothingHasTheGraceOnly) {
  HttpServerOptions options = quick_options();
  options.body_time = std::chrono::seconds(60);
  TestServer server(options);
  RawClient client(server.port(), 4096);
  client.send(get("/big"));
  std::this_thread::sleep_for(milliseconds(200));
  const auto begin = Clock::now();
  server.stop(milliseconds(300));
  EXPECT_LT(Clock::now() - begin, options.body_time / 2);
}

TEST(HttpStop, BeforeRunItReturnsAtOnce) {
  HttpServer server(quick_options(), {}, [](const HttpRequest&) { return HttpResponse(); });
  server.stop();
  server.stop();
  server.run();
}

/// What uses the server's parts ends before them, whoever ended the loop.
TEST(HttpStop, ConnectionsThatAreLeftEndWithTheServer) {
  const auto hub = std::make_shared<EventHub>([] { return std::string("{}"); });
  HttpRouter router;
  router.add({"GET", "/events", [&hub](const HttpRequest&) -> HttpResponse {
                return {200, {}, HttpEvents{hub}};
              }});
  auto core = std::make_unique<HttpServerCore>(quick_options(), std::move(router),
                                               [](const HttpRequest&) { return HttpResponse(); });
  using boost::asio::ip::tcp;
  tcp::acceptor acceptor(core->io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto connect = [&](std::string_view first_bytes) {
    clients.push_back(std::make_unique<RawClient>(acceptor.local_endpoint().port()));
    clients.back()->send(first_bytes);
    boost::asio::co_spawn(
        core->io, HttpConnection::serve(std::make_shared<HttpConnection>(*core, acceptor.accept())),
        boost::asio::detached);
  };
  connect(get("/events"));
  connect("GET /hel");
  connect("");
  for (int i = 0; i < 500 && core->listeners == 0; ++i) {
    core->io.run_for(milliseconds(10));
  }
  EXPECT_EQ(core->listeners, 1U);
  EXPECT_EQ(core->open_connections, 3U);
  acceptor.close();
  core.reset();
  hub->publish("note", "to nobody");
  for (auto& client : clients) {
    EXPECT_TRUE(client->ends());
  }
}

TEST(HttpStop, WithManyListenersWhileEventsCome) {
  TestServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(get("/events"));
  }
  ASSERT_TRUE(server.until([](const auto& counts) { return counts.listeners == 50; }));
  std::atomic<bool> over{false};
  std::thread publisher([&] {
    while (!over) {
      server.hub().publish("progress", std::string(1000, 'x'), "a");
      server.hub().publish("frame", std::string(1000, 'y'));
    }
  });
  std::this_thread::sleep_for(milliseconds(200));
  const auto begin = Clock::now();
  server.stop(kGrace);
  EXPECT_LT(Clock::now() - begin, kGrace);
  over = true;
  publisher.join();
  for (auto& client : clients) {
    EXPECT_TRUE(client->ends());
  }
}

}  // namespace
}  // namespace ptravel::test
