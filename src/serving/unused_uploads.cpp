#include "serving/unused_uploads.h"

#include <chrono>
#include <set>
#include <string>
#include <string_view>

#include "base/files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdDigits = 64;

/// Presets are read as texts: what names a picture counts, wherever it stands.
void add_named(std::string_view text, std::set<std::string>& ids) {
  for (std::size_t at = text.find(kUploadPrefix); at != std::string_view::npos;
       at = text.find(kUploadPrefix, at)) {
    at += kUploadPrefix.size();
    ids.insert(std::string(text.substr(at, kIdDigits)));
  }
}

}  // namespace

void remove_unused_uploads(const UploadStore& uploads,
                           const JobQueue& queue,
                           const fs::path& presets) {
  std::set<std::string> used;
  for (const fs::path& path : queue.init_images()) {
    used.insert(path.stem().string());
  }
  if (fs::is_directory(presets)) {
    for (const auto& entry : fs::directory_iterator(presets)) {
      if (entry.is_regular_file()) {
        add_named(read_file(entry.path()), used);
      }
    }
  }
  constexpr std::chrono::hours kWeek{7 * 24};
  uploads.remove_unused(used, fs::file_time_type::clock::now() - kWeek);
}

}  // namespace ptravel
