// Requests and answers over a socket: what a plain client sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/http/raw_client.h"
#include "tests/http/test_server.h"

namespace ptravel::test {
namespace {

using testing::HasSubstr;

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const RawReply reply = client.ask(get("/hello"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "hello");
    EXPECT_EQ(reply.header("content-length"), "5");
    EXPECT_EQ(reply.header("connection"), "");
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(reply.header("referrer-policy"), "no-referrer");
    EXPECT_THAT(reply.header("x-process-time"), testing::MatchesRegex("[0-9]+[.][0-9]{1,4}"));
    EXPECT_THAT(reply.header("date"), HasSubstr(" GMT"));
  }
  EXPECT_EQ(server.server().counts().requests, 3U);
  EXPECT_EQ(server.server().counts().connections, 1U);
}

TEST(HttpServer, EndsTheConnectionWhenAsked) {
  TestServer server;
  RawClient client(server.port());
  const RawReply reply = client.ask(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(HttpServer, SpeaksHttp10) {
  TestServer server;
  RawClient plain(server.port());
  const RawReply reply = plain.ask("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(reply.body, "hello");
  EXPECT_TRUE(plain.ends());

  RawClient kept(server.port());
  const std::string request = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_EQ(kept.ask(request).header("connection"), "keep-alive");
  EXPECT_EQ(kept.ask(request).body, "hello");
}

TEST(HttpServer, PiecesToHttp10EndWithTheConnection) {
  TestServer server;
  RawClient client(server.port());
  const RawReply reply = client.ask("GET /pieces/good HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(reply.header("transfer-encoding"), "");
  EXPECT_EQ(reply.body.size(), 3000U);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/query?n=1") + post("/echo", "two") + get("/query?n=3"));
  EXPECT_EQ(client.receive().body, "n=1\n");
  EXPECT_EQ(client.receive().body, "two");
  EXPECT_EQ(client.receive().body, "n=3\n");
}

TEST(HttpServer, HeadHasTheHeadersOfGet) {
  TestServer server;
  RawClient client(server.port());
  for (const std::string path : {"/hello", "/pieces/known", "/pieces/good", "/events"}) {
    client.send("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.receive(true).status, 200) << path;
    if (path == "/events") {
      break;
    }
    const RawReply after = client.ask(get("/hello"));
    EXPECT_EQ(after.body, "hello") << path;
  }
}

TEST(HttpServer, EchoesBodiesOfBothKinds) {
  TestServer server;
  RawClient client(server.port());
  const std::string body(60000, 'x');
  EXPECT_EQ(client.ask(post("/echo", body)).body, body);
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=value\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
  EXPECT_EQ(client.ask(chunked).body, "hello world");
  // Byte by byte: every state of the parser sees an end.
  for (char c : chunked) {
    client.send({&c, 1});
  }
  EXPECT_EQ(client.receive().body, "hello world");
}

TEST(HttpServer, AnswersExpectContinueBeforeTheBody) {
  TestServer server;
  RawClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("100 Continue"));
  EXPECT_EQ(client.ask("abc").body, "abc");
}

TEST(HttpServer, DecodesQueryAndPath) {
  TestServer server;
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/query?a+b=%C3%A9&c&d=1=2&")).body, "a b=é\nc=\nd=1=2\n");
  EXPECT_EQ(client.ask(get("/query?")).body, "");
  EXPECT_EQ(client.ask(get("/values/a%20+b/c/d%3F")).body, "a=a +b\nrest=c/d?\n");
  EXPECT_EQ(client.ask(get("http://localhost/query?x=1")).body, "x=1\n");
}

TEST(HttpServer, NamesOfHeadersAreLowerCase) {
  TestServer server;
  RawClient client(server.port());
  EXPECT_THAT(client.ask(get("/headers", "X-ThiNG: VaLue\r\n")).body, HasSubstr("x-thing=VaLue\n"));
}

TEST(HttpServer, FailuresOfHandlersBecomeAnswers) {
  TestServer server;
  RawClient client(server.port());
  const RawReply reply = client.ask(get("/throw"));
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.body, "{\"failed\":\"invalid_argument\"}");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST(HttpServer, HeadersThatSplitAnAnswerAreNeverSent) {
  TestServer server;
  RawClient client(server.port());
  const RawReply reply = client.ask(get("/bad-header"));
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.header("set-cookie"), "");
}

TEST(HttpServer, PiecesComeInChunksOrWithTheirLength) {
  TestServer server;
  RawClient client(server.port());
  const RawReply chunked = client.ask(get("/pieces/good"));
  EXPECT_EQ(chunked.header("transfer-encoding"), "chunked");
  EXPECT_EQ(chunked.body.size(), 3000U);
  EXPECT_TRUE(chunked.whole);
  const RawReply known = client.ask(get("/pieces/known"));
  EXPECT_EQ(known.header("content-length"), "3000");
  EXPECT_EQ(known.body, chunked.body);
}

TEST(HttpServer, PiecesThatFailAreNotTakenForWhole) {
  for (const std::string how : {"fails", "short", "more"}) {
    TestServer server;
    RawClient client(server.port());
    const RawReply reply = client.ask(get("/pieces/" + how));
    EXPECT_EQ(reply.status, 200) << how;
    EXPECT_FALSE(reply.whole) << how;
    EXPECT_TRUE(client.ends()) << how;
  }
}

TEST(HttpServer, LargeBodiesComeWhole) {
  TestServer server;
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/big")).body.size(), std::size_t{8} << 20);
}

TEST(HttpServer, UnknownPathsAndMethods) {
  TestServer server;
  RawClient client(server.port());
  const RawReply missing = client.ask(get("/nothing"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr(R"({"error":{"code":"not_found","message":)"));
  const RawReply wrong = client.ask(post("/hello", ""));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "GET, HEAD");
  EXPECT_EQ(server.server().counts().refused, 2U);
}

TEST(HttpServer, LongHandlersDoNotHoldUpQuickOnes) {
  HttpServerOptions options = quick_options();
  options.long_handlers = 2;
  TestServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  first.send(post("/wait", ""));
  second.send(post("/wait", ""));
  ASSERT_TRUE(server.until([](const HttpServerCounts& counts) { return counts.requests == 2; }));
  RawClient third(server.port());
  EXPECT_EQ(third.ask(post("/wait", "")).status, 503);
  EXPECT_EQ(third.ask(get("/hello")).body, "hello");
  server.release();
  EXPECT_EQ(first.receive().body, "done");
  EXPECT_EQ(second.receive().body, "done");
  EXPECT_EQ(third.ask(post("/wait", "")).body, "done");
}

TEST(HttpServer, AnAddressThatIsTakenIsNamed) {
  TestServer server;
  HttpServerOptions options = quick_options();
  options.port = server.port();
  try {
    HttpServer other(options, {}, [](const HttpRequest&) { return json_response(500, ""); });
    FAIL() << "two servers at one address";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Io);
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:" + std::to_string(server.port())));
  }
}

TEST(HttpServer, UrlNamesAnAddressThatCanBeOpened) {
  HttpServerOptions options = quick_options();
  options.host = "0.0.0.0";
  HttpServer server(options, {}, [](const HttpRequest&) { return json_response(500, ""); });
  EXPECT_EQ(server.url(), "http://127.0.0.1:" + std::to_string(server.port()) + "/");
}

}  // namespace
}  // namespace ptravel::test
