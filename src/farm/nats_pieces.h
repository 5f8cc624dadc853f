#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/manifest.h"
#include "ptravel/run_parts.h"

namespace ptravel {

/// What a run may send to its workers, in bytes: its manifest, and each of its pictures.
inline constexpr std::uint64_t kManifestLimit = std::uint64_t{16} << 20;
inline constexpr std::uint64_t kPictureLimit = std::uint64_t{256} << 20;

/// "frame 3", "frames 3-7".
std::string frames_words(const FrameRange& frames);

/// The pieces of work that a run is handed out in: `chunk` units each, 0: as many as suit a few
/// machines; those of which a frame is missing. Rising; none overlaps another one.
std::vector<FrameRange> work_pieces(const Manifest& manifest,
                                    const std::vector<bool>& missing,
                                    std::int64_t chunk);

/// Whether drawing the run leaves files beside its frames: logs of walks, pictures of embryos.
bool leaves_other_files(const Manifest& manifest);

/// A picture that a run starts from, as its manifest knows it.
struct RunPicture {
  std::string role;  ///< "init picture" or "mask".
  std::string path;  ///< In the request.
  std::string name;  ///< Of the file when the run began.
  std::string sha256;
};

/// The pictures of a run, in the order of its request: the init picture, then the masks. Throws
/// Corrupt where the manifest does not say which files they are.
std::vector<RunPicture> run_pictures(const Manifest& manifest);

}  // namespace ptravel
