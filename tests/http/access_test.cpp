// Who may talk to the server: hosts, origins, users.
#include "http/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/http/raw_client.h"
#include "tests/http/test_server.h"

namespace ptravel::test {
namespace {

using testing::HasSubstr;

HttpRequest request_with(HttpFields headers, std::string method = "POST") {
  HttpRequest request;
  request.method = std::move(method);
  request.path = "/";
  request.headers = std::move(headers);
  return request;
}

int host_status(const HttpServerOptions& options, const std::string& host) {
  const auto refusal = HttpAccess(options).check_host(request_with({{"host", host}}), true);
  return refusal ? refusal->status : 0;
}

int origin_status(const HttpServerOptions& options,
                  HttpFields headers,
                  std::string method = "POST") {
  const auto refusal =
      HttpAccess(options).check_origin(request_with(std::move(headers), std::move(method)));
  return refusal ? refusal->status : 0;
}

TEST(HttpAccess, ALoopbackServerHasNamesOfThisMachineAlone) {
  HttpServerOptions options;
  for (const std::string host : {"localhost", "LOCALHOST:7861", "127.0.0.1", "127.0.0.1:80",
                                 "127.8.9.1", "[::1]:7861", "localhost.", "localhost:"}) {
    EXPECT_EQ(host_status(options, host), 0) << host;
  }
  for (const std::string host : {"evil.example", "localhost.evil.example", "10.0.0.1", "0.0.0.0",
                                 "127.0.0.1.evil.example", "[2001:db8::1]", "128.0.0.1"}) {
    EXPECT_EQ(host_status(options, host), 403) << host;
  }
  for (const std::string host : {"", "a b", "a/b", "user@localhost", "localhost:99999", "[::1",
                                 "localhost:8x", "a,b", "[evil]"}) {
    EXPECT_EQ(host_status(options, host), 400) << host;
  }
  options.allowed_hosts = {"Studio.example"};
  EXPECT_EQ(host_status(options, "studio.example:8080"), 0);
  EXPECT_EQ(host_status(options, "evil.example"), 403);
}

TEST(HttpAccess, AServerForOthersHasAnyNameUnlessSomeAreGiven) {
  HttpServerOptions options;
  options.host = "0.0.0.0";
  EXPECT_EQ(host_status(options, "anything.example"), 0);
  options.allowed_hosts = {"studio.example"};
  EXPECT_EQ(host_status(options, "anything.example"), 403);
  EXPECT_EQ(host_status(options, "studio.example"), 0);
  EXPECT_EQ(host_status(options, "192.168.1.5:7861"), 0) << "numbers cannot be rebound";
}

TEST(HttpAccess, OriginsOfThisServerPass) {
  const HttpServerOptions options;
  EXPECT_EQ(origin_status(options, {{"host", "localhost:7861"}}), 0) << "no origin";
  for (const auto& [host, origin] : std::vector<std::pair<std::string, std::string>>{
           {"localhost:7861", "http://localhost:7861"},
           {"LocalHost:7861", "http://LOCALHOST:7861"},
           {"127.0.0.1", "http://127.0.0.1:80"},
           {"[::1]:7861", "http://[::1]:7861"},
           {"studio.example", "https://studio.example"}}) {
    EXPECT_EQ(origin_status(options, {{"host", host}, {"origin", origin}}), 0) << origin;
  }
}

TEST(HttpAccess, ForeignOriginsAreRefused) {
  const HttpServerOptions options;
  for (const std::string origin :
       {"http://evil.example", "http://localhost", "http://localhost:3000",
        "https://localhost:7861x", "null", "", "file://", "http://localhost:7861/",
        "http://localhost:7861@evil.example", "chrome-extension://localhost:7861",
        "http://evil.example http://localhost:7861"}) {
    EXPECT_EQ(origin_status(options, {{"host", "localhost:7861"}, {"origin", origin}}), 403)
        << origin;
  }
  const HttpFields two = {{"host", "localhost:7861"},
                          {"origin", "http://localhost:7861"},
                          {"origin", "http://evil.example"}};
  EXPECT_EQ(origin_status(options, two), 403);
}

TEST(HttpAccess, FormsOfOtherSitesAreRefusedWithoutAnOriginToo) {
  const HttpServerOptions options;
  const HttpFields cross = {{"host", "localhost"}, {"sec-fetch-site", "cross-site"}};
  EXPECT_EQ(origin_status(options, cross), 403);
  EXPECT_EQ(origin_status(options, cross, "GET"), 0) << "a link that is followed";
  for (const auto& [from, status] :
       {std::pair("same-site", 403), std::pair("same-origin", 0), std::pair("none", 0)}) {
    const HttpFields headers = {{"host", "localhost"}, {"sec-fetch-site", from}};
    EXPECT_EQ(origin_status(options, headers), status) << from;
  }
}

TEST(HttpAccess, AllowedOriginsPassAndMayReadAnswers) {
  HttpServerOptions options;
  options.allowed_origins = {"https://Tavern.example/", "http://other.example:80"};
  const HttpAccess access(options);
  for (const std::string origin :
       {"https://tavern.example", "https://tavern.example:443", "http://other.example"}) {
    const HttpRequest request = request_with({{"host", "localhost"}, {"origin", origin}});
    EXPECT_FALSE(access.check_origin(request)) << origin;
    const HttpFields headers = access.cors_headers(request);
    EXPECT_THAT(headers, testing::Contains(testing::Pair("Access-Control-Allow-Origin", origin)));
    EXPECT_THAT(headers, testing::Contains(testing::Pair("Vary", "Origin")));
  }
  const HttpRequest foreign = request_with({{"host", "localhost"}, {"origin", "http://x.example"}});
  EXPECT_TRUE(access.check_origin(foreign));
  EXPECT_THAT(access.cors_headers(foreign),
              testing::Not(testing::Contains(testing::Key("Access-Control-Allow-Origin"))));
}

TEST(HttpAccess, AStarAllowsAllButNoPasswords) {
  HttpServerOptions options;
  options.allowed_origins = {"*"};
  const HttpAccess access(options);
  const HttpRequest request = request_with({{"host", "localhost"}, {"origin", "null"}});
  EXPECT_FALSE(access.check_origin(request));
  EXPECT_THAT(access.cors_headers(request),
              testing::Not(testing::Contains(testing::Key("Access-Control-Allow-Credentials"))));
}

int user_status(const std::optional<std::string>& authorization) {
  HttpServerOptions options;
  options.users = {{"ann", "pa:ss"}, {"böb", ""}};
  HttpFields headers;
  if (authorization) {
    headers.emplace_back("authorization", *authorization);
  }
  const auto refusal = HttpAccess(options).check_user(request_with(headers));
  return refusal ? refusal->status : 0;
}

TEST(HttpAccess, UsersAreKnownByNameAndPassword) {
  EXPECT_EQ(user_status("Basic YW5uOnBhOnNz"), 0);  // ann:pa:ss
  EXPECT_EQ(user_status("basic  YW5uOnBhOnNz "), 0);
  EXPECT_EQ(user_status("Basic YsO2Yjo="), 0);  // böb:
  EXPECT_EQ(user_status("Basic YsO2Yjo"), 0) << "without padding";
  for (const std::string wrong :
       {"Basic YW5uOnBhOnN6", "Basic YW5uOg==", "Basic YW5uOnBhOnNzcw==", "Basic Og==", "Basic",
        "Basic ", "Bearer YW5uOnBhOnNz", "YW5uOnBhOnNz", "Basic YW5u*nBhOnNz", "Basic QQ", "",
        "Basic YW5uOnBh"}) {
    EXPECT_EQ(user_status(wrong), 401) << wrong;
  }
  EXPECT_EQ(user_status(std::nullopt), 401);
}

TEST(HttpAccess, WithoutUsersAnyAuthorizationIsIgnored) {
  const HttpAccess access{HttpServerOptions()};
  for (const std::string header : {"Basic ", "Basic undefined", "Basic Tm9uZTpOb25l", ""}) {
    EXPECT_FALSE(access.check_user(request_with({{"authorization", header}}))) << header;
  }
}

TEST(HttpServerAccess, PasswordsGoBeforeEverythingButOpenRoutes) {
  HttpServerOptions options = quick_options();
  options.users = {{"ann", "pa:ss"}};
  TestServer server(options);
  RawClient client(server.port());
  for (const std::string path : {"/hello", "/nothing", "/hello/"}) {
    const RawReply reply = client.ask(get(path));
    EXPECT_EQ(reply.status, 401) << path;
    EXPECT_THAT(reply.header("www-authenticate"), HasSubstr("Basic realm="));
    EXPECT_THAT(reply.body, HasSubstr("Not authenticated"));
  }
  EXPECT_EQ(client.ask(get("/open")).body, "open");
  EXPECT_THAT(client.ask(get("/hello", "Authorization: Basic QTpC\r\n")).body,
              HasSubstr("Incorrect username or password"));
  EXPECT_EQ(client.ask(get("/hello", "Authorization: Basic YW5uOnBhOnNz\r\n")).body, "hello");
  const RawReply body = client.ask(post("/echo", "x"));
  EXPECT_EQ(body.status, 401);
}

TEST(HttpServerAccess, ForeignHostsAndOriginsReachNoHandler) {
  bool reached = false;
  TestServer server(quick_options(), [&](HttpRouter& router) {
    router.add({"POST", "/reach", [&](const HttpRequest&) {
                  reached = true;
                  return json_response(200, "{}");
                }});
  });
  const auto ask = [&](const std::string& host, const std::string& more) {
    RawClient client(server.port());
    return client
        .ask("POST /reach HTTP/1.1\r\nHost: " + host + "\r\n" + more + "Content-Length: 0\r\n\r\n")
        .status;
  };
  EXPECT_EQ(ask("evil.example", ""), 403);
  EXPECT_EQ(ask("localhost", "Origin: http://evil.example\r\n"), 403);
  EXPECT_EQ(ask("localhost", "Origin: null\r\n"), 403);
  EXPECT_FALSE(reached);
  const std::string here = "localhost:" + std::to_string(server.port());
  EXPECT_EQ(ask(here, "Origin: http://" + here + "\r\n"), 200);
  EXPECT_TRUE(reached);
}

TEST(HttpServerAccess, CorsHeadersAreOnEveryAnswer) {
  HttpServerOptions options = quick_options();
  options.allowed_origins = {"http://tavern.example"};
  options.users = {{"ann", "pa:ss"}};
  TestServer server(options);
  const std::string origin = "Origin: http://tavern.example\r\n";
  const std::string user = "Authorization: Basic YW5uOnBhOnNz\r\n";
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {get("/hello", origin + user), 200},
           {get("/hello", origin), 401},
           {get("/nothing", origin + user), 404},
           {get("/throw", origin + user), 422},
           {get("/%zz", origin + user), 400},
           {get("/hello", origin + user + "X-L: " + std::string(20000, 'x') + "\r\n"), 431},
           {post("/hello", "", origin + user), 405},
           {post("/echo", std::string(70000, 'x'), origin + user), 413},
           {post("/echo", "x", origin + user + "Content-Encoding: gzip\r\n"), 415},
           {get("/hello", origin + "no colon\r\n"), 400}}) {
    RawClient client(server.port());
    const RawReply reply = client.ask(request);
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.header("access-control-allow-origin"), "http://tavern.example") << status;
    EXPECT_EQ(reply.header("vary"), "Origin") << status;
    EXPECT_NE(reply.header("x-process-time"), "") << status;
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff") << status;
  }
}

TEST(HttpServerAccess, PreflightsNameWhatWasAskedFor) {
  HttpServerOptions options = quick_options();
  options.allowed_origins = {"http://tavern.example"};
  options.users = {{"ann", "pa:ss"}};  // a preflight carries no password
  TestServer server(options);
  RawClient client(server.port());
  const auto preflight = [](const std::string& origin) {
    return "OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: " + origin +
           "\r\nAccess-Control-Request-Method: PUT\r\n"
           "Access-Control-Request-Headers: content-type, x-a\r\n\r\n";
  };
  const RawReply reply = client.ask(preflight("http://tavern.example"));
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "http://tavern.example");
  EXPECT_EQ(reply.header("access-control-allow-methods"), "PUT");
  EXPECT_EQ(reply.header("access-control-allow-headers"), "content-type, x-a");
  const RawReply foreign = client.ask(preflight("http://evil.example"));
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(foreign.header("access-control-allow-origin"), "");
}

}  // namespace
}  // namespace ptravel::test
