#include "server/motion_measures.h"

#include <optional>

#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "motion/lab_distance.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRuns = 16;

/// The frame as distances see it; nothing where it is not there or broken.
std::optional<LabPicture> read_lab(const fs::path& folder, std::int64_t index) {
  const fs::path path = folder / frame_file_name(index);
  std::error_code error;
  if (fs::symlink_status(path, error).type() != fs::file_type::regular) {
    return std::nullopt;
  }
  try {
    return to_lab(read_image(path).image);
  } catch (const Error&) {
    return std::nullopt;  // a frame that is damaged counts as missing; drawing it again is resume's
  }
}

}  // namespace

Json MotionMeasures::distances(const fs::path& folder, std::int64_t frames) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string name = folder.string();
  auto run = runs_.begin();
  while (run != runs_.end() && run->folder != name) {
    ++run;
  }
  if (run == runs_.end()) {
    runs_.push_front({name, {}});
  } else {
    runs_.splice(runs_.begin(), runs_, run);
  }
  if (runs_.size() > kMostRuns) {
    runs_.pop_back();
  }
  std::map<std::int64_t, double>& known = runs_.front().distances;
  std::optional<LabPicture> left;
  std::int64_t left_index = -1;
  Json list = Json::array();
  for (std::int64_t i = 0; i + 1 < frames; ++i) {
    if (const auto found = known.find(i); found != known.end()) {
      list.push_back(found->second);
      continue;
    }
    if (left_index != i) {
      left = read_lab(folder, i);
    }
    std::optional<LabPicture> right = read_lab(folder, i + 1);
    const bool comparable =
        left && right && left->width == right->width && left->height == right->height;
    if (comparable) {
      known[i] = lab_distance(*left, *right);
      list.push_back(known[i]);
    } else {
      list.push_back(nullptr);
    }
    left = std::move(right);
    left_index = i + 1;
  }
  return list;
}

}  // namespace ptravel
