#include "motion/motion_meter.h"

#include <algorithm>
#include <utility>

#include "motion/at_once.h"
#include "motion/evenness.h"
#include "motion/latent_distance.h"
#include "motion/ssim.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using OptionalDistance = std::optional<double>;

OptionalDistance lab(const MeasuredFrame& one, const MeasuredFrame& other) {
  return colour_distance(one.view, other.view);
}

OptionalDistance three_scales(const MeasuredFrame& one, const MeasuredFrame& other) {
  return structure_distance(one.view, other.view);
}

OptionalDistance five_scales(const MeasuredFrame& one, const MeasuredFrame& other) {
  return std::min(one.image.width, one.image.height) >= kLeastMultiScaleSide
             ? OptionalDistance(1 - ms_ssim(one.image, other.image))
             : std::nullopt;
}

OptionalDistance latents(const MeasuredFrame& one, const MeasuredFrame& other) {
  return one.latent && other.latent && same_shape(*one.latent, *other.latent)
             ? OptionalDistance(latent_distance(*one.latent, *other.latent))
             : std::nullopt;
}

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

}  // namespace

const std::vector<MotionDistance>& motion_distances() {
  static const std::vector<MotionDistance> distances = {{"lab", true, lab},
                                                        {"ssim", true, three_scales},
                                                        {"ms_ssim", false, five_scales},
                                                        {"latent", false, latents}};
  return distances;
}

MeasuredFrame::MeasuredFrame(Image image_in, std::optional<PictureLatent> latent_in)
    : image(std::move(image_in)), view(image), latent(std::move(latent_in)) {}

MotionMeter::MotionMeter() {
  for (const MotionDistance& way : motion_distances()) {
    report_.measures.push_back({way.name, way.judges, {}, {}, 0});
  }
}

void MotionMeter::add(MotionFrame frame, const Image& image, std::optional<PictureLatent> latent) {
  std::vector<FilmFrame> frames;
  frames.push_back({std::move(frame), MeasuredFrame(image, std::move(latent))});
  add(std::move(frames));
}

/// The first frame says which size the film has.
void MotionMeter::check_size(const FilmFrame& frame) {
  const Image& image = frame.measured.image;
  if (!first_) {
    report_.width = image.width;
    report_.height = image.height;
    first_ = image;
    first_latent_ = frame.measured.latent;
  }
  if (image.width != report_.width || image.height != report_.height) {
    throw Error(ErrorCode::InvalidArgument,
                "[motion] " + frame.frame.name + ": " + size_text(image.width, image.height) +
                    ", expected " + size_text(report_.width, report_.height) + " as " +
                    report_.frames.front().name + " has");
  }
}

void MotionMeter::add(std::vector<FilmFrame> frames) {
  std::vector<const MeasuredFrame*> row;
  if (last_) {
    row.push_back(&*last_);
  }
  for (const FilmFrame& frame : frames) {
    check_size(frame);
    report_.frames.push_back(frame.frame);
    row.push_back(&frame.measured);
  }
  std::vector<std::vector<OptionalDistance>> found(row.empty() ? 0 : row.size() - 1);
  for_each_at_once(found.size(), [&](std::size_t pair) {
    for (const MotionDistance& way : motion_distances()) {
      found[pair].push_back(way.distance(*row[pair], *row[pair + 1]));
    }
  });
  for (const std::vector<OptionalDistance>& distances : found) {
    for (std::size_t i = 0; i < distances.size(); ++i) {
      if (distances[i]) {
        report_.measures[i].distances.push_back(*distances[i]);
      }
    }
  }
  if (!frames.empty()) {
    last_ = std::move(frames.back().measured);
  }
}

MotionReport MotionMeter::report() const {
  if (report_.frames.size() < 2) {
    throw Error(ErrorCode::InvalidArgument,
                "[motion] " + std::to_string(report_.frames.size()) +
                    (report_.frames.size() == 1 ? " frame" : " frames") +
                    ", expected at least 2: motion is what is between them");
  }
  MotionReport report = report_;
  const MeasuredFrame first(*first_, first_latent_);
  for_each_at_once(report.measures.size(), [&](std::size_t i) {
    MotionMeasure& measure = report.measures[i];
    measure.evenness = evenness_of(measure.distances);
    measure.straight = motion_distances()[i].distance(first, *last_).value_or(0);
  });
  std::erase_if(report.measures, [&](const MotionMeasure& measure) {
    return measure.distances.size() + 1 != report.frames.size();
  });
  return report;
}

}  // namespace ptravel
