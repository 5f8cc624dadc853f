#pragma once

#include <filesystem>
#include <functional>

#include "jobs/run_folder.h"
#include "ptravel/film_finish.h"
#include "ptravel/image.h"
#include "ptravel/jobs.h"
#include "travel/assemble.h"

namespace ptravel {

/// As assemble_video, with pictures in between and enlarged: the video has `interpolate` times as
/// many pictures a second. Tells which networks are used and how many cuts there were. What
/// networks make lies in the run's folder (finishing_path) until the video is there, so that the
/// same call goes on where another one was stopped or killed; of several at once only the first
/// keeps anything. Throws as assemble_video and FilmFinisher.
void assemble_finished_video(const RunFolder& folder,
                             const FilmPlan& plan,
                             const std::function<Image(std::int64_t)>& frame,
                             const FilmFinish& finish,
                             const std::filesystem::path& output,
                             Progress& progress,
                             const RunEventSink& events);

}  // namespace ptravel
