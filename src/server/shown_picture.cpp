#include "server/shown_picture.h"

#include <algorithm>
#include <cstdio>
#include <system_error>

#include "base/files.h"
#include "media/picture_format.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kUsualWidth = 256;
constexpr int kLeastWidth = 32;
constexpr int kMostWidth = 512;
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 26;
constexpr std::uint64_t kMostPictureBytes = std::uint64_t{32} << 20;
constexpr std::uint64_t kMostGifBytes = std::uint64_t{4} << 20;

/// The first bytes of a file.
std::string head_of(const fs::path& path) {
  const MappedFile file = MappedFile::open(path);
  std::string head(std::min(kPictureSignatureBytes, file.bytes().size()), '\0');
  file.read(0, head.size(), head.data());
  return head;
}

/// The picture as it is sent. Throws what is wrong with it.
HttpResponse picture_response(const fs::path& picture, int width, Thumbnails& thumbnails) {
  const auto format = picture_format(head_of(picture));
  const bool is_gif = format == PictureFormat::Gif;
  if (fs::file_size(picture) > (is_gif ? kMostGifBytes : kMostPictureBytes)) {
    throw Error(ErrorCode::Unsupported, "is too large to be shown");
  }
  HttpResponse response;
  response.headers = {{"Content-Type", is_gif ? "image/gif" : "image/jpeg"}};
  if (is_gif) {
    response.body = HttpFile{picture};
  } else {
    response.headers.push_back({"ETag", "\"" + picture_stamp(picture) + "\""});
    response.body = thumbnails.jpeg(picture, width, kMostPixels);
  }
  return response;
}

}  // namespace

std::string picture_stamp(const fs::path& picture) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(picture, error);
  const auto time = fs::last_write_time(picture, error).time_since_epoch().count();
  char text[48];
  std::snprintf(text, sizeof text, "%llx-%llx", static_cast<unsigned long long>(size),
                static_cast<unsigned long long>(time));
  return error ? "" : text;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "-_.~";
  std::string encoded;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      char escape[4];
      std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned char>(c));
      encoded += escape;
    }
  }
  return encoded;
}

std::vector<ApiParameter> shown_picture_query() {
  return {{"w", "At most this many pixels wide; else 256", integer_schema(kLeastWidth, kMostWidth)},
          {"v", "As in the list: such an answer may be kept for ever", string_schema()}};
}

HttpResponse shown_picture(const HttpRequest& http,
                           const fs::path& picture,
                           const std::string& what,
                           Thumbnails& thumbnails) {
  const auto width =
      static_cast<int>(query_integer(http, "w", kUsualWidth, kLeastWidth, kMostWidth));
  if (picture.empty()) {
    throw Error(ErrorCode::NotFound, what + " has no picture beside it");
  }
  HttpResponse response;
  try {
    response = picture_response(picture, width, thumbnails);
  } catch (...) {
    throw Error(ErrorCode::NotFound, "the picture beside " + what +
                                         " cannot be shown: " + error_in_flight("picture").what());
  }
  // The address in the list is another one for another picture.
  const auto asked = http.query_value("v");
  const bool lasts = asked && *asked == picture_stamp(picture);
  response.headers.push_back(
      {"Cache-Control", lasts ? "private, max-age=31536000, immutable" : "private, no-cache"});
  return response;
}

}  // namespace ptravel
