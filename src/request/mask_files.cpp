#include "request/mask_files.h"

#include "base/text.h"

namespace ptravel {

std::vector<std::string> mask_files(const TravelRequest& request) {
  std::vector<std::string> files;
  for (const std::string_view line : split(request.mask, '\n')) {
    if (const std::string_view file = trimmed(line); !file.empty()) {
      files.emplace_back(file);
    }
  }
  return files;
}

std::string masks_of_files(const std::vector<std::string>& files) {
  std::string lines;
  for (const std::string& file : files) {
    lines += (lines.empty() ? "" : "\n") + file;
  }
  return lines;
}

std::vector<std::string> mask_files_at(const TravelRequest& request, const FramePlace& place) {
  const std::vector<std::string> files = mask_files(request);
  if (files.empty()) {
    return {};
  }
  const auto of_stage = [&](std::int64_t stage) {
    return files.at(static_cast<std::size_t>(stage) % files.size());
  };
  std::vector<std::string> around = {of_stage(place.stage)};
  if (place.alpha > 0 && of_stage(place.stage + 1) != around.front()) {
    around.push_back(of_stage(place.stage + 1));
  }
  return around;
}

}  // namespace ptravel
