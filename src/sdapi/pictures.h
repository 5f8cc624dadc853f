#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "media/image_file.h"
#include "ptravel/server.h"

namespace ptravel {

/// The bytes of a picture in a request: base64, with or without "data:image/...;base64," before it.
/// Throws SdRefusal: 500 "Requests not allowed" for a URL (it is never fetched), 500 "Invalid
/// encoded image" for no base64.
std::string sd_picture_bytes(std::string_view text);

/// The picture that bytes hold. Throws SdRefusal: 500 "Invalid encoded image" for what is no
/// picture or broken, 422 of `field` for one beyond the server's limits.
LoadedImage read_sd_picture(std::string_view bytes,
                            const ServeLimits& limits,
                            std::string_view field);

}  // namespace ptravel
