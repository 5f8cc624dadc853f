#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

HttpRouter router_of(const std::vector<std::pair<std::string, std::string>>& routes) {
  HttpRouter router;
  for (const auto& [method, pattern] : routes) {
    router.add({method, pattern, [](const HttpRequest&) { return json_response(200, "{}"); }});
  }
  return router;
}

std::string found(const HttpRouter& router, const std::string& method, const std::string& path) {
  const HttpRouter::Match match = router.find(method, path);
  if (match.route == nullptr) {
    return std::to_string(match.status) + " " + match.allow;
  }
  std::string text = match.route->method + " " + match.route->pattern;
  for (const auto& [name, value] : match.path_values) {
    text += " " + name + "=" + value;
  }
  return text;
}

TEST(HttpRouter, FindsFixedPartsAndNames) {
  const HttpRouter router = router_of({{"GET", "/"},
                                       {"GET", "/jobs"},
                                       {"GET", "/jobs/{id}"},
                                       {"GET", "/jobs/{id}/frames/{index}"},
                                       {"GET", "/assets/{rest...}"}});
  EXPECT_EQ(found(router, "GET", "/"), "GET /");
  EXPECT_EQ(found(router, "GET", "/jobs"), "GET /jobs");
  EXPECT_EQ(found(router, "GET", "/jobs/a b"), "GET /jobs/{id} id=a b");
  EXPECT_EQ(found(router, "GET", "/jobs/7/frames/3"), "GET /jobs/{id}/frames/{index} id=7 index=3");
  EXPECT_EQ(found(router, "GET", "/assets/a/b.js"), "GET /assets/{rest...} rest=a/b.js");
  for (const std::string path : {"/jobs/7/frames", "/job", "/jobs/7/frames/3/4", "/assets", "/x"}) {
    EXPECT_EQ(found(router, "GET", path), "404 ") << path;
  }
}

TEST(HttpRouter, FixedPartsGoBeforeNamesWhicheverCameFirst) {
  const HttpRouter router =
      router_of({{"GET", "/{any...}"}, {"GET", "/a/{b}"}, {"GET", "/a/b"}, {"GET", "/{a}/b"}});
  EXPECT_EQ(found(router, "GET", "/a/b"), "GET /a/b");
  EXPECT_EQ(found(router, "GET", "/a/c"), "GET /a/{b} b=c");
  EXPECT_EQ(found(router, "GET", "/x/b"), "GET /{a}/b a=x");
  EXPECT_EQ(found(router, "GET", "/x/y"), "GET /{any...} any=x/y");
}

TEST(HttpRouter, MethodsAreToldApart) {
  const HttpRouter router = router_of(
      {{"GET", "/a"}, {"POST", "/a"}, {"HEAD", "/a"}, {"DELETE", "/a/{b}"}, {"GET", "/c"}});
  EXPECT_EQ(found(router, "POST", "/a"), "POST /a");
  EXPECT_EQ(found(router, "HEAD", "/a"), "HEAD /a");
  EXPECT_EQ(found(router, "HEAD", "/c"), "GET /c");
  EXPECT_EQ(found(router, "PUT", "/a"), "405 GET, HEAD, POST");
  EXPECT_EQ(found(router, "GET", "/a/x"), "405 DELETE");
  EXPECT_EQ(found(router, "get", "/c"), "405 GET, HEAD") << "methods are case-sensitive";
}

TEST(HttpRouter, TwoRoutesOfOneShapeAreAMistake) {
  for (const std::string pattern : {"/a/{b}", "/a/{c}"}) {
    HttpRouter router = router_of({{"GET", "/a/{b}"}});
    try {
      router.add({"GET", pattern, [](const HttpRequest&) { return json_response(200, "{}"); }});
      FAIL() << pattern;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Internal);
    }
  }
}

TEST(HttpRouter, EachPrefixHasItsOwnRefusals) {
  HttpRouter router;
  router.refuse_with("",
                     [](int status, const HttpRequest&) { return json_response(status, "all"); });
  router.refuse_with("/sdapi/",
                     [](int status, const HttpRequest&) { return json_response(status, "sdapi"); });
  router.explain_with("/sdapi/", [](int status, const std::string& why, const HttpRequest&) {
    return json_response(status, "sdapi: " + why);
  });
  HttpRequest request;
  request.path = "/sdapi/v1/x";
  EXPECT_EQ(std::get<std::string>(router.refusal(404, request).body), "sdapi");
  EXPECT_EQ(std::get<std::string>(router.explanation(401, "who?", request).body), "sdapi: who?");
  request.path = "/x";
  EXPECT_EQ(std::get<std::string>(router.refusal(404, request).body), "all");
  EXPECT_EQ(std::get<std::string>(router.explanation(401, "who?\xFF", request).body),
            "{\"error\":{\"code\":\"unauthorized\",\"message\":\"who?\uFFFD\",\"problems\":[]}}");
}

TEST(HttpRequest, NamesThatTheRouteDoesNotHaveAreAMistake) {
  HttpRequest request;
  request.path_values = {{"id", "7"}};
  EXPECT_EQ(request.path_value("id"), "7");
  EXPECT_THROW(request.path_value("index"), Error);
}

}  // namespace
}  // namespace ptravel
