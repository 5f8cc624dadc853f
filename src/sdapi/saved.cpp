#include "sdapi/saved.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "base/files.h"
#include "base/text.h"
#include "sdapi/local_time.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// One more than the largest number before the first "-" of a name in the folder.
std::int64_t next_number(const fs::path& folder) {
  std::int64_t next = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().stem().string();
    const auto number = parse_integer(name.substr(0, name.find('-')));
    constexpr std::int64_t kLargest = 1'000'000'000;
    if (number && *number >= next && *number < kLargest) {
      next = *number + 1;
    }
  }
  return next;
}

}  // namespace

fs::path save_sd_picture(const fs::path& folder,
                         const std::string& ending,
                         const std::string& png) {
  static std::mutex mutex;  // two requests must not take the same number
  const std::lock_guard lock(mutex);
  const fs::path day = folder / local_time_text(std::time(nullptr), "%Y-%m-%d");
  create_folders(day);
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), "%05lld", static_cast<long long>(next_number(day)));
  fs::path path = day / (std::string(number.data()) + "-" + ending + ".png");
  write_file_atomic(path, png);
  return path;
}

}  // namespace ptravel
