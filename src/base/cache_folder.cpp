#include "base/cache_folder.h"

#include <cstdlib>

namespace ptravel {

std::optional<std::filesystem::path> user_cache_folder() {
  using Path = std::filesystem::path;
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder == '/') {
    return Path(folder) / "prompt-travel";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return Path(home) / ".cache" / "prompt-travel";
  }
  return std::nullopt;
}

}  // namespace ptravel
