#pragma once

#include <filesystem>
#include <functional>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "ptravel/jobs.h"

namespace ptravel {

/// Where the video that `request` asks for belongs in the folder; empty when it asks for none.
std::filesystem::path wanted_video(const RunFolder& folder,
                                   const TravelRequest& request,
                                   const Manifest& manifest);

/// Makes what `request` asks for of the finished frames: the video as `video` (none when that is
/// empty), with what is done to its pictures, and the contact sheet of the frames; tells of both.
/// `beside`, where there is one, is called first, and a plain video is encoded meanwhile in another
/// thread, whose progress nobody sees.
RunResult assemble_run(const RunFolder& folder,
                       const TravelRequest& request,
                       const Manifest& manifest,
                       const std::filesystem::path& video,
                       Progress& progress,
                       const RunEventSink& events,
                       const FilmFinish& finish = {},
                       const std::function<void()>& beside = {});

/// Waits until nobody else holds the lock of that name and takes it. Throws Cancelled.
LockFile wait_for_lock(const std::filesystem::path& path, const Progress& progress);

}  // namespace ptravel
