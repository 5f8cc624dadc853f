#include "sdapi/routes.h"

#include <utility>

#include "sdapi/answers.h"

namespace ptravel {

HttpRoute sd_route(const char* method, const std::string& name, HttpHandler handler) {
  HttpRoute route;
  route.method = method;
  route.pattern = "/sdapi/v1" + name;
  route.handler = sd_handler(std::move(handler));
  return route;
}

void add_sdapi_routes(HttpRouter& router, SdContext context) {
  const auto state = std::make_shared<SdState>(std::move(context));
  add_sdapi_picture_routes(router, state);
  add_sdapi_control_routes(router, state);
  add_sdapi_option_routes(router, state);
  add_sdapi_list_routes(router, state);
  add_sdapi_extra_routes(router, state);
  add_sdapi_outside_routes(router, state);
  router.refuse_with("/sdapi/", sd_refusal);
}

}  // namespace ptravel
