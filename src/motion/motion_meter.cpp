#include "motion/motion_meter.h"

#include <array>
#include <utility>

#include "motion/evenness.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Distance = double (*)(const FrameView&, const FrameView&);
constexpr std::array<std::pair<const char*, Distance>, 2> kDistances = {
    {{"lab", colour_distance}, {"ssim", structure_distance}}};

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

}  // namespace

MotionMeter::MotionMeter() {
  for (const auto& [name, distance] : kDistances) {
    report_.measures.push_back({name, {}, {}, 0});
  }
}

void MotionMeter::add(MotionFrame frame, const Image& image) {
  if (!first_) {
    report_.width = image.width;
    report_.height = image.height;
    first_ = image;
    last_.emplace(image);
    report_.frames.push_back(std::move(frame));
    return;
  }
  if (image.width != report_.width || image.height != report_.height) {
    throw Error(ErrorCode::InvalidArgument,
                "[motion] " + frame.name + ": " + size_text(image.width, image.height) +
                    ", expected " + size_text(report_.width, report_.height) + " as " +
                    report_.frames.front().name + " has");
  }
  FrameView next(image);
  for (std::size_t i = 0; i < kDistances.size(); ++i) {
    report_.measures[i].distances.push_back(kDistances[i].second(*last_, next));
  }
  last_ = std::move(next);
  report_.frames.push_back(std::move(frame));
}

MotionReport MotionMeter::report() const {
  if (report_.frames.size() < 2) {
    throw Error(ErrorCode::InvalidArgument,
                "[motion] " + std::to_string(report_.frames.size()) +
                    (report_.frames.size() == 1 ? " frame" : " frames") +
                    ", expected at least 2: motion is what is between them");
  }
  MotionReport report = report_;
  const FrameView first(*first_);
  for (std::size_t i = 0; i < kDistances.size(); ++i) {
    report.measures[i].evenness = evenness_of(report.measures[i].distances);
    report.measures[i].straight = kDistances[i].second(first, *last_);
  }
  return report;
}

}  // namespace ptravel
