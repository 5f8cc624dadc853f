#include "server/api_error.h"

#include <new>

#include <gtest/gtest.h>

#include "serving/json_body.h"

namespace ptravel {
namespace {

TEST(ApiError, AHandlerWithoutMemoryIsTheServersLoad) {
  const HttpHandler handler = [](const HttpRequest&) -> HttpResponse { throw std::bad_alloc(); };
  HttpRequest request;
  request.method = "GET";
  request.path = "/api/v1/jobs";
  for (const HttpHandler& caught : {api_handler(handler), action_handler(handler)}) {
    const HttpResponse answer = caught(request);
    EXPECT_EQ(answer.status, 503);
    const Json error = Json::parse(std::get<std::string>(answer.body)).at("error");
    EXPECT_EQ(error.at("code"), "out_of_memory");
    EXPECT_NE(error.at("message"), "");
  }
}

}  // namespace
}  // namespace ptravel
