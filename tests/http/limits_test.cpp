// What is refused, and that the server goes on afterwards: sizes, times, broken requests.
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/http/raw_client.h"
#include "tests/http/test_server.h"

namespace ptravel::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

const std::string kHost = "Host: localhost\r\n";

/// Status of the answer to these bytes on a connection of their own.
int status_of(const TestServer& server, std::string_view bytes) {
  RawClient client(server.port());
  return client.ask(bytes).status;
}

/// The head of a POST of /echo with these header lines.
std::string echo(const std::string& lines) {
  return "POST /echo HTTP/1.1\r\n" + kHost + lines + "\r\n";
}

TEST(HttpLimits, BodiesWithALengthBeyondTheLimit) {
  TestServer server;
  RawClient client(server.port());
  EXPECT_EQ(client.ask(post("/echo", std::string(64 << 10, 'x'))).status, 200);
  // Refused before any of it comes.
  const RawReply reply = client.ask(echo("Content-Length: 65537\r\n"));
  EXPECT_EQ(reply.status, 413);
  EXPECT_THAT(reply.body, HasSubstr("\"code\":\"too_large\""));
  EXPECT_THAT(reply.body, HasSubstr("65536"));
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_EQ(status_of(server, echo("Content-Length: 18446744073709551615\r\n")), 413);
  EXPECT_EQ(status_of(server, echo("Content-Length: 99999999999999999999\r\n")), 400);
}

TEST(HttpLimits, WhoSendsOnCanStillReadTheAnswer) {
  TestServer server;
  RawClient client(server.port());
  client.send(post("/echo", std::string(8 << 20, 'x')));
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.ends());
}

TEST(HttpLimits, ChunksBeyondTheLimit) {
  TestServer server;
  RawClient client(server.port());
  client.send(echo("Transfer-Encoding: chunked\r\n"));
  std::string chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  for (int i = 0; i < 17; ++i) {
    client.send(chunk);
  }
  const RawReply reply = client.receive();
  EXPECT_EQ(reply.status, 413);
  EXPECT_THAT(reply.body, HasSubstr("65536"));
  // A chunk that says it is too large, without any of its bytes.
  EXPECT_EQ(status_of(server, echo("Transfer-Encoding: chunked\r\n") + "fffffffffffffff\r\n"), 413);
}

TEST(HttpLimits, ExpectContinueIsRefusedBeforeTheBody) {
  TestServer server;
  RawClient client(server.port());
  EXPECT_EQ(client.ask(echo("Content-Length: 70000\r\nExpect: 100-continue\r\n")).status, 413);
  EXPECT_EQ(status_of(server, echo("Content-Length: 1\r\nExpect: 200-maybe\r\n")), 417);
}

TEST(HttpLimits, AllBodiesTogether) {
  HttpServerOptions options = quick_options();
  options.body_bytes_in_all = 100 << 10;
  TestServer server(options);
  RawClient first(server.port());
  first.send(echo("Content-Length: 60000\r\n") + std::string(59999, 'x'));
  std::this_thread::sleep_for(milliseconds(200));
  RawClient second(server.port());
  EXPECT_EQ(second.ask(post("/echo", std::string(60000, 'y'))).status, 503);
  EXPECT_EQ(first.ask("x").status, 200);
  EXPECT_EQ(status_of(server, post("/echo", std::string(60000, 'y'))), 200) << "given back";
}

TEST(HttpLimits, HeadsThatAreTooLarge) {
  TestServer server;
  EXPECT_EQ(status_of(server, get("/hello", "X-Long: " + std::string(15000, 'x') + "\r\n")), 200);
  EXPECT_EQ(status_of(server, get("/hello", "X-Long: " + std::string(17000, 'x') + "\r\n")), 431);
  EXPECT_EQ(status_of(server, get("/hello?" + std::string(20000, 'x'))), 431);
  std::string many;
  for (int i = 0; i < 20000; ++i) {
    many += "X-" + std::to_string(i) + ": 1\r\n";
  }
  EXPECT_EQ(status_of(server, get("/hello", many)), 431);
  EXPECT_EQ(status_of(server, std::string(100000, 'x')), 431);
}

TEST(HttpLimits, HeadsThatComeTooSlowly) {
  TestServer server;
  RawClient client(server.port());
  client.send("GET /hello HTTP/1.1\r\n");
  const auto begin = std::chrono::steady_clock::now();
  std::string reply;
  for (int i = 0; i < 50 && reply.empty(); ++i) {  // a byte now and then does not help
    client.send("X");
    reply = client.read_some(milliseconds(100));
  }
  EXPECT_THAT(reply, HasSubstr("408 Request Timeout"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(HttpLimits, BodiesThatStop) {
  TestServer server;
  RawClient client(server.port());
  EXPECT_EQ(client.ask(echo("Content-Length: 10\r\n") + "abc").status, 408);
  EXPECT_EQ(status_of(server, echo("Transfer-Encoding: chunked\r\n") + "5\r\nab"), 408);
}

TEST(HttpLimits, BodiesThatDrip) {
  TestServer server;
  RawClient client(server.port());
  client.send(echo("Content-Length: 1000\r\n"));
  std::string reply;
  for (int i = 0; i < 50 && reply.empty(); ++i) {
    client.send("x");
    reply = client.read_some(milliseconds(100));
  }
  EXPECT_THAT(reply, HasSubstr("408 Request Timeout"));
}

TEST(HttpLimits, IdleConnectionsEnd) {
  TestServer server;
  RawClient silent(server.port());
  RawClient used(server.port());
  used.ask(get("/hello"));
  EXPECT_FALSE(used.ends(milliseconds(1000)));
  EXPECT_TRUE(used.ends(milliseconds(3000)));
  EXPECT_TRUE(silent.ends(milliseconds(3000)));
}

TEST(HttpLimits, AClientThatTakesNothingIsLetGo) {
  TestServer server;
  RawClient client(server.port(), 4096);
  client.send(get("/big"));
  EXPECT_TRUE(server.until([](const auto& counts) { return counts.connections == 1; }));
  EXPECT_TRUE(server.until([](const auto& counts) { return counts.connections == 0; }));
}

TEST(HttpLimits, CompressedBodiesAreRefused) {
  TestServer server;
  for (const std::string encoding : {"gzip", "br", "deflate, gzip"}) {
    EXPECT_EQ(status_of(server, post("/echo", "x", "Content-Encoding: " + encoding + "\r\n")), 415);
  }
  EXPECT_EQ(status_of(server, post("/echo", "x", "Content-Encoding: identity\r\n")), 200);
}

TEST(HttpLimits, RequestsWithTwoEndsAreRefused) {
  // What stands behind is a second request to who counts otherwise: it is never looked at.
  const std::string hidden = "0\r\n\r\nGET /hello HTTP/1.1\r\n" + kHost + "\r\n";
  struct Case {
    std::string lines;
    int status;
  };
  for (const Case& each :
       std::vector<Case>{{"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
                         {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
                         {"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
                         {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
                         {"Content-Length: 5, 5\r\n", 400},
                         {"Content-Length: +5\r\n", 400},
                         {"Content-Length: -5\r\n", 400},
                         {"Content-Length: 5 \r\nTransfer-Encoding: identity\r\n", 400},
                         {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
                         {"Transfer-Encoding: gzip, chunked\r\n", 501},
                         {"Transfer-Encoding: xchunked\r\n", 501},
                         {"Transfer-Encoding: identity\r\n", 501},
                         {"Transfer-Encoding : chunked\r\n", 400}}) {
    TestServer server;
    RawClient client(server.port());
    EXPECT_EQ(client.ask(echo(each.lines) + hidden).status, each.status) << each.lines;
    EXPECT_EQ(client.receive().status, 0) << each.lines;
  }
  TestServer server;
  EXPECT_EQ(status_of(server, "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + hidden),
            400);
}

TEST(HttpLimits, BrokenRequests) {
  TestServer server;
  for (const std::string bytes :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET /hello\r\n\r\n", "\x16\x03\x01\x02\x01\x01\r\n\r\n",
        "GET /hello HTTP/1.1\r\nno colon\r\n\r\n", "GET /hello HTTP/1.1\r\nA b: c\r\n\r\n",
        "GET  /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\x01\r\n\r\n",
        "GET hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: local host\r\n\r\n",
        "GET http://other/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"}) {
    RawClient client(server.port());
    const RawReply reply = client.ask(bytes);
    EXPECT_EQ(reply.status, 400) << bytes;
    EXPECT_THAT(reply.body, HasSubstr(R"({"error":{"code":"invalid_argument")")) << bytes;
  }
  for (const std::string version : {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "JTTP/1.1"}) {
    EXPECT_EQ(status_of(server, "GET /hello " + version + "\r\n" + kHost + "\r\n"), 505) << version;
  }
  for (const std::string chunks :
       {"x\r\n", "5\r\nhelloX0\r\n\r\n", "-1\r\n", " 5\r\nhello\r\n0\r\n\r\n"}) {
    EXPECT_EQ(status_of(server, echo("Transfer-Encoding: chunked\r\n") + chunks), 400) << chunks;
  }
  EXPECT_EQ(status_of(server, get("/hello")), 200);
}

TEST(HttpLimits, PathsThatLeadElsewhere) {
  TestServer server;
  for (const std::string path : {"/..", "/a/../hello", "/./hello", "/%2e%2e/hello", "/a/%2E%2e",
                                 "/a/..%2fhello", "/hel%00lo", "/%ff", "/%c0%ae", "/%", "/%4",
                                 "/%zz", "/a\\..\\b", "/hello#x", "/hello?a=%f", "/hello?%00"}) {
    EXPECT_EQ(status_of(server, get(path)), 400) << path;
  }
  for (const std::string path : {"//hello", "/hello/", "/values//b", "/values/a/", "/hello%2f",
                                 "/Hello", "/hello.", "/...", "/"}) {
    EXPECT_EQ(status_of(server, get(path)), 404) << path;
  }
}

TEST(HttpLimits, ManyConnectionsAreKept) {
  HttpServerOptions options = quick_options();
  options.idle_time = std::chrono::seconds(30);
  TestServer server(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
  }
  for (int round = 0; round < 5; ++round) {
    for (auto& client : clients) {
      ASSERT_TRUE(client->send(get("/query?n=1")));
    }
    for (auto& client : clients) {
      ASSERT_EQ(client->receive().body, "n=1\n");
    }
  }
  EXPECT_EQ(server.server().counts().connections, 200U);
  EXPECT_EQ(server.server().counts().requests, 1000U);
}

/// Lets the process have enough descriptors for both sides of many connections.
bool allow_descriptors(rlim_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < count) {
    return false;
  }
  limit.rlim_cur = std::max(limit.rlim_cur, count);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// Options with which nothing ends by itself during a test.
HttpServerOptions patient_options() {
  HttpServerOptions options;
  options.port = 0;
  return options;
}

TEST(HttpLimits, SlowBodiesMakeRoomForNewClients) {
  ASSERT_TRUE(allow_descriptors(2048));
  const TestServer server(patient_options());  // bodies have a minute, and places are 512
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 600; ++i) {
    slow.push_back(std::make_unique<RawClient>(server.port()));
    slow.back()->send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n12345");
  }
  RawClient good(server.port());
  EXPECT_EQ(good.ask(get("/hello")).status, 200);
  EXPECT_TRUE(slow.front()->ends());
  // Whoever sent the whole request, or does so now, gets its answer.
  EXPECT_TRUE(slow.back()->send("6789"));
  EXPECT_EQ(slow.back()->receive().body, "123456789");
}

TEST(HttpLimits, WhoWaitedLongestMakesRoomWhateverItWaitsFor) {
  HttpServerOptions options = patient_options();
  options.connections = 5;
  TestServer server(options);
  const auto has = [&](std::uint64_t connections) {
    return server.until([&](const auto& counts) { return counts.connections == connections; });
  };
  RawClient head(server.port());
  head.send("GET /hello HTTP/1.1\r\nHost:");
  EXPECT_TRUE(has(1));
  RawClient taking_nothing(server.port(), 4096);
  taking_nothing.send(get("/big"));
  EXPECT_TRUE(has(2));
  RawClient working(server.port());
  working.send(post("/wait", ""));
  EXPECT_TRUE(has(3));
  RawClient events(server.port());
  events.send(get("/events"));
  EXPECT_TRUE(server.until([](const auto& counts) { return counts.listeners == 1; }));
  // The fifth has a place, for which the first goes, and so on.
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto next = [&] {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    return clients.back()->ask(get("/hello")).status;
  };
  EXPECT_EQ(next(), 200);
  EXPECT_TRUE(head.ends());
  // Its turn comes when the server has made /big and written what fits between them.
  bool gone = false;
  for (int i = 0; i < 500 && !gone; ++i) {
    EXPECT_EQ(next(), 200);
    gone = !taking_nothing.send("\r\n");
  }
  EXPECT_TRUE(gone);
  EXPECT_FALSE(events.read_until("snapshot").empty());
  server.release();
  EXPECT_EQ(working.receive().body, "done");
}

TEST(HttpLimits, EventStreamsMakeRoomWhereNothingElseWaits) {
  HttpServerOptions options = patient_options();
  options.connections = 4;
  const TestServer server(options);
  std::vector<std::unique_ptr<RawClient>> streams;
  for (int i = 0; i < 4; ++i) {
    streams.push_back(std::make_unique<RawClient>(server.port()));
    streams.back()->send(get("/events"));
    EXPECT_FALSE(streams.back()->read_until("snapshot").empty());
  }
  RawClient good(server.port());
  EXPECT_EQ(good.ask(get("/hello")).status, 200);
  EXPECT_FALSE(streams[0]->read_until("0\r\n\r\n").empty());
}

TEST(HttpLimits, IdleConnectionsMakeRoomForNewOnes) {
  HttpServerOptions options = quick_options();
  options.connections = 4;
  options.idle_time = std::chrono::seconds(30);
  TestServer server(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    ASSERT_EQ(clients.back()->ask(get("/hello")).status, 200) << i;
    ASSERT_LE(server.server().counts().connections, 4U);
  }
}

}  // namespace
}  // namespace ptravel::test
