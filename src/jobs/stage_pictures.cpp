#include "jobs/stage_pictures.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/sha256.h"
#include "jobs/run_frames.h"
#include "jobs/run_worker.h"
#include "media/image_file.h"
#include "media/resize.h"
#include "motion/frame_view.h"
#include "ptravel/error.h"
#include "request/picture_parameters.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

std::string sha256_of(const fs::path& path) {
  const MappedFile file = MappedFile::open(path);
  Sha256 hash;
  hash.update(file.bytes());
  return hash.finish();
}

std::string size_of(const Image& image) {
  return std::to_string(image.width) + "x" + std::to_string(image.height);
}

int largest_difference(const Image& one, const Image& other) {
  int largest = 0;
  for (std::size_t i = 0; i < one.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(int{one.pixels[i]} - int{other.pixels[i]}));
  }
  return largest;
}

PictureDistance distance_of(const Image& frame, const Image& picture) {
  const FrameView one(frame);
  const FrameView other(picture);
  return {largest_difference(frame, picture), colour_distance(one, other),
          structure_distance(one, other)};
}

/// The picture, unless it is another one than when the run began.
std::optional<LoadedImage> read_again(const StagePicture& picture) {
  std::error_code error;
  if (!fs::is_regular_file(picture.path, error) || sha256_of(picture.path) != picture.sha256) {
    return std::nullopt;
  }
  return read_image(picture.path);
}

/// ", drawn by another model (dream [0123456789])" where the picture says so.
std::string other_model(const LoadedImage& picture, const Manifest& manifest) {
  const auto parameters =
      read_picture_parameters({picture.texts, picture.image.width, picture.image.height});
  const std::string hash =
      parameters ? parameters->meant.find("Model hash").value_or("") : std::string();
  if (hash.empty() || manifest.model_sha256.starts_with(hash)) {
    return {};
  }
  return ", drawn by another model (" + parameters->meant.find("Model").value_or("") + " [" + hash +
         "]; here is " + manifest.model_name + " [" +
         manifest.model_sha256.substr(0, std::min<std::size_t>(hash.size(), 10)) + "])";
}

std::string distance_text(const PictureDistance& distance) {
  char text[128];
  std::snprintf(text, sizeof text,
                "up to %d of 255, %.2f in colour (Lab), %.4f in structure (1 - SSIM)",
                distance.largest, distance.lab, distance.structure);
  return text;
}

/// What is told of a stage's frame and its picture.
std::string comparison(StagePicture& picture,
                       std::int64_t index,
                       const Image& frame,
                       const Manifest& manifest) {
  const std::string lead = "frame " + std::to_string(index) + " ";
  const auto found = read_again(picture);
  if (!found) {
    return lead + "is not compared with " + picture.path + ", which is another file by now";
  }
  const bool same_size = found->image.width == frame.width && found->image.height == frame.height;
  const Image& whole = found->image;
  picture.distance = distance_of(
      frame, same_size ? whole : resize(whole, frame.width, frame.height, ResizeFilter::Lanczos3));
  if (same_size && picture.distance->largest == 0) {
    return lead + "is " + picture.path + " again, pixel by pixel";
  }
  return lead + "differs from " + picture.path + ": " + distance_text(*picture.distance) +
         (same_size ? "" : "; the picture is " + size_of(whole) + " and was made as large") +
         other_model(*found, manifest);
}

}  // namespace

std::vector<StagePicture> stage_pictures(const std::vector<fs::path>& pictures) {
  std::vector<StagePicture> stages;
  stages.reserve(pictures.size());
  for (const fs::path& path : pictures) {
    stages.push_back(
        {fs::absolute(path).lexically_normal().string(), sha256_of(path), std::nullopt});
  }
  return stages;
}

void compare_with_pictures(const RunFolder& folder,
                           Manifest& manifest,
                           const RunEventSink& events) {
  std::vector<StagePicture> pictures = manifest.pictures;
  const RunFrames frames(folder, manifest);
  for (std::size_t stage = 0; stage < pictures.size() && stage < manifest.stage_frames.size();
       ++stage) {
    const std::int64_t index = manifest.stage_frames[stage];
    const std::string told = comparison(pictures[stage], index, frames.read(index), manifest);
    events({RunEvent::Kind::Note, "note: " + told, {}, 0});
  }
  if (pictures != manifest.pictures) {
    update_manifest(folder, manifest, [&](Manifest& on_disk) { on_disk.pictures = pictures; });
  }
}

}  // namespace ptravel
