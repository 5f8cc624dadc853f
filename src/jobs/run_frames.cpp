#include "jobs/run_frames.h"

#include <algorithm>
#include <filesystem>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "ptravel/frame.h"
#include "request/frame_settings.h"
#include "request/stages.h"

namespace ptravel {
namespace {

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

/// What says that a picture's parameters are those of another frame or run. `prompts`: of the run's
/// stages.
std::optional<std::string> stranger(const std::string& parameters,
                                    std::int64_t index,
                                    const Manifest& manifest,
                                    const std::vector<std::string>& prompts) {
  const FrameRequest frame = parse_frame_parameters(parameters);
  const TravelRequest& mine = manifest.request;
  if (frame.spot.index != index || frame.spot.frame_count != manifest.frames) {
    return "is frame " + std::to_string(frame.spot.index) + " of " +
           std::to_string(frame.spot.frame_count) + ", expected frame " + std::to_string(index) +
           " of " + std::to_string(manifest.frames);
  }
  const bool same_prompt = std::ranges::any_of(
      prompts, [&](const std::string& prompt) { return parameters.starts_with(prompt); });
  const bool same_seeds = std::ranges::all_of(frame.request.seed, [&](const Seed& seed) {
    return std::ranges::find(mine.seed, seed) != mine.seed.end();
  });
  if (!manifest.model_sha256.starts_with(frame.model_hash) || frame.request.steps != mine.steps ||
      frame.request.sampler != mine.sampler || !same_prompt || !same_seeds) {
    return "was drawn by another run";
  }
  return std::nullopt;
}

}  // namespace

RunFrames::RunFrames(const RunFolder& folder, const Manifest& manifest)
    : folder_(folder),
      manifest_(manifest),
      prompts_(plan_stages(manifest.request.prompt,
                           manifest.request.negative_prompt,
                           manifest.request.travel_steps,
                           stage_rules(manifest.request))
                   .prompts),
      whole_(static_cast<std::size_t>(manifest.frames), false) {}

bool RunFrames::exists(std::int64_t index) const {
  std::error_code error;
  return std::filesystem::exists(folder_.frame_path(index), error);
}

bool RunFrames::is_whole(std::int64_t index) {
  const auto place = static_cast<std::size_t>(index);
  {
    const std::lock_guard lock(mutex_);
    if (whole_.at(place)) {
      return true;
    }
  }
  const bool whole = exists(index) && !damage(index);
  const std::lock_guard lock(mutex_);
  whole_[place] = whole_[place] || whole;
  return whole_[place];
}

std::optional<std::string> RunFrames::damage(std::int64_t index) const {
  return damage_of(index, [&] { return read_image(folder_.frame_path(index)); });
}

std::optional<std::string> RunFrames::damage(std::int64_t index, std::string_view bytes) const {
  if (!bytes.starts_with("\x89PNG\r\n\x1a\n")) {
    return "is no PNG";
  }
  const auto pixels = static_cast<std::uint64_t>(manifest_.request.width) *
                      static_cast<std::uint64_t>(manifest_.request.height);
  return damage_of(index, [&] { return decode_image(bytes, frame_file_name(index), pixels); });
}

std::optional<std::string> RunFrames::damage_of(std::int64_t index,
                                                const std::function<LoadedImage()>& load) const {
  const auto profile = ProfileScope::part("reading pictures");
  try {
    const LoadedImage loaded = load();
    const TravelRequest& request = manifest_.request;
    if (!loaded.note.empty()) {
      return loaded.note;
    }
    if (loaded.image.width != request.width || loaded.image.height != request.height) {
      return "is " + size_text(loaded.image.width, loaded.image.height) + " pixels, expected " +
             size_text(request.width, request.height);
    }
    const auto parameters = find_text(loaded.texts, "parameters");
    return parameters ? stranger(*parameters, index, manifest_, prompts_)
                      : std::optional<std::string>("has no parameters inside");
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Io || error.code() == ErrorCode::OutOfMemory) {
      throw;  // Not the frame's fault: it may be whole.
    }
    return error.what();
  }
}

Image RunFrames::read(std::int64_t index) const {
  const auto profile = ProfileScope::part("reading pictures");
  return read_image(folder_.frame_path(index)).image;
}

void RunFrames::written(std::int64_t index) {
  const std::lock_guard lock(mutex_);
  whole_.at(static_cast<std::size_t>(index)) = true;
}

void look_at_frames(const Manifest& manifest,
                    Progress& progress,
                    const std::function<void(std::int64_t index)>& look) {
  progress.begin("looking at the frames", "frames", static_cast<double>(manifest.frames));
  for (std::int64_t index = 0; index < manifest.frames; ++index) {
    progress.check_cancelled();
    look(index);
    progress.update(static_cast<double>(index + 1));
  }
}

bool are_there(const RunFolder& folder, const std::vector<bool>& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    std::error_code error;
    if (frames[i] &&
        !std::filesystem::exists(folder.frame_path(static_cast<std::int64_t>(i)), error)) {
      return false;
    }
  }
  return true;
}

bool are_whole(const RunFolder& folder,
               const Manifest& manifest,
               const std::vector<bool>& frames,
               Progress& progress) {
  RunFrames files(folder, manifest);
  bool whole = true;
  look_at_frames(manifest, progress, [&](std::int64_t index) {
    whole = whole && (!frames.at(static_cast<std::size_t>(index)) || files.is_whole(index));
  });
  return whole;
}

}  // namespace ptravel
