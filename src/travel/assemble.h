#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "ptravel/image.h"
#include "ptravel/progress.h"
#include "ptravel/request.h"
#include "ptravel/video.h"

namespace ptravel {

/// A film to be made from finished frames.
struct FilmPlan {
  std::int64_t frame_count = 0;
  std::string pick;                        ///< Python slice of the frames.
  int pad = 0;                             ///< Extra copies of the first and the last picked frame.
  std::vector<int> hold = {0};             ///< Extra copies of picked stages' frames, as asked for.
  std::vector<std::int64_t> stage_frames;  ///< Where the stages are, ascending.
  bool ping_pong = false;                  ///< Go back again, up to the second frame.
  VideoFormat format = VideoFormat::Mp4;
  double fps = 10;
  std::filesystem::path soundtrack = {};  ///< As VideoOptions::soundtrack.

  /// How the video of the film is written.
  VideoOptions video_options() const { return {format, fps, soundtrack}; }
};

/// The film that a request asks for, of frames of which these show a stage itself.
FilmPlan film_plan(const TravelRequest& request,
                   std::int64_t frame_count,
                   std::vector<std::int64_t> stage_frames);

/// The frames that the video shows: picked, held at stages, there and back, padded. Throws
/// InvalidArgument when the slice selects nothing.
std::vector<std::int64_t> film_frames(const FilmPlan& plan);

/// Encodes a film: film_frames, encode. `frame` gives a frame by its index, in several threads at
/// the same time; a few are asked for before their turn comes, so memory does not grow with the
/// length (repeats of one frame are read once).
/// The file appears when it is complete. Throws InvalidArgument when the slice selects nothing or a
/// frame has another size than the first, Cancelled between two frames.
void assemble_video(const FilmPlan& plan,
                    const std::function<Image(std::int64_t)>& frame,
                    const std::filesystem::path& output,
                    Progress& progress);

/// Sets the picked frames of a film (without extra copies) side by side in one PNG; of more than 64
/// it takes 64 at even distances, the first and the last among them. The file appears when it is
/// complete. Throws as assemble_video, except that frames may differ in size.
void assemble_contact_sheet(const FilmPlan& plan,
                            const std::function<Image(std::int64_t)>& frame,
                            const std::filesystem::path& output,
                            Progress& progress);

}  // namespace ptravel
