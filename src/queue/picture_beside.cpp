#include "queue/picture_beside.h"

#include <array>
#include <string>
#include <system_error>

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::array kEndings = {".png", ".jpg", ".jpeg", ".webp", ".gif"};

}  // namespace

fs::path picture_beside(const fs::path& file) {
  std::error_code error;
  const bool is_folder = fs::is_directory(file, error);
  const std::string base = (is_folder ? file : fs::path(file).replace_extension()).string();
  for (const char* ending : kEndings) {
    for (const char* middle : {"", ".preview"}) {
      fs::path picture = base + middle + ending;
      if (fs::is_regular_file(picture, error)) {
        return picture;
      }
    }
  }
  return {};
}

}  // namespace ptravel
