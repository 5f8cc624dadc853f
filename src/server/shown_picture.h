#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "server/api_operation.h"
#include "server/thumbnails.h"

namespace ptravel {

/// Another text for another picture: its file's size and time of change. Empty where that cannot
/// be told.
std::string picture_stamp(const std::filesystem::path& picture);

/// A part of an address in which everything but letters, digits, "-", "_", "." and "~" is escaped.
std::string percent_encoded(std::string_view text);

/// The parameters that shown_picture reads: "w", the width in pixels, and "v", the stamp.
std::vector<ApiParameter> shown_picture_query();

/// The picture beside a file, smaller as JPEG; a GIF as it is. May be kept by clients for ever
/// where they ask for it by its stamp. `what` is the file in words. Throws NotFound where there is
/// no picture (an empty path) or it cannot be shown.
HttpResponse shown_picture(const HttpRequest& http,
                           const std::filesystem::path& picture,
                           const std::string& what,
                           Thumbnails& thumbnails);

}  // namespace ptravel
