#pragma once

#include <filesystem>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "ptravel/jobs.h"
#include "ptravel/model_store.h"
#include "ptravel/motion_report.h"
#include "ptravel/travel.h"

namespace ptravel {

/// Puts the frames of a paced run where its manifest says; finds that out first, and writes it
/// down, when nobody has. One process finds it, others wait. Pictures that are drawn for it are
/// kept beside the frames until the run is finished. Does nothing for other runs. `store` shares
/// the model with the travel that draws previews.
void settle_pace(const RunFolder& folder,
                 Manifest& manifest,
                 Travel& travel,
                 ModelStore& store,
                 Progress& progress,
                 const RunEventSink& events);

/// Puts the frames where the manifest says, which has a pace. Throws Corrupt naming travel.json,
/// `path`, for places that are none of the travel's.
void take_places(const std::filesystem::path& path, const Manifest& manifest, Travel& travel);

/// The picture that was drawn at a place while the pace was looked for, where frames may show it.
std::optional<PlacePicture> paced_picture(const RunFolder& folder,
                                          const Manifest& manifest,
                                          const PicturePlace& place);

/// Says how well a pace that was found by previews came true.
void tell_prediction(const Manifest& manifest,
                     const MotionReport& report,
                     const RunEventSink& events);

/// Removes those pictures.
void remove_pace_pictures(const RunFolder& folder);

}  // namespace ptravel
