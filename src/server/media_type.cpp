#include "server/media_type.h"

#include <utility>

namespace ptravel {

std::string media_type(const std::filesystem::path& name) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".csv", "text/csv; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".gif", "image/gif"},
      {".ico", "image/x-icon"},
      {".mp4", "video/mp4"},
      {".webm", "video/webm"},
      {".woff2", "font/woff2"},
      {".webmanifest", "application/manifest+json"}};
  const std::string ending = name.extension().string();
  for (const auto& [known, type] : kTypes) {
    if (ending == known) {
      return std::string(type);
    }
  }
  return "application/octet-stream";
}

}  // namespace ptravel
