#pragma once

#include <cstdint>
#include <memory>

#include "http/router.h"
#include "sdapi/state.h"

namespace ptravel {

// The routes of the web UI's API by topic. Handlers keep `state`.
using SharedSdState = std::shared_ptr<SdState>;

/// The most bytes of a body that has pictures in it.
inline constexpr std::uint64_t kSdPictureBody = 64 << 20;

void add_sdapi_picture_routes(HttpRouter& router,
                              const SharedSdState& state);  ///< txt2img, img2img
void add_sdapi_control_routes(HttpRouter& router,
                              const SharedSdState& state);  ///< progress, interrupt, ...
void add_sdapi_option_routes(HttpRouter& router,
                             const SharedSdState& state);  ///< options, models in memory
void add_sdapi_list_routes(HttpRouter& router,
                           const SharedSdState& state);  ///< samplers, models, ...
void add_sdapi_extra_routes(HttpRouter& router,
                            const SharedSdState& state);  ///< upscaling, png-info
void add_sdapi_outside_routes(HttpRouter& router,
                              const SharedSdState& state);  ///< beside /sdapi/v1

/// A route of this API: "/sdapi/v1" + `name`, quick, with its failures answered in its own shape.
HttpRoute sd_route(const char* method, const std::string& name, HttpHandler handler);

}  // namespace ptravel
