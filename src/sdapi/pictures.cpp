#include "sdapi/pictures.h"

#include "base/base64.h"
#include "base/text.h"
#include "media/picture_format.h"
#include "ptravel/error.h"
#include "sdapi/answers.h"

namespace ptravel {
namespace {

bool begins_with(std::string_view text, std::string_view lower_start) {
  return same_but_case(text.substr(0, lower_start.size()), lower_start);
}

bool is_readable(std::string_view bytes) {
  const auto format = picture_format(bytes);
  return format && is_readable_picture(*format);
}

}  // namespace

std::string sd_picture_bytes(std::string_view text) {
  if (begins_with(text, "http://") || begins_with(text, "https://")) {
    throw http_exception(500, "Requests not allowed");
  }
  if (begins_with(text, "data:image/")) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) {
      throw http_exception(500, "Invalid encoded image");
    }
    text.remove_prefix(comma + 1);
  }
  auto bytes = from_base64(text);
  if (!bytes || bytes->empty()) {
    throw http_exception(500, "Invalid encoded image");
  }
  return std::move(*bytes);
}

LoadedImage read_sd_picture(std::string_view bytes,
                            const ServeLimits& limits,
                            std::string_view field) {
  if (!is_readable(bytes)) {
    throw http_exception(500, "Invalid encoded image");
  }
  try {
    return decode_image(bytes, "picture", static_cast<std::uint64_t>(limits.upload_pixels));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Corrupt) {
      throw http_exception(500, "Invalid encoded image");
    }
    if (error.code() == ErrorCode::Unsupported) {
      throw wrong_field(field, error.what());
    }
    throw;
  }
}

}  // namespace ptravel
