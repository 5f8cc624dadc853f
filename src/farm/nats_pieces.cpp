#include "farm/nats_pieces.h"

#include <algorithm>

#include "jobs/run_units.h"
#include "ptravel/error.h"
#include "request/mask_files.h"
#include "request/mode_infos.h"

namespace ptravel {
namespace {

/// Enough for a card to draw at once, and few enough that the last pieces do not take long.
constexpr std::int64_t kMostUnits = 8;
constexpr std::int64_t kWantedPieces = 24;

}  // namespace

std::string frames_words(const FrameRange& frames) {
  const std::int64_t last = frames.end - 1;
  return frames.begin == last
             ? "frame " + std::to_string(last)
             : "frames " + std::to_string(frames.begin) + "-" + std::to_string(last);
}

std::vector<FrameRange> work_pieces(const Manifest& manifest,
                                    const std::vector<bool>& missing,
                                    std::int64_t chunk) {
  const std::vector<FrameRange> units = run_units(manifest);
  const auto count = static_cast<std::int64_t>(units.size());
  if (chunk <= 0) {
    chunk = std::clamp(count / kWantedPieces, std::int64_t{1}, kMostUnits);
  }
  std::vector<FrameRange> pieces;
  std::int64_t in_piece = 0;
  for (const FrameRange& unit : units) {
    const auto begin = missing.begin() + unit.begin;
    const bool wanted =
        std::find(begin, missing.begin() + unit.end, true) != missing.begin() + unit.end;
    if (!wanted) {
      in_piece = 0;
    } else if (in_piece > 0 && in_piece < chunk) {
      pieces.back().end = unit.end;
      ++in_piece;
    } else {
      pieces.push_back(unit);
      in_piece = 1;
    }
  }
  return pieces;
}

bool leaves_other_files(const Manifest& manifest) {
  const TravelRequest& request = manifest.request;
  return mode_info(request.mode).keeps_log(request) || request.genesis == Genesis::Embryo;
}

std::vector<RunPicture> run_pictures(const Manifest& manifest) {
  std::vector<RunPicture> pictures;
  const auto add = [&](const std::string& role, const std::string& path, std::size_t number) {
    for (const FileIdentity& file : manifest.files) {
      if (file.role == role && number-- == 0) {
        pictures.push_back({role, path, file.name, file.sha256});
        return;
      }
    }
    throw Error(ErrorCode::Corrupt, "[nats] travel.json: names a picture as " + role +
                                        " and no file of that role, expected one");
  };
  if (!manifest.request.init_image.empty()) {
    add("init picture", manifest.request.init_image, 0);
  }
  const std::vector<std::string> masks = mask_files(manifest.request);
  for (std::size_t i = 0; i < masks.size(); ++i) {
    add("mask", masks[i], i);
  }
  return pictures;
}

}  // namespace ptravel
